//! The look-up file: the records, entries and votes of a verified prefix, of which a run reads only what it asks for.
//!
//! The file is made of pages. Each has a MAC of its own, under the user's key, over the name of the file, the number
//! of the page, and its rows; so a page that somebody else wrote, an old one, or one that was moved is an error. A
//! record takes 49 bytes, an entry those of its commit's hash and four, a vote ten. What has to be known to read the
//! file is stored, and authenticated, with the verified prefix.

mod read;
mod row;
mod write;

pub(super) use read::{LOOK_UP, LookUp, LookUpIndex};
pub(super) use write::encode;
