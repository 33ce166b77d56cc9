//! The gate: may this commit be deployed to this target?
//!
//! A state, a question and the facts of the code repository come in; out comes a decision: the list of
//! all checks, what was found, the records it rests on, and what to do next. Pure: the same inputs give
//! the same decision, byte for byte. It never stops at the first failure.

pub mod check;
mod decision;
mod examination;
mod facts;
mod needs;
mod outcome;
mod restoration;
mod waivers;

pub use decision::{Decision, decide};
pub use facts::{CommitFact, Facts, Freshness, LedgerStanding, Question, Revert, Wanted};
pub use needs::{Needs, WayBack, needs};
pub use outcome::{CheckAnswer, CheckOutcome, Next};
pub use restoration::PREVIOUS_OPTION;
