//! Laying what a policy says over the defaults, and what it says of a target over that.

use super::rules::Rules;
use crate::record::field::{Int, OptionalSection};
use crate::record::kind::policy::{
    ApprovalTable, ExceptionTable, FreshnessTable, Policy, Receipts, Recurrence, Rollback, TargetRules,
};

/// Lays the policy's own tables over the rules.
pub(super) fn policy(rules: &mut Rules, policy: &Policy) {
    approvals(rules, &policy.approvals);
    exceptions(rules, &policy.exceptions);
    recurrence(rules, &policy.recurrence);
    rollback(rules, &policy.rollback);
    receipts(rules, &policy.receipts);
    freshness(rules, &policy.freshness);
}

/// Lays a target's tables over the rules.
pub(super) fn target(rules: &mut Rules, target: &TargetRules) {
    approvals(rules, &target.approvals);
    exceptions(rules, &target.exceptions);
    recurrence(rules, &target.recurrence);
    rollback(rules, &target.rollback);
    receipts(rules, &target.receipts);
    freshness(rules, &target.freshness);
}

fn set<T: Copy>(rule: &mut T, said: Option<T>) {
    if let Some(said) = said {
        *rule = said;
    }
}

fn set_int(rule: &mut u64, said: Option<Int<0>>) {
    set(rule, said.map(Int::value));
}

fn approvals(rules: &mut Rules, said: &OptionalSection<ApprovalTable>) {
    if let Some(said) = &said.0 {
        set_int(&mut rules.approvals.overrides, said.overrides);
        set_int(&mut rules.approvals.rollback_plans, said.rollback_plans);
        set_int(&mut rules.approvals.redesigns, said.redesigns);
        set_int(&mut rules.approvals.releases, said.releases);
        set_int(&mut rules.approvals.reviews, said.reviews);
        set_int(&mut rules.approvals.triage, said.triage);
    }
}

fn exceptions(rules: &mut Rules, said: &OptionalSection<ExceptionTable>) {
    if let Some(said) = &said.0 {
        set(&mut rules.exceptions.max_lifetime, said.max_lifetime);
        set_int(&mut rules.exceptions.max_renewals, said.max_renewals);
        set(&mut rules.exceptions.credential_grace, said.credential_grace);
    }
}

fn recurrence(rules: &mut Rules, said: &OptionalSection<Recurrence>) {
    if let Some(said) = &said.0 {
        set(&mut rules.recurrence.mode, said.mode);
        set_int(&mut rules.recurrence.warn_at, said.warn_at);
        set_int(&mut rules.recurrence.threshold, said.threshold);
        set(&mut rules.recurrence.window, said.window);
        set(&mut rules.recurrence.same_occasion, said.same_occasion);
        set(&mut rules.recurrence.understood_for, said.understood_for);
        set_int(&mut rules.recurrence.after_redesign, said.after_redesign);
    }
}

fn rollback(rules: &mut Rules, said: &OptionalSection<Rollback>) {
    if let Some(said) = &said.0 {
        set_int(&mut rules.rollback.min_criteria, said.min_criteria);
        set(&mut rules.rollback.max_lifetime, said.max_lifetime);
        set(&mut rules.rollback.rehearsed_within, said.rehearsed_within.map(Some));
    }
}

fn receipts(rules: &mut Rules, said: &OptionalSection<Receipts>) {
    if let Some(said) = &said.0 {
        set(&mut rules.receipts.lifetime, said.lifetime);
    }
}

fn freshness(rules: &mut Rules, said: &OptionalSection<FreshnessTable>) {
    if let Some(said) = &said.0 {
        set(&mut rules.freshness.max_age, said.max_age);
        set_int(&mut rules.freshness.witnesses, said.witnesses);
    }
}
