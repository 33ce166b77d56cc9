//! Verification: from bytes to records whose authors were entitled, by position alone.
//!
//! [`examine`] looks at one entry by itself (its form, its signatures) and can run on many at once;
//! [`Past::advance`] takes them in order and says of each whether it counts, and of each of its
//! records whether it is verified or void. A verdict depends only on what stands before it: never on
//! a clock, a cache or the version of this program.

mod accepted;
mod advance;
mod authenticate;
mod effect;
mod entitle;
mod examine;
mod form;
mod past;
mod pin;
mod proposal;
mod snapshot;
mod table;

pub use accepted::{Accepted, Verdict, VerifiedRecord};
pub use advance::{CountedEntry, EntryVerdict};
pub use authenticate::{AuthenticRecord, authenticate};
pub use entitle::concerned_names;
pub use examine::{Examined, ExaminedFile, examine, examine_commit, examine_files};
pub use past::{Past, RosterSince};
pub use pin::{AtLeast, Pin, PinError, Relation};
pub use proposal::Proposal;
pub use table::Bodies;
