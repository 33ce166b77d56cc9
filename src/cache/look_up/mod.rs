//! The look-up file: the records, votes and entries at the beginning of a verified prefix, including entries that do
//! not count. The newest ones are in the cache file. A run reads only the pages that it needs.
//!
//! The file consists of pages. Each page has its own MAC, made with the user's key. The MAC covers the file's nonce,
//! the page number and the content of the page. So a page is an error if another user wrote it, or if it was moved or
//! taken from another file. What is needed to find the rows ([`LookUpIndex`]) is stored, and authenticated, with the
//! verified prefix.
//!
//! A record takes 49 bytes: 45 in its row, and 4 in a list of the rows in the order of their ids. An entry takes 4
//! bytes more than the hash of its commit. A vote takes 10 bytes.
//!
//! An entry that does not count takes 16 bytes more than the hash of its commit: 12 in its row, and 4 in a list in the
//! order of the commits. Its findings are stored apart. Equal findings are stored once, because a stranger can push
//! many such entries.

mod read;
mod row;
mod write;

pub(super) use read::{LOOK_UP, LookUp, LookUpIndex};
pub(super) use write::encode;
