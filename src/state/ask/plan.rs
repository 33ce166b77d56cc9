//! The rollback plan in force for a deployment, and the persons concerned in a record.

use crate::record::kind::rollback_plan::Method;
use crate::state::fold::State;
use crate::state::item::{Item, Life, PlanItem, Says};
use crate::value::{Target, Time};

impl State {
    /// Returns the plan in force for a target at `now`. A plan to redeploy that is bound to the commit takes
    /// precedence; after that, the plan that took effect last does. A plan to redeploy that is bound to another commit
    /// is not in force. (In a plan to revert, `commit` names what to revert.) A plan is not in force, either, if its
    /// owner is no longer a member, or if another plan that took effect supersedes it.
    pub fn plan_in_force(
        &self,
        target: &Target,
        commit: &crate::value::CommitId,
        now: Time,
    ) -> Option<&PlanItem> {
        let in_force = |plan: &&PlanItem| {
            plan.touches(target)
                && plan.life(&self.policy, now) == Life::Live
                && self.is_owned(plan)
                && (plan.says.method == Method::Revert
                    || plan.says.commit.as_ref().is_none_or(|bound| bound == commit))
                && !self.is_superseded(plan, now)
        };
        let bound = |plan: &&PlanItem| {
            plan.says.method == Method::Redeploy && plan.says.commit.as_ref() == Some(commit)
        };
        let effect = |plan: &&PlanItem| plan.approvals.effect().map(|effect| effect.position);
        self.open_plans(now).filter(in_force).max_by_key(|plan| (bound(plan), effect(plan), plan.position))
    }

    /// Returns the newest plan of a target, whatever its standing.
    pub fn newest_plan(&self, target: &Target) -> Option<&PlanItem> {
        self.plans.iter().rev().find(|plan| plan.touches(target))
    }

    /// Whether the owner of a plan is a member of the trust in force. If not, the plan is not in force.
    pub fn is_owned(&self, plan: &PlanItem) -> bool {
        self.roster.member(&plan.says.owner).is_some()
    }

    fn is_superseded(&self, plan: &PlanItem, now: Time) -> bool {
        let replaces = |other: &PlanItem| other.says.supersedes == Some(plan.id);
        // Only a later plan can supersede this one.
        let later = self.plans.iter().rev().take_while(|other| other.position > plan.position);
        later
            .filter(|other| replaces(other))
            .any(|other| other.approvals.effect().is_some_and(|effect| effect.at <= now))
    }

    /// Returns the persons concerned in an item, by the roster in force. They may neither approve nor review the item.
    pub fn concerned<T: Says>(&self, item: &Item<T>) -> std::collections::BTreeSet<crate::value::MemberName> {
        let mut persons =
            self.roster.persons(crate::verify::concerned_names(&item.author, &item.says.body()));
        persons.insert(item.person.clone());
        persons
    }
}
