//! Files of the program's own in a repository's private directory, believed only with a seal that is made with a
//! secret of the user's own, which is kept outside any repository: what somebody else has put there (a restored
//! cache, a prepared clone) is passed over. Losing one, or the secret, costs time and nothing else.
//!
//! A file is read in pages, as far as it is needed; the seal is over the hashes of all of them, and each is held
//! against its own. A file of which a page is not what it was is removed, and the workspace told: what was answered
//! from it is no answer.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::environ;
use crate::packed::{Packed, Source, join};
use crate::store;
use crate::workspace::{Lost, Workspace};

/// The bytes of the seal, and of a hash.
const SEAL: usize = 32;
/// The bytes of the length of what a file holds.
const LENGTH: usize = 8;
/// The bytes of a page: hashing one takes 10 µs.
const PAGE: usize = 16 * 1024;

/// A file with a good seal.
#[derive(Debug)]
struct Sealed {
    place: CacheFile,
    file: File,
    /// Where the pages begin, and how many bytes they hold.
    start: u64,
    length: usize,
    hashes: Vec<u8>,
    pages: Vec<OnceLock<Box<[u8]>>>,
    is_lost: AtomicBool,
}

impl Source for Sealed {
    fn length(&self) -> usize {
        self.length
    }

    fn read(&self, range: Range<usize>) -> Option<Cow<'_, [u8]>> {
        let (first, last) = (range.start / PAGE, range.end.saturating_sub(1) / PAGE);
        if range.is_empty() || first == last {
            let page = if range.is_empty() { &[][..] } else { self.page(first)? };
            let from = range.start - first * PAGE;
            return page
                .get(from.min(page.len())..)
                .and_then(|page| page.get(..range.len()))
                .map(Cow::Borrowed);
        }
        let mut bytes = Vec::with_capacity(range.len());
        for number in first..=last {
            let page = self.page(number)?;
            let from = range.start.saturating_sub(number * PAGE);
            let to = (range.end - number * PAGE).min(page.len());
            bytes.extend_from_slice(page.get(from..to)?);
        }
        Some(Cow::Owned(bytes))
    }

    fn lose(&self) {
        self.place.lost.set();
        if !self.is_lost.swap(true, Ordering::Relaxed) {
            // Where it cannot be removed, it is refused again.
            _ = std::fs::remove_file(&self.place.path);
        }
    }

    fn has_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }
}

impl Sealed {
    fn page(&self, number: usize) -> Option<&[u8]> {
        let page = self.pages.get(number)?;
        if let Some(page) = page.get() {
            return Some(page);
        }
        let at = number.checked_mul(PAGE)?;
        let mut bytes = vec![0; self.length.checked_sub(at)?.min(PAGE)];
        self.file.read_exact_at(&mut bytes, self.start.checked_add(u64::try_from(at).ok()?)?).ok()?;
        let hash = self.hashes.get(number * SEAL..(number + 1) * SEAL)?;
        (Sha256::digest(&bytes).as_slice() == hash).then(|| &**page.get_or_init(|| bytes.into()))
    }
}

/// Where a file lies, and who is told that it is not what it was.
#[derive(Debug, Clone)]
pub(crate) struct CacheFile {
    path: PathBuf,
    lost: Lost,
}

impl CacheFile {
    /// A file of this name, in the directory that all worktrees share.
    pub(crate) fn new(workspace: &Workspace, name: &str) -> Self {
        let path = workspace.repository.common_directory().join("countersign").join(name);
        Self { path, lost: workspace.lost() }
    }

    /// Nothing rests any more on what was lost.
    pub(crate) fn found(&self) {
        self.lost.clear();
    }
}

/// What a file holds behind its form; none where there is none to believe.
pub(crate) fn read(place: &CacheFile, form: &str) -> Option<Packed> {
    let file = File::open(&place.path).ok()?;
    let mut head = vec![0; form.len().checked_add(LENGTH)?];
    file.read_exact_at(&mut head, 0).ok()?;
    let length =
        usize::try_from(u64::from_le_bytes(*head.strip_prefix(form.as_bytes())?.first_chunk()?)).ok()?;
    let count = length.div_ceil(PAGE);
    let sealed = head.len().checked_add(count.checked_mul(SEAL)?)?;
    let start = sealed.checked_add(SEAL)?;
    // More or less than it says is no such file; what it says is not believed before.
    if file.metadata().ok()?.len() != u64::try_from(start.checked_add(length)?).ok()? {
        return None;
    }
    let mut hashes = vec![0; count * SEAL + SEAL];
    file.read_exact_at(&mut hashes, u64::try_from(head.len()).ok()?).ok()?;
    let seal = hashes.split_off(count * SEAL);
    sealed_with(&head, &hashes, &secret()?)?.verify_slice(&seal).ok()?;
    let pages = std::iter::repeat_with(OnceLock::new).take(count).collect();
    let (place, start, is_lost) = (place.clone(), u64::try_from(start).ok()?, AtomicBool::default());
    Some(Packed::new(Arc::new(Sealed { place, file, start, length, hashes, pages, is_lost })))
}

/// Writes a file. That it cannot be written costs time only; another process may write its own, and both are whole.
pub(crate) fn write(place: &CacheFile, form: &str, parts: &[Vec<u8>]) -> Option<()> {
    let content = join(parts);
    let mut file = form.as_bytes().to_vec();
    file.extend(u64::try_from(content.len()).ok()?.to_le_bytes());
    let hashes: Vec<u8> = content.chunks(PAGE).flat_map(Sha256::digest).collect();
    let seal = sealed_with(&file, &hashes, &new_secret()?)?.finalize().into_bytes();
    file.extend(hashes);
    file.extend(seal);
    file.extend(content);
    store::write(&place.path, &file).ok()
}

fn sealed_with(head: &[u8], hashes: &[u8], secret: &[u8]) -> Option<Hmac<Sha256>> {
    let mut seal = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    seal.update(head);
    seal.update(hashes);
    Some(seal)
}

fn secret_path() -> Option<PathBuf> {
    Some(environ::state_directory()?.join("countersign").join("seal"))
}

/// The user's secret; `None` if there is none yet.
fn secret() -> Option<Vec<u8>> {
    store::read(&secret_path()?).ok().flatten().filter(|secret| secret.len() == SEAL)
}

/// The user's secret, which is made on first use.
fn new_secret() -> Option<Vec<u8>> {
    if let Some(known) = secret() {
        return Some(known);
    }
    let path = secret_path()?;
    let mut bytes = [0; SEAL];
    File::open("/dev/urandom").ok()?.read_exact(&mut bytes).ok()?;
    store::write_once(&path, &bytes).ok()?;
    // Of two processes that made one at once, the first one's holds.
    secret()
}
