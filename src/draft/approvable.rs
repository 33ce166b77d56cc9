//! Objections to policies that ask for more approvals than the members can give.

use std::collections::BTreeSet;

use crate::policy::{ApprovalRules, Rules};
use crate::record::kind::policy::Policy;
use crate::record::kind::trust::{MemberType, Role};
use crate::trust::Roster;
use crate::value::{MemberName, Target, Targets, count};

/// The members among whom approvers are counted.
#[derive(Debug, Clone, Copy)]
pub enum Approvers<'a> {
    /// Only the founder of the ledger, whose records nobody else can approve.
    Founder,
    /// The members of a trust.
    Members(&'a Roster),
}

impl Approvers<'_> {
    /// Returns how many persons can approve a record about a target, at most. Authors do not approve their own records,
    /// so one approver is left out, unless a person who is not an approver can write such a record.
    fn beside_an_author(self, target: &Target) -> u64 {
        let Self::Members(roster) = self else { return 0 };
        let targets = Targets::product(
            std::slice::from_ref(&target.service),
            std::slice::from_ref(&target.environment),
        );
        let approvers: BTreeSet<&MemberName> =
            roster.approvers(&targets).map(|member| &member.name).collect();
        let writes = |name: &MemberName| {
            roster.coverage(name, Role::Reporter, &targets) == crate::trust::Coverage::Covered
        };
        let authors = roster.members().iter().filter(|member| writes(&member.name));
        let others = authors.filter_map(|member| match member.r#type {
            MemberType::Human => Some(&member.name),
            MemberType::Service => member.owner.as_ref(),
        });
        let has_other_author = others.into_iter().any(|author| !approvers.contains(author));
        let most = approvers.len() - usize::from(!has_other_author && !approvers.is_empty());
        u64::try_from(most).unwrap_or(u64::MAX)
    }
}

/// Returns an objection, as (field, message), for each kind of record that cannot get the approvals that a policy asks
/// for. The message names the first target for which this is so. There is no objection if the policy in force already
/// asks for as many approvals: approvers may have left since then, and that must not block other changes.
pub fn nobody_could_approve(
    policy: &Policy,
    in_force: Option<&Policy>,
    approvers: Approvers<'_>,
) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for target in &policy.target {
        let asked = kinds(&Rules::of_policy(policy).of_target(target).approvals);
        let before = in_force.and_then(|policy| {
            let same = policy.target.iter().find(|one| one.are_of(&target.target()))?;
            Some(kinds(&Rules::of_policy(policy).of_target(same).approvals))
        });
        let target = target.target();
        let possible = approvers.beside_an_author(&target);
        for (index, (kind, asked)) in asked.into_iter().enumerate() {
            let is_raised =
                before.as_ref().and_then(|before| before.get(index)).is_none_or(|(_, was)| *was < asked);
            if asked <= possible || !is_raised {
                continue;
            }
            let field = format!("policy.approvals.{kind}");
            if found.iter().any(|(known, _)| *known == field) {
                continue;
            }
            let asks = count(asked, "approval");
            let can = match possible {
                0 => "nobody can approve".to_owned(),
                1 => "only one person can approve".to_owned(),
                more => format!("only {more} persons can approve"),
            };
            let message = format!(
                "asks for {asks} for {target}, where {can} what another person wrote: add approvers first, or set \
                 the number to {possible}"
            );
            found.push((field, message));
        }
    }
    found
}

/// Returns, for each kind of record, the name of its field in the rules, and the number of approvals asked for.
fn kinds(rules: &ApprovalRules) -> [(&'static str, u64); 5] {
    [
        ("overrides", rules.overrides),
        ("rollback_plans", rules.rollback_plans),
        ("redesigns", rules.redesigns),
        ("releases", rules.releases),
        ("triage", rules.triage),
    ]
}
