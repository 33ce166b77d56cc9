//! The rules that hold for the whole ledger, whatever the target.

use super::value::{RuleValue, Stricter};
use crate::record::kind::policy::Policy;
use crate::value::Duration;

/// A rule for the whole ledger.
#[derive(Debug)]
pub struct WideRule {
    /// The field of the rule in `[policy]`.
    pub field: &'static str,
    /// What the rule sets, as a sentence or a phrase.
    pub help: &'static str,
    /// The direction in which the rule becomes stricter.
    pub stricter: Stricter,
    /// The label of the rule in `policy show` and `policy diff`.
    pub words: &'static str,
    /// Reads the value of the rule from a policy; `None` if the policy leaves the rule out.
    pub written: fn(&Policy) -> Option<Duration>,
    /// The value if the policy leaves the rule out.
    pub default: Duration,
    /// The longest time that the format allows.
    pub longest: Duration,
}

impl WideRule {
    /// The value of the rule in a policy; the default if the policy leaves the rule out, or if there is no policy.
    pub fn value(&self, policy: Option<&Policy>) -> RuleValue {
        self.time(policy).into()
    }

    /// The same value as a duration.
    pub(super) fn time(&self, policy: Option<&Policy>) -> Duration {
        policy.and_then(self.written).unwrap_or(self.default)
    }
}

/// How far clocks may be apart.
pub(super) const CLOCK_SKEW: WideRule = WideRule {
    field: "clock_skew",
    help: "How far clocks may be apart.",
    stricter: Stricter::Lower,
    words: "how far clocks may differ",
    written: |policy| policy.clock_skew,
    default: Duration::of_minutes(5),
    longest: Duration::of_hours(1),
};

/// How far `created_at` may lie behind ledger time.
pub(super) const MAX_BACKDATING: WideRule = WideRule {
    field: "max_backdating",
    help: "How far created_at may lie behind ledger time.",
    stricter: Stricter::Lower,
    words: "how far records may be dated back",
    written: |policy| policy.max_backdating,
    default: Duration::of_hours(24),
    longest: Duration::of_days(7),
};

/// Every rule for the whole ledger.
pub const WIDE_RULES: &[WideRule] = &[CLOCK_SKEW, MAX_BACKDATING];
