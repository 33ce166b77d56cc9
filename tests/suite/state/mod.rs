//! The state: patterns, redesigns, and what is live.

mod liveness;
mod patterns;
mod recurrence;
