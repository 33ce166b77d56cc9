//! The bounds that the format sets for a policy (ledger-schema/record.md). A policy beyond them is void, so that no set
//! of rules can make an exception last for ever, or ask for more occasions than fit in the window.

use super::rules::{RULES, Rules};
use super::value::RuleValue;
use super::wide::WIDE_RULES;
use crate::record::kind::policy::{Expected, Policy};
use crate::value::{Duration, TargetName};

/// The longest time until the review of an expected exception.
const REVIEW_WITHIN: Duration = Duration::of_days(90);
/// The longest lifetime of an expected exception that needs approvals and may not waive a check.
const EXPECTED: Duration = Duration::of_days(366);
/// The longest lifetime of an expected exception that needs no approval, or may waive a check.
const EXPECTED_TO_WAIVE: Duration = Duration::of_days(7);
/// The largest `max_per_window` of an expected exception.
const MAX_PER_WINDOW: u64 = 100;

/// Returns the values of a policy that are beyond the bounds of the format, as (field below `policy`, message).
pub fn beyond_bounds(policy: &Policy) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for rule in WIDE_RULES {
        if let Some(time) = (rule.written)(policy).filter(|time| time.seconds() > rule.longest.seconds()) {
            found.push((rule.field.to_owned(), too_long(time, rule.longest)));
        }
    }
    let all = Rules::of_policy(policy);
    rules(&mut found, "", &all, None);
    for (index, target) in policy.target.iter().enumerate() {
        // A value that a target inherits is reported once, for the policy.
        rules(&mut found, &format!("target[{index}]."), &all.clone().of_target(target), Some(&all));
    }
    for (index, target) in policy.target.iter().enumerate() {
        let is_target = |name: &&TargetName| policy.target.iter().any(|one| one.are_of(name.target()));
        let same = target.formerly.iter().filter(is_target);
        let message = |name| format!("names {name}, which is a target of the same policy");
        found.extend(same.map(|name| (format!("target[{index}].formerly"), message(name))));
    }
    for (index, entry) in policy.expected.iter().enumerate() {
        expected(&mut found, &format!("expected[{index}]"), entry);
    }
    found
}

fn rules(found: &mut Vec<(String, String)>, place: &str, rules: &Rules, inherited: Option<&Rules>) {
    for rule in RULES {
        let value = (rule.value)(rules);
        if inherited.is_some_and(|inherited| (rule.value)(inherited) == value) {
            continue;
        }
        if let (RuleValue::Time(time), Some(longest)) = (value, rule.bound())
            && time.seconds() > longest.seconds()
        {
            found.push((format!("{place}{}", rule.name()), too_long(time, longest)));
        }
    }
    let of = |rules: &Rules| {
        let recurrence = &rules.recurrence;
        let occasions = i128::from(recurrence.threshold.max(1) - 1);
        (occasions, recurrence.same_occasion, recurrence.window)
    };
    if inherited.is_some_and(|inherited| of(inherited) == of(rules)) {
        return;
    }
    let (occasions, apart, window) = of(rules);
    if occasions * i128::from(apart.seconds()) >= i128::from(window.seconds()) {
        found.push((
            format!("{place}recurrence.window"),
            format!(
                "is {window}, too short for {} occasions at least {apart} apart: no exception would ever repeat",
                occasions + 1
            ),
        ));
    }
}

fn expected(found: &mut Vec<(String, String)>, place: &str, entry: &Expected) {
    let (longest, why) = if entry.approvals.value() == 0 {
        (EXPECTED_TO_WAIVE, " without approvals")
    } else if !entry.may_waive.is_empty() {
        (EXPECTED_TO_WAIVE, " for what may waive a check")
    } else {
        (EXPECTED, "")
    };
    if entry.max_lifetime.seconds() > longest.seconds() {
        let message = format!("{}{why}", too_long(entry.max_lifetime, longest));
        found.push((format!("{place}.max_lifetime"), message));
    }
    if entry.review_within.seconds() > REVIEW_WITHIN.seconds() {
        found.push((format!("{place}.review_within"), too_long(entry.review_within, REVIEW_WITHIN)));
    }
    if entry.max_per_window.value() > MAX_PER_WINDOW {
        let message = format!("is {}; at most {MAX_PER_WINDOW} is allowed", entry.max_per_window.value());
        found.push((format!("{place}.max_per_window"), message));
    }
    if entry.window.seconds() < entry.max_lifetime.seconds() {
        let message = format!("is {}, shorter than max_lifetime ({})", entry.window, entry.max_lifetime);
        found.push((format!("{place}.window"), message));
    }
}

fn too_long(value: Duration, longest: Duration) -> String {
    format!("is {value}; at most {longest} is allowed")
}
