//! The state: patterns, redesigns, and what is live.

mod dormant;
mod gradual;
mod left_out;
mod liveness;
mod naming;
mod occasions;
mod patterns;
mod recurrence;
mod set_aside;
mod shared;
