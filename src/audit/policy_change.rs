//! Compares two policies: what the new one weakens, strengthens or changes.

use super::resource_change::resources;
use super::{Change, Changes, Weight};
use crate::policy::{InForce, RULES, RuleValue, Rules, Stricter, WIDE_RULES};
use crate::record::kind::policy::{Expected, Policy, TargetRules};
use crate::value::Target;

/// Returns the differences between two policies, weakening ones first. If a policy leaves a rule of a target out, the
/// default of the rule is compared instead.
pub fn compare_policies(old: &InForce, new: &InForce) -> Vec<Change> {
    let mut changes = Changes::default();
    for rule in WIDE_RULES {
        let [before, after] = [old, new].map(|policy| rule.value(policy.policy().map(AsRef::as_ref)));
        changes.value(rule.words, rule.stricter, before, after);
    }
    for rules in new.targets() {
        let target = rules.target();
        match old.target(&target) {
            None if rules.formerly.is_empty() => {
                changes.say(Weight::Strengthens, format!("{target} is a target"));
            }
            None => {
                let names: Vec<String> = rules.formerly.iter().map(ToString::to_string).collect();
                let what = format!("{target} is a target, formerly {}", names.join(", "));
                changes.say(Weight::Strengthens, what);
            }
            Some(before) => {
                target_changes(&mut changes, &target, before, rules);
                rules_changes(&mut changes, &target, &old.rules(&target), &new.rules(&target));
            }
        }
    }
    for rules in new.targets() {
        for name in rules.formerly.iter().filter(|name| new.ever_named(name.target()).is_none()) {
            let target = rules.target();
            let what = format!(
                "{target}: `formerly` names {name}, which no policy ever had as a target; check the spelling"
            );
            changes.say(Weight::Changes, what);
        }
    }
    for rules in old.targets() {
        if new.target(&rules.target()).is_none() {
            let what = "is no longer a target: the gate refuses it, and no push asks the gate about it";
            changes.say(Weight::Weakens, format!("{} {what}", rules.target()));
        }
    }
    if let (Some(before), Some(after)) = (old.policy(), new.policy()) {
        quorums(&mut changes, before, after);
        expected(&mut changes, before, after);
        causes(&mut changes, before, after);
        workflows(&mut changes, old, new, [before, after]);
        resources(&mut changes, before, after);
    }
    changes.finish()
}

fn target_changes(changes: &mut Changes, target: &Target, old: &TargetRules, new: &TargetRules) {
    for pattern in old.refs.iter().filter(|pattern| !new.refs.contains(pattern)) {
        changes.say(Weight::Weakens, format!("{target}: a push to {pattern} no longer asks the gate"));
    }
    for pattern in new.refs.iter().filter(|pattern| !old.refs.contains(pattern)) {
        changes.say(Weight::Strengthens, format!("{target}: a push to {pattern} asks the gate"));
    }
    let lacks = |these: &TargetRules, those: &TargetRules| {
        // If a target has no `paths`, every path belongs to it.
        !these.paths.is_empty()
            && (those.paths.is_empty() || those.paths.iter().any(|path| !these.paths.contains(path)))
    };
    let (loses, gains) = (lacks(new, old), lacks(old, new));
    if loses || gains {
        let weight = if loses { Weight::Weakens } else { Weight::Strengthens };
        let paths: Vec<String> = new.paths.iter().map(ToString::to_string).collect();
        let paths = if paths.is_empty() { "all".to_owned() } else { paths.join(" ") };
        changes.say(weight, format!("{target}: its paths are {paths}"));
    }
    for remote in old.remotes.iter().filter(|remote| !new.remotes.contains(remote)) {
        let what =
            format!("{target}: refs of the remote {remote} no longer count as evidence of what runs there");
        changes.say(Weight::Strengthens, what);
    }
    for remote in new.remotes.iter().filter(|remote| !old.remotes.contains(remote)) {
        let what = format!("{target}: refs of the remote {remote} count as evidence of what runs there");
        changes.say(Weight::Weakens, what);
    }
    for name in old.formerly.iter().filter(|name| !new.formerly.contains(name)) {
        let what = format!("{target}: what blocks its former name {name} no longer blocks {target}");
        changes.say(Weight::Weakens, what);
    }
    for name in new.formerly.iter().filter(|name| !old.formerly.contains(name)) {
        let what = format!("{target}: what blocks its former name {name} also blocks {target}");
        changes.say(Weight::Strengthens, what);
        if name.target().environment == target.environment {
            let what = format!("{target}: a restoration may go back to what ran on its former name {name}");
            changes.say(Weight::Weakens, what);
        }
    }
    if old.repository != new.repository {
        let name = new.repository.as_ref().map_or("any".to_owned(), ToString::to_string);
        changes.say(Weight::Changes, format!("{target}: its repository is {name}"));
    }
}

