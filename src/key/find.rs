//! Finds the key to sign with, and signs with it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::agent;
use super::error::KeyError;
use super::file::{KeyFile, read_bounded};
use crate::environ;
use crate::sshsig::{KeyLine, PublicKey, Signature, Verifier, Wire, signed_data, wrap};

/// How a key is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKeySource {
    /// A key file: private, or public with or without the extension `.pub`.
    Path(PathBuf),
    /// A literal public key, as Git allows: `key::ssh-ed25519 AAAA…`, or without `key::`.
    Literal(String),
}

impl PublicKeySource {
    /// Parses the value of `user.signingkey` or of an option. `~/` stands for the user's home directory.
    pub fn parse(text: &str) -> Self {
        if let Some(literal) = text.strip_prefix("key::") {
            return Self::Literal(literal.to_owned());
        }
        if text.starts_with("ssh-") || text.starts_with("sk-ssh-") {
            return Self::Literal(text.to_owned());
        }
        match text.strip_prefix("~/").zip(environ::home()) {
            Some((rest, home)) => Self::Path(home.join(rest)),
            None => Self::Path(PathBuf::from(text)),
        }
    }
}

/// A key that can sign.
pub struct Signer {
    key: PublicKey,
    line: KeyLine,
    method: SigningMethod,
}

enum SigningMethod {
    Agent(PathBuf),
    File { path: PathBuf, file: Box<KeyFile>, passphrase_file: Option<PathBuf> },
}

impl Signer {
    /// Finds the key in the agent, otherwise in a file. The file is not decrypted before the first signature.
    pub fn find(source: &PublicKeySource, passphrase_file: Option<&Path>) -> Result<Self, KeyError> {
        let (line, private) = match source {
            PublicKeySource::Literal(text) => (parse_public(text)?, None),
            PublicKeySource::Path(path) => from_path(path)?,
        };
        let key = line.key.clone();
        let socket = environ::variable("SSH_AUTH_SOCK").map(PathBuf::from);
        if let Some(socket) = socket.filter(|socket| holds(socket, &key)) {
            return Ok(Self { key, line, method: SigningMethod::Agent(socket) });
        }
        let fingerprint = key.fingerprint().to_string();
        let path = private.filter(|path| path.exists()).ok_or(KeyError::NoPrivate { fingerprint })?;
        let file = Box::new(KeyFile::read(&path)?);
        let method = SigningMethod::File { path, file, passphrase_file: passphrase_file.map(Path::to_owned) };
        Ok(Self { key, line, method })
    }

    /// Returns the public key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the public key with its comment.
    pub fn line(&self) -> &KeyLine {
        &self.line
    }

    /// Signs a message in a namespace, verifies the signature strictly, and returns its blob.
    pub fn sign(&mut self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let inner = self.sign_bytes(&signed_data(namespace, message))?;
        let fingerprint = || self.key.fingerprint().to_string();
        let blob = wrap(&self.key, namespace, &inner);
        let verified = Signature::from_blob(&blob)
            .and_then(|signature| Verifier::default().verify(&signature, namespace, message));
        verified.map_err(|source| KeyError::Useless { fingerprint: fingerprint(), source })?;
        Ok(blob)
    }

    /// Signs bare bytes, as a cosignature needs. A hardware key cannot do that.
    pub fn sign_raw(&mut self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let fingerprint = self.key.fingerprint().to_string();
        let inner = self.sign_bytes(message)?;
        let mut wire = Wire::new(&inner);
        let parts = wire.string().zip(wire.string()).filter(|_| wire.is_at_end());
        let signature = parts
            .filter(|(name, _)| *name == b"ssh-ed25519")
            .and_then(|(_, signature)| signature.try_into().ok());
        let signature = signature.ok_or_else(|| KeyError::Bare { fingerprint: fingerprint.clone() })?;
        let verified = Verifier::default().verify_raw(&self.key.point, message, &signature);
        verified.map_err(|source| KeyError::Useless { fingerprint, source })?;
        Ok(signature)
    }

    /// Returns the inner signature of some bytes, made by the agent or with the key file.
    fn sign_bytes(&mut self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &mut self.method {
            SigningMethod::Agent(socket) => agent::sign(socket, &self.key, bytes).map_err(|source| {
                let fingerprint = self.key.fingerprint().to_string();
                KeyError::Agent { fingerprint, source }
            }),
            SigningMethod::File { path, file, passphrase_file } => {
                if file.is_locked() {
                    let passphrase = passphrase(path, passphrase_file.as_deref())?;
                    file.unlock(path, &passphrase)?;
                }
                file.sign(path, bytes)
            }
        }
    }
}

fn holds(socket: &Path, key: &PublicKey) -> bool {
    agent::identities(socket).is_ok_and(|keys| keys.contains(&key.to_blob()))
}

fn parse_public(text: &str) -> Result<KeyLine, KeyError> {
    let text = text.trim();
    text.parse().map_err(|_| KeyError::NotPublic { given: text.chars().take(40).collect() })
}

/// Returns a public key and the path of its private key, from the path of either.
fn from_path(path: &Path) -> Result<(KeyLine, Option<PathBuf>), KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let bytes = Zeroizing::new(read_bounded(path).map_err(unreadable)?);
    let is_public =
        bytes.starts_with(b"ssh-") || bytes.starts_with(b"sk-ssh-") || bytes.starts_with(b"ecdsa-");
    if is_public {
        let text = String::from_utf8_lossy(&bytes);
        let line = parse_public(text.lines().next().unwrap_or_default())
            .map_err(|_| KeyError::OtherAlgorithm { path: path.to_owned() })?;
        let private = if path.extension().is_some_and(|extension| extension == "pub") {
            Some(path.with_extension(""))
        } else {
            None
        };
        return Ok((line, private));
    }
    let file = KeyFile::read(path)?;
    let key = file.public(path)?;
    // The comment is in the public key file, if there is one.
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    let public = read_bounded(&PathBuf::from(public)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let commented = public.and_then(|text| text.lines().next()?.trim().parse::<KeyLine>().ok());
    let line = commented.filter(|line| line.key == key).unwrap_or(KeyLine { key, comment: None });
    Ok((line, Some(path.to_owned())))
}

fn passphrase(path: &Path, file: Option<&Path>) -> Result<Zeroizing<String>, KeyError> {
    if let Some(file) = file {
        let unreadable = |source| KeyError::Unreadable { path: file.to_owned(), source };
        let text = Zeroizing::new(std::fs::read_to_string(file).map_err(unreadable)?);
        return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
    }
    let prompt = format!("passphrase of {}: ", path.display());
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::NoTerminal { path: path.to_owned() })
}
