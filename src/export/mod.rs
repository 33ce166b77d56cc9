//! What other programs are told: criteria of a rollback plan, and how a ledger stands, in their own formats.
//!
//! In: a plan with the target that it is exported for, or the state of a ledger and the time of the question. Out:
//! the bytes of one file. The same input gives the same bytes. What a format cannot say exactly is an error that
//! names every criterion concerned, never a file that asks for less than the plan does. Text from a ledger stands
//! in strings only, escaped as the format and its reader's own templates ask for. Nothing here writes, and nothing
//! reads a clock.

mod argo;
mod criteria;
mod metrics;
mod openmetrics;
mod prometheus;
mod promql;
mod source;
mod window;

/// Argo Rollouts: an `AnalysisTemplate`.
pub use argo::{Analysis, argo};
/// OpenMetrics: how a ledger stands.
pub use metrics::{Observed, metrics};
/// Prometheus: alerting rules.
pub use prometheus::prometheus;

pub use criteria::{ExportError, Subject, Unmapped};
pub use source::Address;
