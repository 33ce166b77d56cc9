//! The state of a ledger at a head: exceptions, plans, redesigns, deployments and patterns.
//!
//! Input: verified records, in order of position. Output: their fold. Records signed by a key at or after its
//! distrust position are excluded, and so are records of quarantined entries. The state does not depend on
//! the current time: each query takes the time as an argument.
//!
//! `item` holds the records and what later records changed about them; `pattern` finds recurring causes;
//! `fold` builds the state; `live` leaves out what no answer needs any more; `ask` answers queries.

mod ask;
mod fold;
mod item;
mod live;
mod pattern;

pub use ask::{
    Access, Answering, Delivery, LISTED_GRANTS, OnTargets, Outstanding, Overview, PatternsAt, Ran,
    RefAtRemote, ReviewStanding, Reviewers, Unanswered,
};
pub use fold::{GradualFold, NoState, State, StateSnapshot, WholeState};
pub use item::{
    ApprovalStatus, Approvals, Cause, ClosureOf, Confirmation, Delivered, Deployment, Effect, ExceptionItem,
    Item, KeyName, Life, OutcomeItem, OverrideStanding, PauseItem, PendingCredential, PlanItem, RedesignItem,
    ReleaseItem, Resumed, ReviewOf, Says, StandingCredential, TriageItem, TriageSays, Triaged, Vote,
};
pub use live::{Aside, AsideStore, Dormant, ExceptionsAsked, Inquiry, KeptFor, PartedState, PatternsAsked};
pub use pattern::{Occasion, Pattern, Patterns};
