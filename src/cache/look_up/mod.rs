//! The look-up file: the records, entries and votes of a verified prefix. A run reads only the rows that it needs.
//!
//! The file consists of pages. Each page has its own MAC, made with the user's key. The MAC covers the file's nonce,
//! the page number and the rows. So a page is an error if another user wrote it, or if it was moved or taken from
//! another file. The index that is needed to read the file is stored, and authenticated, with the verified prefix.
//!
//! A record takes 49 bytes: 45 in its row, and 4 in the index by id. An entry takes 4 bytes more than the hash of its
//! commit. A vote takes 10 bytes.
//!
//! An entry that does not count takes 16 bytes more than the hash of its commit: 12 in its row, and 4 in the index by
//! commit. Its findings are stored apart. Equal findings are stored once, because a stranger can push many such
//! entries.

mod read;
mod row;
mod write;

pub(super) use read::{LOOK_UP, LookUp, LookUpIndex};
pub(super) use write::encode;
