//! Pre-fills proposals with the trust or policy in force.

use std::sync::Arc;

use crate::policy;
use crate::record::field::Int;
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::Trust;
use crate::record::{Body, draft_of};
use crate::trust::Roster;

/// Renders the trust in force as a draft of its successor.
pub fn trust_draft(roster: &Roster) -> String {
    let notes = "\
# The next trust: change what should change, and leave everything else as it is.
# It takes effect when enough admins of the trust in force (by its [trust.threshold]) and
# enough admins of this trust (by its own [trust.threshold]) say yes.
# A member looks like this:
#
# [[trust.member]]
# name = \"bob\"
# type = \"human\"                  # or \"service\", then with: owner = \"alice\"
# keys = [\"ssh-ed25519 AAAA… bob@laptop\"]
#
# [[trust.member.role]]           # admin reporter approver reviewer auditor gate witness
# role = \"approver\"
# services = [\"payments*\"]        # left out = all
# environments = [\"production\"]   # left out = all

";
    format!("{notes}{}", draft_of(&Body::Trust(Arc::new(next_trust(roster)))))
}

/// Returns the successor of the trust in force, with nothing changed.
pub fn next_trust(roster: &Roster) -> Trust {
    let mut trust = (**roster.trust()).clone();
    trust.supersedes = Some(roster.id());
    trust.nonce = None;
    trust.reason = None;
    trust.version = next(trust.version);
    trust
}

/// Renders the policy in force as a draft of its successor. If no policy is in force, it renders a first policy without
/// settings.
pub fn policy_draft(in_force: &policy::InForce) -> String {
    let notes = "\
# The next policy: change what should change, and leave everything else as it is.
# A setting that is left out has its default (ledger-schema/templates/policy.toml). The
# policy takes effect when enough admins say yes: as many as [trust.threshold] of the trust
# in force asks for.

";
    let body = next_policy(in_force).map_or_else(
        || "[policy]\nversion = 1\n".to_owned(),
        |policy: Policy| draft_of(&Body::Policy(Arc::new(policy))),
    );
    format!("{notes}{body}")
}

/// Returns the successor of the policy in force, with nothing changed; `None` if no policy is in force.
pub fn next_policy(in_force: &policy::InForce) -> Option<Policy> {
    let policy = in_force.policy()?;
    let mut next_one = (**policy).clone();
    next_one.supersedes = in_force.id();
    next_one.reason = None;
    next_one.version = next(policy.version);
    Some(next_one)
}

fn next(version: Int<1>) -> Int<1> {
    Int::new(version.value() + 1).unwrap_or(version)
}
