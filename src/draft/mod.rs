//! Drafts before they are signed. They are pre-filled with known values; proposals start from the rules in force.
//! Client-side checks are stricter than the format, and refuse what is probably a mistake.

mod approvable;
mod causes;
mod lint;
mod members;
mod pointless;
mod prefill;
mod propose;
mod reports;
mod targets;
mod twin;
mod values;

pub use approvable::{Approvers, nobody_could_approve};
pub use causes::{SimilarCause, similar_causes};
pub use lint::{Reported, SecretLike, lint, secret_like, unmatched_refs};
pub use members::{MemberChange, MemberKey, MembersError};
pub use pointless::pointless;
pub use prefill::{PrefillError, Prefilling};
pub use propose::{next_policy, next_trust, policy_draft, trust_draft};
pub use reports::{
    Named, Recorded, ReportMistake, ReportsError, Sorted, coverage, record_reports, sort_reports,
};
pub use targets::{RuleSetting, TargetChange, TargetsError};
pub use twin::twin;
pub use values::{Acceptance, DraftValues};
