//! The value of a rule, and which of two values is stricter.

use std::cmp::Ordering;
use std::fmt;

use crate::record::kind::policy::{Mode, RecordedBy};
use crate::value::Duration;

/// The value of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleValue {
    /// A number.
    Count(u64),
    /// A duration.
    Time(Duration),
    /// No value, because the policy requires nothing.
    NotAsked,
    /// Whether the gate refuses or only warns.
    Mode(Mode),
    /// Who records the receipt of a push.
    RecordedBy(RecordedBy),
    /// Whether something is required.
    Demand(Demand),
}

/// Whether a policy requires something. The record says `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// The policy does not require it: `false`.
    No,
    /// The policy requires it: `true`.
    Yes,
}

/// The direction in which a rule becomes stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stricter {
    /// A higher number or a longer time is stricter. `enforce` is higher than `warn`, `pusher` than `pipeline`, and
    /// `true` than `false`.
    Higher,
    /// A lower number or a shorter time is stricter. `NotAsked` is higher than any number, and longer than any time.
    Lower,
}

impl RuleValue {
    fn rank(self) -> i128 {
        match self {
            Self::Count(count) => i128::from(count),
            Self::Time(time) => i128::from(time.seconds()),
            Self::NotAsked => i128::MAX,
            Self::Mode(Mode::Warn) | Self::RecordedBy(RecordedBy::Pipeline) | Self::Demand(Demand::No) => 0,
            Self::Mode(Mode::Enforce) | Self::RecordedBy(RecordedBy::Pusher) | Self::Demand(Demand::Yes) => 1,
        }
    }
}

impl Stricter {
    /// Compares two values. The result is `Greater` if the first value is stricter.
    pub fn compare(self, one: RuleValue, other: RuleValue) -> Ordering {
        match self {
            Self::Higher => one.rank().cmp(&other.rank()),
            Self::Lower => other.rank().cmp(&one.rank()),
        }
    }

    /// The word for the direction.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }
}

impl fmt::Display for RuleValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => f.pad(&count.to_string()),
            Self::Time(time) => f.pad(&time.to_string()),
            Self::NotAsked => f.pad("not asked for"),
            Self::Mode(mode) => f.pad(mode.as_str()),
            Self::RecordedBy(who) => f.pad(who.as_str()),
            Self::Demand(Demand::Yes) => f.pad("true"),
            Self::Demand(Demand::No) => f.pad("false"),
        }
    }
}

impl From<u64> for RuleValue {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<Duration> for RuleValue {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl From<Option<u64>> for RuleValue {
    fn from(count: Option<u64>) -> Self {
        count.map_or(Self::NotAsked, Self::Count)
    }
}

impl From<Option<Duration>> for RuleValue {
    fn from(time: Option<Duration>) -> Self {
        time.map_or(Self::NotAsked, Self::Time)
    }
}

impl From<Mode> for RuleValue {
    fn from(mode: Mode) -> Self {
        Self::Mode(mode)
    }
}

impl From<Demand> for RuleValue {
    fn from(demand: Demand) -> Self {
        Self::Demand(demand)
    }
}

impl From<RecordedBy> for RuleValue {
    fn from(who: RecordedBy) -> Self {
        Self::RecordedBy(who)
    }
}
