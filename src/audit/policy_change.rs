//! From one policy to the next.

use super::{Change, Changes, Weight};
use crate::policy::{InForce, Rules};
use crate::record::kind::policy::{Expected, Mode, Policy, TargetRules};
use crate::value::{Duration, Target};

/// What changes from the policy in force to another, what it weakens first. Rules are compared for each
/// target with their defaults, so that what is left out counts too.
pub fn compare_policies(old: &InForce, new: &InForce) -> Vec<Change> {
    let mut changes = Changes::default();
    time(&mut changes, "how far clocks may differ", old.clock_skew(), new.clock_skew(), true);
    time(&mut changes, "how far records may be dated back", old.max_backdating(), new.max_backdating(), true);
    for rules in new.targets() {
        let target = rules.target();
        match old.target(&target) {
            None => changes.say(Weight::Strengthens, format!("{target} is a target")),
            Some(before) => {
                target_changes(&mut changes, &target, before, rules);
                rules_changes(&mut changes, &target, &old.rules(&target), &new.rules(&target));
            }
        }
    }
    for rules in old.targets() {
        if new.target(&rules.target()).is_none() {
            let what =
                format!("{} is no target any more: the gate refuses it, and no push asks", rules.target());
            changes.say(Weight::Weakens, what);
        }
    }
    if let (Some(before), Some(after)) = (old.policy(), new.policy()) {
        quorums(&mut changes, before, after);
        expected(&mut changes, before, after);
        causes(&mut changes, before, after);
    }
    changes.finish()
}

fn target_changes(changes: &mut Changes, target: &Target, old: &TargetRules, new: &TargetRules) {
    for pattern in old.refs.iter().filter(|pattern| !new.refs.contains(pattern)) {
        changes.say(Weight::Weakens, format!("{target}: a push to {pattern} asks the gate no more"));
    }
    for pattern in new.refs.iter().filter(|pattern| !old.refs.contains(pattern)) {
        changes.say(Weight::Strengthens, format!("{target}: a push to {pattern} asks the gate"));
    }
    let narrower = !new.paths.is_empty() && old.paths.iter().any(|path| !new.paths.contains(path));
    if old.paths.is_empty() != new.paths.is_empty() || narrower {
        let weight = if new.paths.is_empty() { Weight::Strengthens } else { Weight::Weakens };
        let paths: Vec<String> = new.paths.iter().map(ToString::to_string).collect();
        let paths = if paths.is_empty() { "all".to_owned() } else { paths.join(" ") };
        changes.say(weight, format!("{target}: its paths are {paths}"));
    }
    if old.repository != new.repository {
        let name = new.repository.as_ref().map_or("any".to_owned(), ToString::to_string);
        changes.say(Weight::Changes, format!("{target}: its repository is {name}"));
    }
}

