//! Finds the key to sign with, and signs with it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::agent;
use super::error::KeyError;
use super::file::KeyFile;
use super::program::{self, ProgramKey};
use super::public::{self, PublicHalf};
use crate::environ;
use crate::sshsig::{KeyLine, PublicKey, Signature, Verifier, Wire, signed_data, wrap};

/// How the user names a key: by a path, or literally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKeySource {
    /// The path of a key file. The key in it is private or public. A public key file need not end in `.pub`.
    Path(PathBuf),
    /// A literal public key: `ssh-ed25519 AAAA…`. As Git allows, the user may write `key::` before it.
    Literal(String),
}

impl PublicKeySource {
    /// Parses the value of `user.signingkey` or of an option. `~/` stands for the user's home directory.
    pub fn parse(text: &str) -> Self {
        if let Some(literal) = text.strip_prefix("key::") {
            return Self::Literal(literal.to_owned());
        }
        if ["ssh-", "sk-ssh-", "ecdsa-", "sk-ecdsa-"].iter().any(|start| text.starts_with(start)) {
            return Self::Literal(text.to_owned());
        }
        match text.strip_prefix("~/").zip(environ::home()) {
            Some((rest, home)) => Self::Path(home.join(rest)),
            None => Self::Path(PathBuf::from(text)),
        }
    }
}

/// What may help to sign, besides the agent and the key file.
#[derive(Debug, Clone, Copy, Default)]
pub struct SigningWays<'a> {
    /// A file that holds the passphrase of the key file.
    pub passphrase_file: Option<&'a Path>,
    /// The program that signs. It is the value of `gpg.ssh.program` in the user's own configuration.
    pub program: Option<&'a str>,
}

/// A key that can sign.
pub struct Signer {
    key: PublicKey,
    line: KeyLine,
    method: SigningMethod,
}

enum SigningMethod {
    Agent { socket: PathBuf, blob: Vec<u8> },
    File { path: PathBuf, file: Box<KeyFile>, passphrase_file: Option<PathBuf> },
    Program { program: String, key: ProgramKey },
}

impl PublicKeySource {
    /// Returns the public key in the form that rosters use.
    pub fn public_line(&self) -> Result<KeyLine, KeyError> {
        Ok(self.half()?.line)
    }

    fn half(&self) -> Result<PublicHalf, KeyError> {
        match self {
            Self::Literal(text) => public::parse(text),
            Self::Path(path) => public::read(path),
        }
    }

    /// Runs the command of `gpg.ssh.defaultKeyCommand`, which prints keys, one on each line. Returns the first line
    /// with a key that can sign records or, if there is none, the first line.
    pub fn of_command(command: &str) -> Result<Self, KeyError> {
        let lines = program::key_lines(command)?;
        let literal = |line: &String| line.strip_prefix("key::").unwrap_or(line).to_owned();
        let literals: Vec<String> = lines.iter().map(literal).collect();
        let good = literals.iter().find(|line| public::parse(line).is_ok());
        let named = good.or(literals.first()).cloned();
        named.map(Self::Literal).ok_or_else(|| KeyError::NoKeyNamed { command: command.to_owned() })
    }
}

impl Signer {
    /// Finds the key in the agent, otherwise in a file, otherwise through the program. But the program takes precedence
    /// over a key file whose passphrase would have to be typed, and over a file that is only the handle of a hardware
    /// key. A key file is decrypted at the first signature.
    pub fn find(source: &PublicKeySource, ways: SigningWays<'_>) -> Result<Self, KeyError> {
        let half = source.half()?;
        let key = half.line.key.clone();
        let socket = environ::variable("SSH_AUTH_SOCK").map(PathBuf::from);
        let held = socket.and_then(|socket| held_blob(&socket, &key).map(|blob| (socket, blob)));
        let method = match held {
            Some((socket, blob)) => SigningMethod::Agent { socket, blob },
            None => without_agent(source, &half, ways)?,
        };
        Ok(Self { key, line: half.line, method })
    }

    /// Returns the public key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the public key with its comment.
    pub fn line(&self) -> &KeyLine {
        &self.line
    }

    /// Signs a message in a namespace, verifies the signature strictly, and returns the signature's blob.
    pub fn sign(&mut self, namespace: &str, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let fingerprint = self.key.fingerprint().to_string();
        let blob = if let SigningMethod::Program { program, key } = &self.method {
            program::sign(program, key, namespace, message)?
        } else {
            let inner = self.sign_bytes(&signed_data(namespace, message))?;
            wrap(&self.key, namespace, &inner)
        };
        let signature = Signature::from_blob(&blob)
            .map_err(|source| KeyError::Useless { fingerprint: fingerprint.clone(), source })?;
        if *signature.key() != self.key {
            return Err(KeyError::OtherKey {
                fingerprint,
                signed: signature.key().fingerprint().to_string(),
            });
        }
        let verified = Verifier::default().verify(&signature, namespace, message);
        verified.map_err(|source| KeyError::Useless { fingerprint, source })?;
        Ok(blob)
    }

    /// Signs bare bytes: a cosignature is such a signature. Neither a hardware key nor a program can make one.
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

    /// Signs bytes through the agent or with the key file, and returns the inner signature.
    fn sign_bytes(&mut self, bytes: &[u8]) -> Result<Vec<u8>, KeyError> {
        let fingerprint = self.key.fingerprint().to_string();
        match &mut self.method {
            SigningMethod::Agent { socket, blob } => {
                agent::sign(socket, blob, bytes).map_err(|source| KeyError::Agent { fingerprint, source })
            }
            SigningMethod::File { path, file, passphrase_file } => {
                if file.is_locked() {
                    let passphrase = passphrase(path, passphrase_file.as_deref())?;
                    file.unlock(path, &passphrase)?;
                }
                file.sign(path, bytes)
            }
            SigningMethod::Program { .. } => Err(KeyError::Bare { fingerprint }),
        }
    }
}

/// Returns the blob under which the agent lists a key: the blob of the key itself or of a certificate for it.
fn held_blob(socket: &Path, key: &PublicKey) -> Option<Vec<u8>> {
    let held = agent::identities(socket).ok()?;
    let own = key.to_blob();
    let is_certificate = |blob: &Vec<u8>| PublicKey::of_certificate(blob).as_ref() == Some(key);
    if held.contains(&own) { Some(own) } else { held.into_iter().find(is_certificate) }
}

fn without_agent(
    source: &PublicKeySource,
    half: &PublicHalf,
    ways: SigningWays<'_>,
) -> Result<SigningMethod, KeyError> {
    let program = || {
        let key = match source {
            PublicKeySource::Path(path) if !half.is_certificate => ProgramKey::Path(path.clone()),
            // If the program got a certificate, it would write the certificate into the signature instead of the key.
            PublicKeySource::Path(_) | PublicKeySource::Literal(_) => {
                ProgramKey::Literal(half.line.key.clone())
            }
        };
        ways.program.map(|program| SigningMethod::Program { program: program.to_owned(), key })
    };
    let Some(path) = half.private.clone().filter(|path| path.exists()) else {
        let fingerprint = half.line.key.fingerprint().to_string();
        return program().ok_or(KeyError::NoPrivate { fingerprint });
    };
    let file = Box::new(KeyFile::read(&path)?);
    let opens_by_itself = !file.is_hardware() && (!file.is_locked() || ways.passphrase_file.is_some());
    let passphrase_file = ways.passphrase_file.map(Path::to_owned);
    let by_file = SigningMethod::File { path, file, passphrase_file };
    Ok(if opens_by_itself { by_file } else { program().unwrap_or(by_file) })
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
