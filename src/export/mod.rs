//! Exports for other programs: the criteria of a rollback plan, and the status of a ledger as metrics.
//!
//! Input: a plan and the target that it is exported for, or the state of a ledger and a time. Output: the
//! bytes of one file; the same input gives the same bytes.
//!
//! If a format cannot express a plan exactly, the export fails, and the error lists every affected criterion.
//! No export ever checks less than the plan does. Text from a ledger appears only inside strings of the file,
//! escaped for the format. A query becomes part of an expression only after it was checked. Text that the reading
//! program would expand as a template is escaped for that, or the export fails. This module writes no file and
//! reads no clock.

mod argo;
mod criteria;
mod metrics;
mod openmetrics;
mod prometheus;
mod promql;
mod regexp;
mod window;

/// Argo Rollouts: a plan as an `AnalysisTemplate`.
pub use argo::{Analysis, argo};
/// OpenMetrics: the status of a ledger.
pub use metrics::{Observed, metrics};
/// Prometheus: a plan as alerting rules.
pub use prometheus::prometheus;

pub use crate::measure::Address;
pub use criteria::{ExportError, Subject, Unmapped};
pub use promql::not_exportable;
