//! The look-up file: the records, entries and votes of a verified prefix. A run reads only the rows that it needs.
//!
//! The file consists of pages. Each page has its own MAC, under the user's key, over the file's nonce, the page number
//! and the rows. So a page that another user wrote, an old page and a moved page are all errors. A record takes 49
//! bytes (45 in its row, and 4 in the index by id). An entry takes the bytes of its commit's hash plus 4, and a vote
//! takes 10. The index that is needed to read the file is stored, and authenticated, with the verified prefix.
//!
//! An entry that does not count takes the bytes of its commit's hash plus 16 (12 in its row, and 4 in the index by
//! commit), besides its findings. Equal findings are stored once, because a stranger can push many such entries.

mod read;
mod row;
mod write;

pub(super) use read::{LOOK_UP, LookUp, LookUpIndex};
pub(super) use write::encode;
