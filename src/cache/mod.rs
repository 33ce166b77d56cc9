//! The local cache: what was verified and folded before, so that doing it again costs what is new.
//!
//! Its files lie in the repository's private directory and are authenticated with a per-user key that is kept outside
//! any repository. A file that is missing, foreign or damaged costs time and nothing else.

mod sealed;
pub(crate) mod state;
pub(crate) mod verified;

pub(crate) use sealed::CacheFile;
pub(crate) use verified::Cached;
