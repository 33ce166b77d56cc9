//! The rules that hold for the whole ledger, whatever the target.

use super::in_force::InForce;
use super::value::{RuleValue, Stricter};

/// A rule for the whole ledger.
#[derive(Debug)]
pub struct WideRule {
    /// Its field in `[policy]`.
    pub field: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
    /// The direction in which it is stricter.
    pub stricter: Stricter,
    /// The words that stand for it in `policy show` and `policy diff`.
    pub words: &'static str,
    /// Reads its value from the policy in force; the default if there is no policy.
    pub value: fn(&InForce) -> RuleValue,
}

/// Every rule for the whole ledger.
pub const WIDE_RULES: &[WideRule] = &[
    WideRule {
        field: "clock_skew",
        help: "How far clocks may be apart.",
        stricter: Stricter::Lower,
        words: "how far clocks may differ",
        value: |policy| policy.clock_skew().into(),
    },
    WideRule {
        field: "max_backdating",
        help: "How far created_at may lie behind ledger time.",
        stricter: Stricter::Lower,
        words: "how far records may be dated back",
        value: |policy| policy.max_backdating().into(),
    },
];