fn rules_changes(changes: &mut Changes, target: &Target, old: &Rules, new: &Rules) {
    for rule in RULES {
        let what = format!("{target}: {}", rule.words);
        changes.value(&what, rule.stricter, (rule.value)(old), (rule.value)(new));
    }
}

fn quorums(changes: &mut Changes, old: &Policy, new: &Policy) {
    let name = |quorum: &crate::record::kind::policy::Quorum| {
        format!("{} of the approvals of {} from {}", quorum.count.value(), quorum.of, quorum.team)
    };
    for quorum in old.quorum.iter().filter(|quorum| !new.quorum.contains(quorum)) {
        changes.say(Weight::Weakens, format!("no longer: {}", name(quorum)));
    }
    for quorum in new.quorum.iter().filter(|quorum| !old.quorum.contains(quorum)) {
        changes.say(Weight::Strengthens, name(quorum));
    }
}

fn expected(changes: &mut Changes, old: &Policy, new: &Policy) {
    for entry in &new.expected {
        let name = &entry.name;
        match old.expected.iter().find(|before| before.name == *name) {
            None => {
                changes.say(Weight::Weakens, format!("{name} is an expected exception ({})", entry.r#type));
            }
            Some(before) => expected_entry(changes, before, entry),
        }
    }
    for entry in old.expected.iter().filter(|entry| new.expected.iter().all(|after| after.name != entry.name))
    {
        changes.say(Weight::Strengthens, format!("{} is no longer an expected exception", entry.name));
    }
}

fn expected_entry(changes: &mut Changes, old: &Expected, new: &Expected) {
    let at = |what: &str| format!("{}: {what}", new.name);
    if old.r#type != new.r#type {
        changes.say(Weight::Changes, at(&format!("its type: {} to {}", old.r#type, new.r#type)));
    }
    if old.team != new.team {
        let weight = if new.team.is_none() { Weight::Weakens } else { Weight::Changes };
        let team = new.team.as_ref().map_or("every reporter".to_owned(), ToString::to_string);
        changes.say(weight, at(&format!("may be recorded by {team}")));
    }
    for (words, stricter, value) in ENTRY_RULES {
        changes.value(&at(words), *stricter, value(old), value(new));
    }
    for code in new.may_waive.iter().filter(|code| !old.may_waive.contains(code)) {
        changes.say(Weight::Weakens, at(&format!("may waive {code}")));
    }
    for code in old.may_waive.iter().filter(|code| !new.may_waive.contains(code)) {
        changes.say(Weight::Strengthens, at(&format!("may no longer waive {code}")));
    }
}

/// A value of an expected exception: the label of the value, the direction in which the value is stricter, and a
/// function that reads the value.
type EntryRule = (&'static str, Stricter, fn(&Expected) -> RuleValue);

const ENTRY_RULES: &[EntryRule] = &[
    ("approvals", Stricter::Higher, |entry| entry.approvals.value().into()),
    ("maximum lifetime", Stricter::Lower, |entry| entry.max_lifetime.into()),
    ("review within", Stricter::Lower, |entry| entry.review_within.into()),
    ("how many per window count in no pattern", Stricter::Lower, |entry| entry.max_per_window.value().into()),
    ("the window of `max_per_window`", Stricter::Higher, |entry| entry.window.into()),
];

/// Adds the changes for each workflow that one of the policies names: who answers for the workflow, and within what
/// time. A change of the owner neither weakens nor strengthens the policy. More time weakens it.
fn workflows(changes: &mut Changes, old: &InForce, new: &InForce, both: [&Policy; 2]) {
    let named = both.iter().flat_map(|policy| policy.workflow.iter().map(|entry| &entry.name));
    for name in named.collect::<std::collections::BTreeSet<_>>() {
        let ((before, soon), (after, later)) = (old.answers_for(name), new.answers_for(name));
        if before != after {
            let owner = after.map_or("the admins".to_owned(), ToString::to_string);
            changes.say(Weight::Changes, format!("{name}: {owner} answers for it"));
        }
        changes.value(&format!("{name}: answered within"), Stricter::Lower, soon.into(), later.into());
    }
}

fn causes(changes: &mut Changes, old: &Policy, new: &Policy) {
    for same in old.same_cause.iter().filter(|same| !new.same_cause.contains(same)) {
        changes.say(Weight::Weakens, format!("the same_cause entry for {} is removed or changed", same.is));
    }
    for shared in old.shared_cause.iter().filter(|shared| !new.shared_cause.contains(shared)) {
        changes.say(Weight::Weakens, format!("{} counts for each workflow separately", shared.root_cause));
    }
    for shared in new.shared_cause.iter().filter(|shared| !old.shared_cause.contains(shared)) {
        changes.say(Weight::Strengthens, format!("{} counts for all workflows together", shared.root_cause));
    }
    for same in new.same_cause.iter().filter(|same| !old.same_cause.contains(same)) {
        let also: Vec<String> = same.also.iter().map(ToString::to_string).collect();
        changes.say(Weight::Strengthens, format!("{} count as {}", also.join(", "), same.is));
    }
}
