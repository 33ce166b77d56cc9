//! Queries on a state.

mod access;
mod answers;
mod delivery;
mod deployments;
mod find;
mod names;
mod open;
mod outstanding;
mod overview;
mod plan;
mod ran;
mod recurring;
mod redesign;
mod release;
mod review;
mod standing;

pub use access::{Access, LISTED_GRANTS};
pub use answers::{Answering, Unanswered};
pub use delivery::Delivery;
pub use outstanding::Outstanding;
pub use overview::{OnTargets, Overview, PatternsAt};
pub use ran::{Ran, RefAtRemote};
pub use review::{ReviewStanding, Reviewers};
