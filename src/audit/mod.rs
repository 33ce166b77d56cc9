//! Describes a change of trust or policy in words, with the weakening changes first.
//!
//! The input is two trusts or two policies. The output is a list of changes, each with its weight. The order makes sure
//! that a single lowered number among forty other lines is not overlooked.

mod policy_change;
mod resource_change;
mod trust_change;

use std::cmp::Ordering;

use crate::policy::{RuleValue, Stricter};

pub use policy_change::compare_policies;
pub use trust_change::compare_trusts;

/// A change, described in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Its effect on the strictness of the rules.
    pub weight: Weight,
    /// The description.
    pub what: String,
}

/// The effect of a change on the strictness of the rules, in the order in which changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Fewer people are required, more time is allowed, or somebody gets more power.
    Weakens,
    /// The rules get neither laxer nor stricter, or the effect is unclear.
    Changes,
    /// More people are required, less time is allowed, or somebody loses power.
    Strengthens,
}

impl Weight {
    /// The weight as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weakens => "weakens",
            Self::Changes => "changes",
            Self::Strengthens => "strengthens",
        }
    }
}

/// The changes found so far. `finish` sorts them by weight, weakening changes first.
#[derive(Debug, Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn say(&mut self, weight: Weight, what: impl Into<String>) {
        self.0.push(Change { weight, what: what.into() });
    }

    /// Adds the change of a value. If the value is the same, nothing is added. `stricter` is the direction in which the
    /// value is stricter.
    fn value(&mut self, what: &str, stricter: Stricter, old: RuleValue, new: RuleValue) {
        let weight = match stricter.compare(new, old) {
            Ordering::Equal => return,
            Ordering::Greater => Weight::Strengthens,
            Ordering::Less => Weight::Weakens,
        };
        let words = if old == RuleValue::NotAsked {
            format!("{what}: {new}, not asked for before")
        } else if new == RuleValue::NotAsked {
            format!("{what}: not asked for any more, {old} before")
        } else {
            format!("{what}: {old} to {new}")
        };
        self.say(weight, words);
    }

    fn finish(mut self) -> Vec<Change> {
        self.0.sort_by_key(|change| change.weight);
        self.0
    }
}
