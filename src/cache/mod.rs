//! The local cache: what was verified and folded in an earlier run, so that the next run takes only the time
//! for new entries.
//!
//! It consists of three files in the repository's private directory. One is read as a whole; the other two consist of
//! pages, and a run reads only the pages that it needs. A file that is missing, damaged, of another program version or
//! written by another user costs time and nothing else.

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
