//! Signing keys: the OpenSSH keys that people already have.
//!
//! Input: the name of a key (a path or a literal, from an option or Git's configuration). Output: a [`Signer`], which
//! signs through `ssh-agent` if the agent holds the key, otherwise with the key file, or with the program that the
//! user's own configuration names. No error contains bytes of a private key.

mod agent;
mod error;
mod file;
mod find;
mod program;
mod public;

pub use error::KeyError;
pub use find::{PublicKeySource, Signer, SigningWays};
