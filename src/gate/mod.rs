//! The gate: may this commit be deployed to this target?
//!
//! Input: a state, a question, and facts about the ledger and the code repository. Output: a decision, with
//! the outcome of every check, what it found, the records that it rests on, and what to do next. The gate is
//! pure: the same input gives the same decision, byte for byte. It does not stop at the first failed check.

pub mod check;
mod decision;
mod examination;
mod facts;
mod needs;
mod outcome;
mod restoration;
mod unchanged;
mod waivers;

pub use decision::{Decision, decide};
pub use facts::{CommitFact, Facts, Freshness, LedgerStanding, Question, RemoteAnswer, Revert, Wanted};
pub use needs::{Needs, RanBefore, WayBack, last_occasion, needs};
pub use outcome::{CheckAnswer, CheckOutcome, Next};
pub use unchanged::unchanged;
