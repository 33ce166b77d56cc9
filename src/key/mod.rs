//! Signing keys: the OpenSSH keys that people already have.
//!
//! Input: the name of a key (a path or a literal, from an option or Git's configuration). Output: a
//! [`Signer`], which signs through `ssh-agent` if the agent holds the key, and otherwise with the key file.
//! No error contains key bytes.

mod agent;
mod error;
mod file;
mod find;

pub use error::KeyError;
pub use find::{PublicKeySource, Signer};
