//! Policy: what is in force for a target.
//!
//! Input: a policy record, or none. Output: rules without gaps. The value of a rule is the target's own; if the target
//! has none, it is the policy's; if that has none either, it is the default. [`Rules::default`] states every default,
//! and each is the safe value.

mod approvals;
mod bounds;
mod duties;
mod former;
mod in_force;
mod resource;
mod rules;
mod value;
mod wide;

pub use approvals::{ApprovalsAsked, Suffices};
pub use bounds::beyond_bounds;
pub use duties::Duties;
pub use in_force::InForce;
pub use rules::{
    ApprovalRules, CredentialRules, ExceptionRules, FreshnessRules, RULES, ReceiptRules, RecurrenceRules,
    RollbackRules, RuleInfo, Rules,
};
pub use value::{Demand, RuleValue, Stricter};
pub use wide::{WIDE_RULES, WideRule};
