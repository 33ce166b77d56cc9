//! Why there is no key to sign with.

use std::path::PathBuf;

use super::agent::AgentError;
use crate::sshsig::SignatureError;

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Nobody said which key.
    #[error("no signing key is configured")]
    NotConfigured,
    /// The file is not there or not readable.
    #[error("cannot read the key {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no private key in OpenSSH's format.
    #[error("{} is no private key in OpenSSH's format", path.display())]
    NotPrivate {
        /// Which file.
        path: PathBuf,
    },
    /// What was given as a public key is none that is accepted.
    #[error("`{given}` is no ssh-ed25519 or sk-ssh-ed25519 public key")]
    NotPublic {
        /// What was given.
        given: String,
    },
    /// Another algorithm.
    #[error("{} is no Ed25519 key", path.display())]
    OtherAlgorithm {
        /// Which file.
        path: PathBuf,
    },
    /// A hardware key signs through the agent only.
    #[error("{} is a hardware key, which signs through ssh-agent only: ssh-add {}", path.display(), path.display())]
    NeedsAgent {
        /// Which file.
        path: PathBuf,
    },
    /// Only the public half is here, and no agent holds the key.
    #[error("the private key of {fingerprint} is neither in a file nor in ssh-agent")]
    NoPrivate {
        /// Which key.
        fingerprint: String,
    },
    /// The passphrase does not open it.
    #[error("the passphrase does not open {}", path.display())]
    WrongPassphrase {
        /// Which file.
        path: PathBuf,
    },
    /// There is nobody to ask for the passphrase.
    #[error("{} has a passphrase, and there is no terminal to ask for it", path.display())]
    NoTerminal {
        /// Which file.
        path: PathBuf,
    },
    /// The agent did not do it.
    #[error("signing with {fingerprint}")]
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
    /// What came back does not verify: nothing is written.
    #[error("the signature that came back for {fingerprint} does not verify")]
    Useless {
        /// Which key.
        fingerprint: String,
        /// Why.
        #[source]
        source: SignatureError,
    },
}
