//! The rules for a target, with defaults filled in. They are generated from the table in `record/rules.rs`.

use super::value::{Demand, RuleValue, Stricter};
use crate::record::field::{Int, OptionalSection};
use crate::record::kind::policy::{
    ApprovalTable, CredentialTable, ExceptionTable, FreshnessTable, Mode, Policy, ReceiptTable, RecordedBy,
    RecurrenceTable, RollbackTable, TargetRules,
};
use crate::record::rules::policy_rules;
use crate::value::Duration;

/// A rule of the table.
#[derive(Debug)]
pub struct RuleInfo {
    /// The table of a policy in which the rule stands, such as `approvals`.
    pub section: &'static str,
    /// The field of the rule in that table.
    pub field: &'static str,
    /// What the rule sets, as a sentence or a phrase.
    pub help: &'static str,
    /// The default, spelled as in a policy; empty if nothing is required by default.
    pub default: &'static str,
    /// The longest time that the format allows, spelled as in a policy; empty if there is no bound.
    pub longest: &'static str,
    /// The direction in which the rule becomes stricter.
    pub stricter: Stricter,
    /// The label of the rule in `policy show` and `policy diff`.
    pub words: &'static str,
    /// Reads the value of the rule from a set of rules.
    pub value: fn(&Rules) -> RuleValue,
}

impl RuleInfo {
    /// The name of the rule in a policy, such as `approvals.overrides`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.field)
    }

    /// The longest time that the format allows, if the rule has a bound.
    pub fn bound(&self) -> Option<Duration> {
        self.longest.parse().ok()
    }
}

/// The Rust type for a type word of the table in `record/rules.rs`.
macro_rules! rule_type {
    (Count) => { u64 };
    (CountIfAsked) => { Option<u64> };
    (Time) => { Duration };
    (TimeIfAsked) => { Option<Duration> };
    (Mode) => { Mode };
    (RecordedBy) => { RecordedBy };
    (Flag) => { Demand };
}

/// Converts the field of a table to a value of the rule; `None` if the table lacks the field.
macro_rules! in_table {
    (Count, $value:expr) => {
        $value.map(Int::value)
    };
    (CountIfAsked, $value:expr) => {
        $value.map(|count| Some(count.value()))
    };
    (Time, $value:expr) => {
        $value
    };
    (TimeIfAsked, $value:expr) => {
        $value.map(Some)
    };
    (Mode, $value:expr) => {
        $value
    };
    (RecordedBy, $value:expr) => {
        $value
    };
    (Flag, $value:expr) => {
        $value.map(|asked| if asked { Demand::Yes } else { Demand::No })
    };
}

macro_rules! rules {
    ($(
        #[doc = $doc:literal]
        $section:ident: $table:ident as $rules:ident { $(
            #[doc = $help:literal]
            $field:ident: $type:ident = $value:expr, $default:tt, $longest:tt, $stricter:ident, $words:literal;
        )+ }
    )+) => {
        /// All rules, with the values that hold for a target.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Rules { $( #[doc = $doc] pub $section: $rules, )+ }

        /// Every rule, in the order of the policy.
        pub const RULES: &[RuleInfo] = &[ $( $( RuleInfo {
            section: stringify!($section),
            field: stringify!($field),
            help: $help,
            default: $default,
            longest: $longest,
            stricter: Stricter::$stricter,
            words: $words,
            value: |rules| rules.$section.$field.into(),
        }, )+ )+ ];

        $(
            #[doc = $doc]
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $rules { $( #[doc = $help] pub $field: rule_type!($type), )+ }

            impl Default for $rules {
                fn default() -> Self {
                    Self { $( $field: $value, )+ }
                }
            }

            impl $rules {
                /// Overrides these rules with those in `table`, a table of a policy or of one of its targets.
                fn override_with(&mut self, table: &OptionalSection<$table>) {
                    let Some(table) = &table.0 else { return };
                    $( if let Some(value) = in_table!($type, table.$field) {
                        self.$field = value;
                    } )+
                }

                fn strictest(self, other: Self) -> Self {
                    Self { $( $field: stricter(Stricter::$stricter, self.$field, other.$field), )+ }
                }
            }
        )+

        impl Rules {
            /// The rules of a policy for all targets: the defaults, overridden by the tables of the policy.
            pub(crate) fn of_policy(policy: &Policy) -> Self {
                let mut rules = Self::default();
                $( rules.$section.override_with(&policy.$section); )+
                rules
            }

            /// These rules, overridden by those of a target.
            #[must_use]
            pub(crate) fn of_target(mut self, target: &TargetRules) -> Self {
                $( self.$section.override_with(&target.$section); )+
                self
            }

            /// Combines two sets of rules: takes the stricter value of each rule.
            #[must_use]
            pub fn strictest(self, other: Self) -> Self {
                Self { $( $section: self.$section.strictest(other.$section), )+ }
            }
        }
    };
}

policy_rules!(rules);

fn stricter<T: Copy + Into<RuleValue>>(way: Stricter, one: T, other: T) -> T {
    if way.compare(other.into(), one.into()).is_gt() { other } else { one }
}
