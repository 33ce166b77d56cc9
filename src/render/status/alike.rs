//! Groups targets with the same status, so that each group is shown on one line.

use super::TargetStatus;

/// Targets with the same status, in the order of the policy.
pub(super) struct Alike<'a> {
    pub(super) targets: Vec<&'a TargetStatus>,
}

impl<'a> Alike<'a> {
    /// Groups targets by status. A target on which a deployment is known is a group of its own.
    pub(super) fn groups(targets: &'a [TargetStatus]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for target in targets {
            match groups.iter_mut().find(|group| group.targets.iter().all(|one| is_alike(one, target))) {
                Some(group) => group.targets.push(target),
                None => groups.push(Self { targets: vec![target] }),
            }
        }
        groups
    }
}

fn is_alike(one: &TargetStatus, other: &TargetStatus) -> bool {
    let has_history = |target: &TargetStatus| {
        target.runs.is_some() || target.unconfirmed.is_some() || target.rollback.ready
    };
    !has_history(one) && !has_history(other) && one.standing == other.standing && one.codes == other.codes
}
