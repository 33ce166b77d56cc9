//! [`PagedFile`]: a file of pages, each with its own MAC, so that one page can be read and authenticated without the
//! others.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::value::Digest;
use crate::verify::Unreadable;

/// The length of a page, and of the MAC at the end of the page, in bytes.
const PAGE: usize = 4_096;
const MAC: usize = 32;
/// The number of bytes of a page that hold rows.
pub(in crate::cache) const PAYLOAD: usize = PAGE - MAC;
/// The maximum number of authenticated pages that are kept in memory.
const KEPT: usize = 512;

/// The random number of a file. The MACs of the file's pages cover it, so a page of one file cannot pass for a page of
/// another.
pub(in crate::cache) type Nonce = [u8; 32];

/// Returns the name of a paged file. Each file has a name of its own. So a run that writes a new file does not disturb
/// another run, which may still read the old file.
pub(in crate::cache) fn file_name(kind: &str, nonce: Nonce) -> String {
    format!("{kind}-{}", Digest::from_bytes(nonce))
}

/// A file of authenticated pages.
pub(in crate::cache) struct PagedFile {
    path: PathBuf,
    file: File,
    key: Vec<u8>,
    nonce: Nonce,
    pages: Mutex<HashMap<u64, Arc<[u8]>>>,
}

impl std::fmt::Debug for PagedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PagedFile").finish_non_exhaustive()
    }
}

impl PagedFile {
    /// Opens a file. Its pages are authenticated when they are read.
    pub(in crate::cache) fn open(path: &Path, key: Vec<u8>, nonce: Nonce) -> Option<Self> {
        let is_file = path.symlink_metadata().ok()?.is_file();
        let file = File::open(path).ok().filter(|_| is_file)?;
        Some(Self { path: path.to_owned(), file, key, nonce, pages: Mutex::default() })
    }

    /// Returns the payload of a page. It is an error if the page is missing, or if its MAC is wrong.
    pub(in crate::cache) fn page(&self, number: u64) -> Result<Arc<[u8]>, Unreadable> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = pages.get(&number) {
            return Ok(Arc::clone(page));
        }
        let Some(page) = self.read(number) else {
            // Without this file, the next run discards the cache. If the file cannot be removed, every later run that
            // reads this page refuses it again.
            _ = std::fs::remove_file(&self.path);
            return Err(Unreadable::LookUp);
        };
        if pages.len() >= KEPT {
            pages.clear();
        }
        pages.insert(number, Arc::clone(&page));
        Ok(page)
    }

    /// Returns bytes that [`Pages::add_bytes`] has added. `offset` is counted from the beginning of `first_page`.
    pub(in crate::cache) fn bytes(
        &self,
        first_page: u64,
        mut offset: usize,
        length: usize,
    ) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::with_capacity(length.min(PAYLOAD));
        while bytes.len() < length {
            let page = u64::try_from(offset / PAYLOAD).ok().and_then(|page| first_page.checked_add(page));
            let page = self.page(page.ok_or(Unreadable::LookUp)?)?;
            let rest = page.get(offset % PAYLOAD..).unwrap_or_default();
            let taken = rest.get(..rest.len().min(length - bytes.len())).unwrap_or_default();
            if taken.is_empty() {
                return Err(Unreadable::LookUp);
            }
            bytes.extend_from_slice(taken);
            offset = offset.checked_add(taken.len()).ok_or(Unreadable::LookUp)?;
        }
        Ok(bytes)
    }

    fn read(&self, number: u64) -> Option<Arc<[u8]>> {
        let mut page = [0; PAGE];
        let offset = number.checked_mul(u64::try_from(PAGE).ok()?)?;
        self.file.read_exact_at(&mut page, offset).ok()?;
        let (payload, claimed) = page.split_at(PAYLOAD);
        mac(&self.key, self.nonce, number, payload)?.verify_slice(claimed).ok()?;
        Some(payload.into())
    }
}

/// Pages that are being written.
pub(in crate::cache) struct Pages<'a> {
    key: &'a [u8],
    nonce: Nonce,
    bytes: Vec<u8>,
    payload: Vec<u8>,
    number: u64,
}

impl<'a> Pages<'a> {
    pub(in crate::cache) fn new(key: &'a [u8], nonce: Nonce) -> Self {
        Self { key, nonce, bytes: Vec::new(), payload: Vec::with_capacity(PAYLOAD), number: 0 }
    }

    /// Ends the current page, unless it is empty. Returns the number of the page that the next row goes to.
    pub(in crate::cache) fn next_page(&mut self) -> Option<u64> {
        if !self.payload.is_empty() {
            self.end_page()?;
        }
        Some(self.number)
    }

    /// Adds a row. A row is never split across two pages.
    pub(in crate::cache) fn add(&mut self, row: &[u8]) -> Option<()> {
        if self.payload.len() + row.len() > PAYLOAD {
            self.end_page()?;
        }
        self.payload.extend_from_slice(row);
        Some(())
    }

    /// Adds bytes that may lie on several pages, from the beginning of a page on. Returns the number of that page.
    pub(in crate::cache) fn add_bytes(&mut self, bytes: &[u8]) -> Option<u64> {
        let first_page = self.next_page()?;
        bytes.chunks(PAYLOAD).try_for_each(|payload| self.add(payload))?;
        Some(first_page)
    }

    /// Returns the bytes of the file.
    pub(in crate::cache) fn finish(mut self) -> Option<Vec<u8>> {
        self.next_page()?;
        Some(self.bytes)
    }

    fn end_page(&mut self) -> Option<()> {
        self.payload.resize(PAYLOAD, 0);
        let mac = mac(self.key, self.nonce, self.number, &self.payload)?.finalize().into_bytes();
        self.bytes.extend_from_slice(&self.payload);
        self.bytes.extend_from_slice(&mac);
        self.payload.clear();
        self.number += 1;
        Some(())
    }
}

fn mac(key: &[u8], nonce: Nonce, number: u64, payload: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(b"countersign page\n");
    mac.update(&nonce);
    mac.update(&number.to_be_bytes());
    mac.update(payload);
    Some(mac)
}
