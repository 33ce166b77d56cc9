//! Compares the resources of two policies: what overrides may grant before and after the change.

use super::{Changes, Weight};
use crate::policy::{RuleValue, Stricter};
use crate::record::field::{List, Scalar};
use crate::record::kind::policy::{Policy, Resource};

/// Adds the differences between the resources of two policies. If a policy lists no resource, overrides may grant any
/// resource. So the first entry strengthens a policy, and the removal of the last entry weakens it.
pub(super) fn resources(changes: &mut Changes, old: &Policy, new: &Policy) {
    let find = |policy: &Policy, entry: &Resource| {
        policy.resource.iter().find(|other| other.name == entry.name).cloned()
    };
    for entry in &new.resource {
        match find(old, entry) {
            Some(before) => entry_changes(changes, &before, entry),
            None if old.resource.is_empty() => {
                changes.say(
                    Weight::Strengthens,
                    format!("{} is a resource: from now on grants must match a listed resource", entry.name),
                );
            }
            None => changes.say(Weight::Weakens, format!("{} is a resource that may be granted", entry.name)),
        }
    }
    for entry in old.resource.iter().filter(|entry| find(new, entry).is_none()) {
        let what = if new.resource.is_empty() {
            format!("{} is no longer a resource: overrides may grant anything", entry.name)
        } else {
            format!(
                "{} is no longer a resource: its limits no longer apply to what other entries match",
                entry.name
            )
        };
        changes.say(Weight::Weakens, what);
    }
}

fn entry_changes(changes: &mut Changes, old: &Resource, new: &Resource) {
    let words = |list: Vec<String>| if list.is_empty() { "all".to_owned() } else { list.join(", ") };
    for (what, before, after) in [
        ("services", texts(&old.services), texts(&new.services)),
        ("environments", texts(&old.environments), texts(&new.environments)),
        ("actions", texts(&old.actions), texts(&new.actions)),
    ] {
        let is_within = |these: &[String], those: &[String]| {
            those.is_empty() || (!these.is_empty() && these.iter().all(|one| those.contains(one)))
        };
        let weight = match (is_within(&after, &before), is_within(&before, &after)) {
            (true, true) => continue,
            (true, false) => Weight::Strengthens,
            (false, true | false) => Weight::Weakens,
        };
        changes.say(weight, format!("{}: its {what} are {}", new.name, words(after)));
    }
    let lifetime = |entry: &Resource| entry.max_lifetime.map_or(RuleValue::NotAsked, RuleValue::Time);
    let what = format!("{}: how long a grant may last", new.name);
    changes.value(&what, Stricter::Lower, lifetime(old), lifetime(new));
    let is_one = |entry: &Resource| entry.one_resource == Some(true);
    match (is_one(old), is_one(new)) {
        (false, true) => {
            let what = format!("everything that matches {} counts as one resource", new.name);
            changes.say(Weight::Strengthens, what);
        }
        (true, false) => {
            let what = format!("what matches {} no longer counts as one resource", new.name);
            changes.say(Weight::Weakens, what);
        }
        (true, true) | (false, false) => {}
    }
}

fn texts<T: std::fmt::Display + Scalar>(list: &List<T>) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}
