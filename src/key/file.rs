//! OpenSSH's private key files. The crate that parses them is used only in this file.

use std::io::Read as _;
use std::path::Path;

use ed25519_dalek::{Signer as _, SigningKey};
use ssh_key::PrivateKey;
use ssh_key::private::KeypairData;
use zeroize::Zeroizing;

use super::error::KeyError;
use crate::sshsig::{PublicKey, WireWriter};

/// The largest key file that is read, in bytes. An encrypted Ed25519 key has about 500.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// Reads a key file. Anything but a regular file would be waited for, except what the shell puts at `/dev/fd`.
pub(super) fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() && !path.starts_with("/dev/fd") {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_KEY_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_KEY_BYTES);
    if fits { Ok(bytes) } else { Err(std::io::Error::other("it is too large for a key")) }
}

/// A private key file that was read; it may still be encrypted with a passphrase.
pub(super) struct KeyFile {
    key: PrivateKey,
}

impl KeyFile {
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let bytes = Zeroizing::new(read_bounded(path).map_err(unreadable)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotPrivate { path: path.to_owned() })?;
        // The crate's error is dropped, because it might quote the file.
        let key =
            PrivateKey::from_openssh(text).map_err(|_| KeyError::NotPrivate { path: path.to_owned() })?;
        Ok(Self { key })
    }

    pub(super) fn is_locked(&self) -> bool {
        self.key.is_encrypted()
    }

    /// Returns the public key, which the file holds in the clear even if it is encrypted.
    pub(super) fn public(&self, path: &Path) -> Result<PublicKey, KeyError> {
        let blob = self.key.public_key().to_bytes().ok();
        let key = blob.and_then(|blob| PublicKey::from_blob(&blob));
        key.ok_or_else(|| KeyError::OtherAlgorithm { path: path.to_owned() })
    }

    pub(super) fn unlock(&mut self, path: &Path, passphrase: &str) -> Result<(), KeyError> {
        let wrong = |_| KeyError::WrongPassphrase { path: path.to_owned() };
        self.key = self.key.decrypt(passphrase).map_err(wrong)?;
        Ok(())
    }

    /// Returns the inner signature of a message.
    pub(super) fn sign(&self, path: &Path, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let KeypairData::Ed25519(pair) = self.key.key_data() else {
            return Err(KeyError::NeedsAgent { path: path.to_owned() });
        };
        let signing = SigningKey::from_bytes(&pair.private.to_bytes());
        let signature = signing.sign(message).to_bytes();
        Ok(WireWriter::default().string(b"ssh-ed25519").string(&signature).finish())
    }
}
