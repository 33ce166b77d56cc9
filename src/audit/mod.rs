//! What a change of trust or policy means, in words: what it weakens first.
//!
//! Two trusts or two policies come in, out comes a list of changes, each with its weight. A line that
//! lowers a number among forty others must not be overlooked.

mod policy_change;
mod trust_change;

pub use policy_change::compare_policies;
pub use trust_change::compare_trusts;

/// A change, in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it does to the rules.
    pub weight: Weight,
    /// What changes.
    pub what: String,
}

/// What a change does to the rules; in the order in which changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Fewer people, more time, or more power for somebody.
    Weakens,
    /// Neither, or it cannot be said.
    Changes,
    /// More people, less time, or less power.
    Strengthens,
}

impl Weight {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weakens => "weakens",
            Self::Changes => "changes",
            Self::Strengthens => "strengthens",
        }
    }
}

/// Collects changes; what weakens comes first when they are finished.
#[derive(Debug, Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn say(&mut self, weight: Weight, what: impl Into<String>) {
        self.0.push(Change { weight, what: what.into() });
    }

    /// A number of which less is weaker.
    fn less_is_weaker(&mut self, what: &str, old: u64, new: u64) {
        self.number(what, old, new, new < old);
    }

    /// A number of which more is weaker.
    fn more_is_weaker(&mut self, what: &str, old: u64, new: u64) {
        self.number(what, old, new, new > old);
    }

    fn number(&mut self, what: &str, old: u64, new: u64, weaker: bool) {
        if old != new {
            let weight = if weaker { Weight::Weakens } else { Weight::Strengthens };
            self.say(weight, format!("{what}: {old} to {new}"));
        }
    }

    fn finish(mut self) -> Vec<Change> {
        self.0.sort_by_key(|change| change.weight);
        self.0
    }
}