fn rules_changes(changes: &mut Changes, target: &Target, old: &Rules, new: &Rules) {
    let at = |what: &str| format!("{target}: {what}");
    let (a, b) = (&old.approvals, &new.approvals);
    for (what, a, b) in [
        ("approvals of overrides", a.overrides, b.overrides),
        ("approvals of rollback plans", a.rollback_plans, b.rollback_plans),
        ("approvals of redesigns", a.redesigns, b.redesigns),
        ("approvals of releases", a.releases, b.releases),
        ("reviews", a.reviews, b.reviews),
        ("approvals of triages", a.triage, b.triage),
        ("criteria of a plan", old.rollback.min_criteria, new.rollback.min_criteria),
        ("witnesses", old.freshness.witnesses, new.freshness.witnesses),
    ] {
        changes.less_is_weaker(&at(what), a, b);
    }
    let (r, s) = (&old.recurrence, &new.recurrence);
    for (what, a, b) in [
        ("renewals of an override", old.exceptions.max_renewals, new.exceptions.max_renewals),
        ("occasions before it warns", r.warn_at, s.warn_at),
        ("occasions before it repeats", r.threshold, s.threshold),
        ("occasions before a redesign has failed", r.after_redesign, s.after_redesign),
    ] {
        changes.more_is_weaker(&at(what), a, b);
    }
    for (what, a, b, longer_is_weaker) in [
        ("longest exception", old.exceptions.max_lifetime, new.exceptions.max_lifetime, true),
        ("grace for credentials", old.exceptions.credential_grace, new.exceptions.credential_grace, true),
        ("window in which occasions count", r.window, s.window, false),
        ("retries are one occasion within", r.same_occasion, s.same_occasion, true),
        ("understood for", r.understood_for, s.understood_for, true),
        ("longest plan", old.rollback.max_lifetime, new.rollback.max_lifetime, true),
        ("a receipt is good for", old.receipts.lifetime, new.receipts.lifetime, true),
        ("age of what vouches for the head", old.freshness.max_age, new.freshness.max_age, true),
    ] {
        time(changes, &at(what), a, b, longer_is_weaker);
    }
    if r.mode != s.mode {
        let weight = if s.mode == Mode::Warn { Weight::Weakens } else { Weight::Strengthens };
        changes.say(weight, at(&format!("repeating exceptions: {} to {}", r.mode, s.mode)));
    }
    match (old.rollback.rehearsed_within, new.rollback.rehearsed_within) {
        (Some(a), Some(b)) => time(changes, &at("rehearsed within"), a, b, true),
        (Some(_), None) => changes.say(Weight::Weakens, at("no rehearsal of a plan is asked for any more")),
        (None, Some(b)) => {
            changes.say(Weight::Strengthens, at(&format!("a rehearsal within {b} is asked for")));
        }
        (None, None) => {}
    }
}

fn time(changes: &mut Changes, what: &str, old: Duration, new: Duration, longer_is_weaker: bool) {
    if old.seconds() != new.seconds() {
        let longer = new.seconds() > old.seconds();
        let weight = if longer == longer_is_weaker { Weight::Weakens } else { Weight::Strengthens };
        changes.say(weight, format!("{what}: {old} to {new}"));
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
    changes.less_is_weaker(&at("approvals"), old.approvals.value(), new.approvals.value());
    time(changes, &at("longest"), old.max_lifetime, new.max_lifetime, true);
    time(changes, &at("review within"), old.review_within, new.review_within, true);
    for code in new.may_waive.iter().filter(|code| !old.may_waive.contains(code)) {
        changes.say(Weight::Weakens, at(&format!("may waive {code}")));
    }
    for code in old.may_waive.iter().filter(|code| !new.may_waive.contains(code)) {
        changes.say(Weight::Strengthens, at(&format!("may no longer waive {code}")));
    }
    if old.team != new.team {
        let weight = if new.team.is_none() { Weight::Weakens } else { Weight::Changes };
        let team = new.team.as_ref().map_or("everybody".to_owned(), ToString::to_string);
        changes.say(weight, at(&format!("who may: {team}")));
    }
    let most = |entry: &Expected| entry.max_per_window.map_or(u64::MAX, crate::record::field::Int::value);
    if most(old) != most(new) {
        let weight = if most(new) > most(old) { Weight::Weakens } else { Weight::Strengthens };
        let number = new.max_per_window.map_or("any number".to_owned(), |number| number.value().to_string());
        changes.say(weight, at(&format!("{number} in a window count apart")));
    }
}

fn causes(changes: &mut Changes, old: &Policy, new: &Policy) {
    for same in old.same_cause.iter().filter(|same| !new.same_cause.contains(same)) {
        changes.say(Weight::Weakens, format!("other names no longer count as {}", same.is));
    }
    for same in new.same_cause.iter().filter(|same| !old.same_cause.contains(same)) {
        let also: Vec<String> = same.also.iter().map(ToString::to_string).collect();
        changes.say(Weight::Strengthens, format!("{} count as {}", also.join(", "), same.is));
    }
}
