//! [`KeyError`]: why signing failed.

use std::path::PathBuf;

use super::agent::AgentError;
use crate::sshsig::SignatureError;

/// Why signing failed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key was named.
    #[error("no signing key is configured")]
    NotConfigured,
    /// The file is missing or cannot be read.
    #[error("cannot read the key {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a private key in OpenSSH's format.
    #[error("{} is not a private key in OpenSSH's format", path.display())]
    NotPrivate {
        /// Which file.
        path: PathBuf,
    },
    /// The text is not a public key of an accepted type.
    #[error("`{given}` is not an ssh-ed25519 or sk-ssh-ed25519 public key")]
    NotPublic {
        /// The beginning of the text.
        given: String,
    },
    /// The key in a file is not an Ed25519 key.
    #[error("{} is {what}; records are signed with Ed25519 keys", path.display())]
    OtherAlgorithm {
        /// Which file.
        path: PathBuf,
        /// What the key is, with an article: `an RSA key`, for example.
        what: String,
    },
    /// The key that was given literally is not an Ed25519 key.
    #[error("the key is {what}; records are signed with Ed25519 keys")]
    OtherLiteral {
        /// What the key is, with an article: `an RSA key`, for example.
        what: String,
    },
    /// The file begins like a public key, but is not a valid one.
    #[error("{} is not a whole public key: expected one line, `ssh-ed25519 AAAA… comment`", path.display())]
    BrokenPublic {
        /// Which file.
        path: PathBuf,
    },
    /// The file is in PuTTY's format.
    #[error("{} is a key of PuTTY", path.display())]
    Putty {
        /// Which file.
        path: PathBuf,
    },
    /// Git's configuration names a program or a command that cannot be found.
    #[error("cannot find the program `{name}`: expected one in PATH, or an absolute path")]
    NoProgram {
        /// The name, as the configuration has it.
        name: String,
    },
    /// Git's configuration names a program, which failed.
    #[error("{} failed: {why}", program.display())]
    Program {
        /// Which program.
        program: PathBuf,
        /// Why.
        why: String,
    },
    /// The command of `gpg.ssh.defaultKeyCommand` printed nothing.
    #[error("gpg.ssh.defaultKeyCommand, `{command}`, names no key")]
    NoKeyNamed {
        /// The command.
        command: String,
    },
    /// The program of `gpg.ssh.program` signed with another key than the one that was asked for.
    #[error("the program of gpg.ssh.program signed with {signed}, and not with {fingerprint}")]
    OtherKey {
        /// The key that was asked for.
        fingerprint: String,
        /// The key that signed.
        signed: String,
    },
    /// A hardware key signs only through the agent.
    #[error("{} is a hardware key, which signs only through ssh-agent: ssh-add {}", path.display(), path.display())]
    NeedsAgent {
        /// Which file.
        path: PathBuf,
    },
    /// Only the public key was found: no file and no agent here holds the private key, and no program can be asked.
    #[error("the private key of {fingerprint} is neither in a file nor in ssh-agent")]
    NoPrivate {
        /// Which key.
        fingerprint: String,
    },
    /// The passphrase does not decrypt the key file.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// Which file.
        path: PathBuf,
    },
    /// There is no terminal to ask for the passphrase.
    #[error("{} has a passphrase, and there is no terminal to ask for it", path.display())]
    NoTerminal {
        /// Which file.
        path: PathBuf,
    },
    /// The agent failed.
    #[error("cannot sign with {fingerprint}")]
    Agent {
        /// Which key.
        fingerprint: String,
        /// Why.
        #[source]
        source: AgentError,
    },
    /// Only a plain Ed25519 key signs bare bytes.
    #[error("{fingerprint} does not sign bare bytes: a witness needs a plain ssh-ed25519 key")]
    Bare {
        /// Which key.
        fingerprint: String,
    },
    /// The new signature does not verify, so nothing is written.
    #[error("the signature made with {fingerprint} does not verify")]
    Useless {
        /// Which key.
        fingerprint: String,
        /// Why.
        #[source]
        source: SignatureError,
    },
}
