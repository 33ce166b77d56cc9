//! OpenSSH's private key files. Only this module uses the crate that parses them.

use std::io::Read as _;
use std::path::Path;

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use ssh_key::PrivateKey;
use ssh_key::private::KeypairData;
use zeroize::Zeroizing;

use super::error::KeyError;
use crate::sshsig::{PublicKey, Wire, WireWriter, other_algorithm};

/// The largest key file that is read, in bytes. The file of an encrypted Ed25519 key has about 500.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// Reads a key file. Refuses anything but a regular file, because reading a pipe could block forever. Paths in
/// `/dev/fd` are an exception: a shell's process substitution gives such paths.
pub(super) fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() && path.parent() != Some(Path::new("/dev/fd")) {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_KEY_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_KEY_BYTES);
    if fits { Ok(bytes) } else { Err(std::io::Error::other("it is too large for a key")) }
}

/// A private key file that was read. Its private key may still be encrypted with a passphrase.
pub(super) struct KeyFile {
    key: PrivateKey,
}

impl KeyFile {
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let bytes = Zeroizing::new(read_bounded(path).map_err(unreadable)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::NotPrivate { path: path.to_owned() })?;
        // A key that comes from a CI secret may have more or fewer line breaks at its end than the original file.
        let text = text.trim_ascii_end();
        if text.starts_with("PuTTY-User-Key-File-") {
            return Err(KeyError::Putty { path: path.to_owned() });
        }
        if let Some(what) = older_format(text) {
            return Err(KeyError::OtherAlgorithm { path: path.to_owned(), what: what.to_owned() });
        }
        // The crate's error is dropped, because it might quote the file.
        let key = PrivateKey::from_openssh(text).map_err(|_| {
            let path = path.to_owned();
            match public_algorithm(text).and_then(|name| other_algorithm(&name)) {
                Some(what) => KeyError::OtherAlgorithm { path, what },
                None => KeyError::NotPrivate { path },
            }
        })?;
        Ok(Self { key })
    }

    /// Whether the file is only a handle of a hardware key.
    pub(super) fn is_hardware(&self) -> bool {
        matches!(self.key.algorithm(), ssh_key::Algorithm::SkEd25519)
    }

    pub(super) fn is_locked(&self) -> bool {
        self.key.is_encrypted()
    }

    /// Returns the public key. The file holds it in the clear, even if the private key is encrypted.
    pub(super) fn public(&self, path: &Path) -> Result<PublicKey, KeyError> {
        let blob = self.key.public_key().to_bytes().ok();
        let key = blob.and_then(|blob| PublicKey::from_blob(&blob));
        key.ok_or_else(|| {
            let algorithm = self.key.algorithm();
            let what = other_algorithm(algorithm.as_str());
            let what = what.unwrap_or_else(|| format!("a key of the type {}", algorithm.as_str()));
            KeyError::OtherAlgorithm { path: path.to_owned(), what }
        })
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

/// Returns the algorithm that a private key file names in its public key (OpenSSH PROTOCOL.key). This does not depend
/// on the `ssh_key` crate, which does not parse every algorithm.
fn public_algorithm(text: &str) -> Option<String> {
    let inner = text.split_once("-----BEGIN OPENSSH PRIVATE KEY-----")?.1.split_once("-----END")?.0;
    let bytes = Zeroizing::new(Base64::decode_vec(&inner.split_whitespace().collect::<String>()).ok()?);
    let mut wire = Wire::new(bytes.strip_prefix(b"openssh-key-v1\0")?);
    let (_cipher, _derivation) = wire.string().zip(wire.string())?;
    let (_options, _count) = wire.string().zip(wire.uint32())?;
    let name = Wire::new(wire.string()?).string()?;
    String::from_utf8(name.to_vec()).ok()
}

/// Describes a private key in a PEM format that is older than OpenSSH's own format. Returns `None` for any other text.
/// `ssh-keygen` does not write Ed25519 keys in the older formats.
fn older_format(text: &str) -> Option<&'static str> {
    let of = text.strip_prefix("-----BEGIN ")?.split_once("PRIVATE KEY-----")?.0.trim_end();
    match of {
        "RSA" => Some("an RSA key"),
        "EC" => Some("an ECDSA key"),
        "DSA" => Some("a DSA key"),
        "" | "ENCRYPTED" => Some("a key in PKCS#8, a format that OpenSSH does not use for Ed25519 keys"),
        _ => None,
    }
}
