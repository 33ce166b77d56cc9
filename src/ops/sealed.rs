//! Files of the program's own in a repository's private directory, believed only with a seal that is made with a
//! secret of the user's own, which is kept outside any repository: what somebody else has put there (a restored
//! cache, a prepared clone) is passed over. Losing one, or the secret, costs time and nothing else.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::workspace::Workspace;
use crate::environ;
use crate::store;

const SEAL: usize = 32;

/// A file of this name, in the directory that all worktrees share.
pub(super) fn path(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.repository.common_directory().join("countersign").join(name)
}

/// What a file holds behind its form; none where there is none to believe.
pub(super) fn read(path: &Path, form: &str) -> Option<Vec<u8>> {
    let mut file = store::read(path).ok()??;
    let length = file.len().checked_sub(SEAL)?;
    let (content, seal) = file.split_at_checked(length)?;
    sealed(content, &secret(false)?)?.verify_slice(seal).ok()?;
    if !content.starts_with(form.as_bytes()) {
        return None;
    }
    file.truncate(length);
    file.drain(..form.len());
    Some(file)
}

/// Writes a file. That it cannot be written costs time only; another process may write its own, and both are whole.
pub(super) fn write(path: &Path, form: &str, parts: &[&[u8]]) -> Option<()> {
    let mut content = form.as_bytes().to_vec();
    parts.iter().for_each(|part| content.extend_from_slice(part));
    let seal = sealed(&content, &secret(true)?)?.finalize().into_bytes();
    content.extend(seal);
    store::write(path, &content).ok()
}

fn sealed(content: &[u8], secret: &[u8]) -> Option<Hmac<Sha256>> {
    let mut seal = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    seal.update(content);
    Some(seal)
}

/// The user's secret, which is made on first use if that is asked for.
fn secret(make: bool) -> Option<Vec<u8>> {
    let path = environ::state_directory()?.join("countersign").join("seal");
    let read = || store::read(&path).ok().flatten().filter(|secret| secret.len() == SEAL);
    let known = read();
    if known.is_some() || !make {
        return known;
    }
    let mut bytes = [0; SEAL];
    std::fs::File::open("/dev/urandom").ok()?.read_exact(&mut bytes).ok()?;
    store::write_once(&path, &bytes).ok()?;
    // Of two processes that made one at once, the first one's holds.
    read()
}
