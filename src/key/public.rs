//! Public keys as people name them: by a `.pub` file, a private key file, a certificate, or a literal key.

use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::file::{KeyFile, read_bounded};
use crate::sshsig::{KeyLine, PublicKey, other_algorithm};

/// A public key, and where its private key may be.
pub(super) struct PublicHalf {
    pub(super) line: KeyLine,
    /// Whether the user named the key by a certificate of it.
    pub(super) is_certificate: bool,
    /// The path where the private key may be. `None` if the user gave no path, or a path that does not tell.
    pub(super) private: Option<PathBuf>,
}

/// Parses a literal public key, or a literal certificate of a key.
pub(super) fn parse(text: &str) -> Result<PublicHalf, KeyError> {
    let text = text.trim();
    if let Ok(line) = text.parse() {
        return Ok(PublicHalf { line, is_certificate: false, private: None });
    }
    if let Some(line) = certified(text) {
        return Ok(PublicHalf { line, is_certificate: true, private: None });
    }
    let given: String = text.chars().take(40).collect();
    Err(other_algorithm(text).map_or(KeyError::NotPublic { given }, |what| KeyError::OtherLiteral { what }))
}

/// Returns the key in a certificate, with the certificate's comment.
fn certified(text: &str) -> Option<KeyLine> {
    let mut words = text.splitn(3, ' ');
    let (_, base64) = words.next().zip(words.next())?;
    let key = PublicKey::of_certificate(&Base64::decode_vec(base64).ok()?)?;
    let line = words.next().and_then(|comment| format!("{key} {comment}").parse().ok());
    Some(line.unwrap_or(KeyLine { key, comment: None }))
}

/// Reads the file of a public key, of a private key or of a certificate. Returns the public key, and the path where the
/// private key may be.
pub(super) fn read(path: &Path) -> Result<PublicHalf, KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let bytes = Zeroizing::new(read_bounded(path).map_err(unreadable)?);
    if let Some(line) = public_line(&bytes) {
        let half = parse(&line).map_err(|error| {
            let path = path.to_owned();
            if let KeyError::OtherLiteral { what } = error {
                KeyError::OtherAlgorithm { path, what }
            } else {
                KeyError::BrokenPublic { path }
            }
        })?;
        return Ok(PublicHalf { private: private_beside(path), ..half });
    }
    let file = KeyFile::read(path)?;
    let key = file.public(path)?;
    // The comment is taken from the public key file, if that lies beside the private one and has the same key.
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    let public = read_bounded(&PathBuf::from(public)).ok();
    let commented = public.and_then(|bytes| public_line(&bytes)?.parse::<KeyLine>().ok());
    let line = commented.filter(|line| line.key == key).unwrap_or(KeyLine { key, comment: None });
    Ok(PublicHalf { line, is_certificate: false, private: Some(path.to_owned()) })
}

/// Skips the empty lines and the comments of a file, and returns the next line if it begins as a public key does.
fn public_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let is_public = ["ssh-", "sk-ssh-", "ecdsa-", "sk-ecdsa-"].iter().any(|start| line.starts_with(start));
    is_public.then(|| line.to_owned())
}

/// Returns the path where `ssh-keygen` puts the private key of `NAME.pub`, or of the certificate `NAME-cert.pub`.
fn private_beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_suffix(".pub")?;
    let plain = name.strip_suffix("-cert").map(|name| path.with_file_name(name)).filter(|path| path.exists());
    Some(plain.unwrap_or_else(|| path.with_file_name(name)))
}
