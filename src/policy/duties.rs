//! Whether duties are separated: whether it takes two persons to let something through.

use super::in_force::InForce;
use crate::trust::Roster;
use crate::value::{MemberName, Target, listed};

/// What one person can do alone that two should do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Duties {
    /// What needs no approval, as plural nouns: `overrides`, `rollback plans`, `redesigns`.
    pub without_approval: Vec<&'static str>,
    /// The persons who can change the policy or the members alone. Through that, they can change everything else.
    pub alone: Vec<MemberName>,
}

/// The largest number of persons that a sentence names.
const MAX_NAMED: usize = 4;

impl Duties {
    /// Returns what one person can do alone, by the rules of a target and by the roster.
    pub fn of(policy: &InForce, roster: &Roster, target: &Target) -> Self {
        let asked = policy.rules(target).approvals;
        let kinds = [
            ("overrides", asked.overrides),
            ("rollback plans", asked.rollback_plans),
            ("redesigns", asked.redesigns),
        ];
        let without_approval = kinds.iter().filter(|(_, asked)| *asked == 0).map(|(kind, _)| *kind).collect();
        Self { without_approval, alone: alone(roster) }
    }

    /// Returns what one person can do alone by the roster, whatever the target.
    pub fn of_roster(roster: &Roster) -> Self {
        Self { without_approval: Vec::new(), alone: alone(roster) }
    }

    /// Whether everything takes two persons.
    pub fn are_separated(&self) -> bool {
        self.without_approval.is_empty() && self.alone.is_empty()
    }

    /// Says why duties are not separated, in one sentence for each reason.
    pub fn says(&self) -> Vec<String> {
        self.approvals().into_iter().chain(self.rules()).collect()
    }

    /// Says what needs no approval, if anything does.
    pub fn approvals(&self) -> Option<String> {
        let kinds = (!self.without_approval.is_empty()).then(|| and(&self.without_approval));
        kinds.map(|kinds| format!("{kinds} need no approval: duties are not separated"))
    }

    /// Says who can change the rules alone, if somebody can.
    pub fn rules(&self) -> Option<String> {
        match self.alone.as_slice() {
            [] => None,
            [only] => {
                Some(format!("{only} alone can change the rules and the members: duties are not separated"))
            }
            several => {
                let names: Vec<&str> = several.iter().map(MemberName::as_str).collect();
                let names = if names.len() <= MAX_NAMED {
                    and(&names)
                } else {
                    listed(names.iter().map(ToString::to_string), MAX_NAMED)
                };
                Some(format!(
                    "each of {names} can change the rules or the members alone: duties are not separated"
                ))
            }
        }
    }
}

/// Returns the admins, if the approval of one of them is enough for a policy or a trust.
fn alone(roster: &Roster) -> Vec<MemberName> {
    let threshold = &roster.trust().threshold.0;
    let is_one_enough = threshold.policy.value().min(threshold.trust.value()) <= 1;
    let admins = roster.admins().filter(|_| is_one_enough);
    admins.map(|admin| admin.name.clone()).collect()
}

/// Joins words as in a sentence: `a, b and c`.
fn and(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
