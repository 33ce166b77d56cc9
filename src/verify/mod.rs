//! Verification: turns the bytes of entries into records whose authors were entitled to write them.
//!
//! [`examine`] checks one entry on its own (form and signatures), so many entries can be examined in parallel.
//! [`Past::advance`] takes examined entries in order. It decides whether an entry counts, and whether each of its
//! records is verified or void. A verdict depends only on the entry and on the entries before it: never on a clock, a
//! cache or the version of this program.

mod accepted;
mod advance;
mod authenticate;
mod bodies;
mod broken;
mod earlier;
mod effect;
mod entitle;
mod examine;
mod form;
mod halt;
mod past;
mod pin;
mod predict;
mod proposal;
mod snapshot;
mod table;

pub use accepted::{Accepted, Verdict, VerifiedRecord};
pub use advance::{CountedEntry, EntryVerdict};
pub use authenticate::{AuthenticRecord, authenticate};
pub use bodies::{Bodies, Unreadable};
pub use earlier::{BrokenEntry, Earlier, EarlierEntry, EarlierRecord, VoteOf};
pub use entitle::{concerned_names, referenced};
pub use examine::{Examined, ExaminedFile, examine, examine_commit, examine_files};
pub use past::{Past, RosterSince};
pub use pin::{AtLeast, Pin, PinError, Relation};
pub use proposal::Proposal;
pub use snapshot::{EarlierCounts, EarlierRows, PastSnapshot};
