//! How many approvals a record needs, and whether some persons suffice.

use super::in_force::InForce;
use crate::record::Body;
use crate::record::kind::policy::QuorumOf;
use crate::trust::Roster;
use crate::value::{MemberName, Target, Targets, TeamName};

/// The approvals that a record needs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ApprovalsAsked {
    /// The number of distinct persons in all.
    pub total: u64,
    /// One team for each approval that must come from a member of a certain team.
    pub places: Vec<TeamName>,
}

/// Whether some persons are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffices {
    /// They are.
    Yes,
    /// More are needed, or persons of other teams.
    No {
        /// At least this many.
        missing: u64,
    },
}

impl InForce {
    /// Whether a deployment to a target needs an approved release. It does if the rules of the target ask for approvals
    /// of releases, or if a quorum asks a team for such approvals.
    pub fn asks_for_releases(&self, target: &Target) -> bool {
        let quorums = self.policy().map_or(&[][..], |policy| policy.quorum.as_slice());
        self.rules(target).approvals.releases > 0
            || quorums.iter().any(|quorum| quorum.of == QuorumOf::Releases && quorum.count.value() > 0)
    }

    /// The approvals that a record with these targets needs; `None` for a record that is not approved this way, such as
    /// an observation or a policy.
    pub fn asked(&self, body: &Body, targets: &Targets) -> Option<ApprovalsAsked> {
        let rules = || self.strictest(targets).approvals;
        let expected = if let Body::Exception(exception) = body { exception.expected.as_ref() } else { None };
        let entry = expected.and_then(|name| self.expected(name));
        // An expected exception needs the approvals that its entry in the policy asks for. The general rules do not
        // apply to it.
        let by_entry = entry.is_some();
        let (number, of) = match body {
            Body::Exception(exception) if exception.is_override() => (
                entry.map_or_else(|| rules().overrides, |entry| entry.approvals.value()),
                QuorumOf::Overrides,
            ),
            Body::RollbackPlan(_) => (rules().rollback_plans, QuorumOf::RollbackPlans),
            Body::Redesign(_) => (rules().redesigns, QuorumOf::Redesigns),
            Body::Release(_) => (rules().releases, QuorumOf::Releases),
            Body::Triage(_) => (rules().triage, QuorumOf::Triage),
            Body::Exception(_)
            | Body::Trust(_)
            | Body::Policy(_)
            | Body::Approval(_)
            | Body::Closure(_)
            | Body::Receipt(_)
            | Body::Review(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Outcome(_)
            | Body::Audit(_)
            | Body::Quarantine(_) => return None,
        };
        let quorums = self.policy().map_or(&[][..], |policy| policy.quorum.as_slice());
        let places: Vec<TeamName> = quorums
            .iter()
            .filter(|quorum| quorum.of == of && !by_entry)
            .flat_map(|quorum| std::iter::repeat_n(quorum.team.clone(), places(quorum.count.value())))
            .collect();
        let total = number.max(u64::try_from(places.len()).unwrap_or(u64::MAX));
        Some(ApprovalsAsked { total, places })
    }
}

/// More than 1,000 places of one quorum count as 1,000 (ledger-schema/trust.md, Quorum).
fn places(count: u64) -> usize {
    usize::try_from(count.min(1_000)).unwrap_or(1_000)
}

impl ApprovalsAsked {
    /// Whether these persons are enough. They are if their number suffices, and if distinct persons among them can fill
    /// the places that are reserved for teams.
    pub fn suffice(&self, persons: &[MemberName], roster: &Roster) -> Suffices {
        let given = u64::try_from(persons.len()).unwrap_or(u64::MAX);
        let filled = assign(&self.places, persons, roster);
        let open = u64::try_from(self.places.len() - filled).unwrap_or(u64::MAX);
        match self.total.saturating_sub(given).max(open) {
            0 => Suffices::Yes,
            missing => Suffices::No { missing },
        }
    }
}

/// How many places can be filled with distinct persons (a maximum bipartite matching).
fn assign(places: &[TeamName], persons: &[MemberName], roster: &Roster) -> usize {
    let mut seats: Vec<Option<usize>> = vec![None; persons.len()];
    let seat = |place: usize, seats: &mut Vec<Option<usize>>| {
        let mut tried = vec![false; persons.len()];
        augment(place, places, persons, roster, seats, &mut tried)
    };
    (0..places.len()).filter(|place| seat(*place, &mut seats)).count()
}

fn augment(
    place: usize,
    places: &[TeamName],
    persons: &[MemberName],
    roster: &Roster,
    seats: &mut Vec<Option<usize>>,
    tried: &mut Vec<bool>,
) -> bool {
    for (index, person) in persons.iter().enumerate() {
        let fits = places.get(place).is_some_and(|team| roster.is_in_team(person, team));
        if !fits || tried.get(index) != Some(&false) {
            continue;
        }
        if let Some(mark) = tried.get_mut(index) {
            *mark = true;
        }
        let taken = seats.get(index).copied().flatten();
        if taken.is_none_or(|other| augment(other, places, persons, roster, seats, tried)) {
            if let Some(seat) = seats.get_mut(index) {
                *seat = Some(place);
            }
            return true;
        }
    }
    false
}
