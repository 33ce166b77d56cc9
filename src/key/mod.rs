//! Signing keys: the ones that people have, as OpenSSH keeps them.
//!
//! What names a key comes in (a path, a literal, Git's configuration); out comes a [`Signer`] that
//! signs through `ssh-agent` where the agent holds the key, else with the key file. No key bytes ever
//! stand in an error.

mod agent;
mod error;
mod file;
mod find;

pub use error::KeyError;
pub use find::{PublicKeySource, Signer};
