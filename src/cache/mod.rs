//! The local cache: it keeps what a run has verified and folded, so that the next run spends time only on new entries.
//!
//! The cache consists of up to three files in the repository's private directory. One is read as a whole. The other two
//! consist of pages, and a run reads only the pages that it needs. If a file is missing, damaged, written by another
//! version of the program, or written by another user, that costs time and nothing else.

mod bodies;
mod content;
mod file;
mod key;
mod look_up;
mod page;
mod set_aside;

pub(crate) use content::{Cache, Cached, Keeps, NewlyRead};
pub(crate) use file::AuthenticatedFile;
pub use file::CorruptFile;
pub use key::NoKey;
