//! The state of a ledger at a head: exceptions, plans, redesigns, deployments and patterns.
//!
//! Verified records come in, in order of their positions; their fold comes out. Records signed by a key at or after its
//! distrust position are excluded. Times are no part of the state: every question about it brings its own time.
//!
//! `item` is what the ledger says; `pattern`, what repeats; `fold` makes the state; `ask` answers questions about it.

mod ask;
mod fold;
mod item;
mod pattern;

pub use ask::{Access, Delivery, OnTargets, Overview, ReviewStanding};
pub use fold::State;
pub use item::{
    ApprovalStatus, Approvals, Cause, ClosureOf, Deployment, Effect, ExceptionItem, Exceptions, Item, Life,
    OutcomeItem, OverrideStanding, PauseItem, PlanItem, RedesignItem, ReleaseItem, Resumed, ReviewOf, Says,
    TriageItem, TriageSays, Triaged, Vote,
};
pub use pattern::{Occasion, Pattern, Patterns};
