//! The local cache: what was verified and folded in an earlier run, so that the next run takes only the time
//! for new entries.
//!
//! It is in the repository's private directory: one file that is read whole, and two of pages, of which a run reads what
//! it asks for. A file that is missing, of another program version, written by another user or damaged costs time and
//! nothing else.

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
