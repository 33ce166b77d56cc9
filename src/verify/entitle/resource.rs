//! The rule for resources: the grants of an override have to fit the policy.

use super::case::Case;
use crate::record::Body;
use crate::trust::Roster;

/// Each grant of an override must satisfy every entry of the policy that its resource matches.
pub(super) fn resource(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Exception(exception) = body else { return None };
    let (targets, created_at) = (body.targets(), case.header().created_at);
    exception.grant.iter().find_map(|grant| case.past.policy().grant_objection(grant, &targets, created_at))
}
