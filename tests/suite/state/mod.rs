//! The state: patterns, redesigns, and what is live.

mod liveness;
mod naming;
mod occasions;
mod patterns;
mod recurrence;
mod shared;
