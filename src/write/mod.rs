//! Writing to a ledger: founding it, appending records, keeping what could not be appended, and cosigning.

mod append;
mod cosign;
mod entry;
mod error;
mod folder;
mod found;
mod outbox;
mod rebase;
mod send;
mod sign;
mod stack;

pub use append::{Appended, Writing, append, keep_receipts, sign_receipts};
pub use cosign::{CosignError, Cosigned, cosign};
pub use entry::in_entries;
pub use error::AppendError;
pub(crate) use error::are;
pub use folder::{RecordFolder, Waiting};
pub use found::{FoundError, Founded, Founding, found};
pub use outbox::{authentic, drop_all, drop_waiting, waiting};
pub use rebase::{Displaced, Rebased, Stray, is_apart, rebase};
pub use send::{Sent, send};
pub use sign::{Author, author_of, predicted};
