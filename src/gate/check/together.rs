//! Groups of patterns that would repeat if they were one pattern. A group has the same cause under several workflows,
//! causes of one workflow that look alike, or the untriaged exceptions of one workflow. The gate warns of each group
//! once, and says how to join its patterns.

use std::collections::BTreeMap;

use super::repetition::{RepetitionFound, exceptions, triage};
use crate::gate::examination::Examination;
use crate::gate::outcome::Next;
use crate::likeness::are_alike;
use crate::record::kind::receipt::Outcome;
use crate::state::{Cause, Pattern};
use crate::value::{RootCause, WorkflowName};

/// Puts the patterns that count on the target into groups, and returns a warning for each group whose patterns would
/// reach the threshold together. A pattern is in no group if it repeats on its own, has no recent occasion, or
/// `is_settled` holds for it.
pub(super) fn groups(given: &Examination<'_>, is_settled: &dyn Fn(&Pattern) -> bool) -> Vec<RepetitionFound> {
    let all = given.patterns.iter().chain(given.other_patterns.iter());
    let has_recent = |pattern: &Pattern| pattern.recent(&given.rules.recurrence, given.facts.now) > 0;
    let is_open = |pattern: &&Pattern| !pattern.repeats && has_recent(pattern) && !is_settled(pattern);
    let open: Vec<&Pattern> = all.filter(is_open).collect();
    let mut found: Vec<RepetitionFound> = Vec::new();
    for (cause, patterns) in by_cause(&open) {
        // The command moves the exceptions of the other patterns to the workflow of the first one. Such a triage takes
        // effect only with the approvals that the policy requires for triages.
        let ids = exceptions(patterns.iter().skip(1).copied());
        let join =
            patterns.first().map(|first| triage(&ids, Some(first.workflow.as_str()), Some(cause.as_str())));
        let line = format!(
            "to count them as one, add a table [[policy.shared_cause]] with root_cause = \"{cause}\" to the policy"
        );
        let what = format!("{cause} in {}", workflows(&patterns));
        found.extend(group(given, &patterns, &what, Some(line), join));
    }
    for patterns in alike(&of_workflows_with_enough(given, &open)) {
        let names: Vec<String> = patterns.iter().map(|pattern| pattern.cause.to_string()).collect();
        let also: Vec<String> = names.iter().skip(1).map(|name| format!("\"{name}\"")).collect();
        let line = names.first().map(|is| {
            format!(
                "to count them as one, add a table [[policy.same_cause]] with is = \"{is}\" and also = [{}] to the policy",
                also.join(", ")
            )
        });
        let what = format!("{} / {}", workflows(&patterns), names.join(", "));
        found.extend(group(given, &patterns, &what, line, None));
    }
    for (workflow, patterns) in untriaged(&open) {
        let next = triage(&exceptions(patterns.iter().copied()), None, None);
        found.extend(group(given, &patterns, &format!("{workflow} / untriaged"), None, Some(next)));
    }
    found
}

/// Returns a warning about a group. `None` if the group is a single pattern, if its patterns would not reach the
/// threshold together, or if none of their recent occasions touches the target.
fn group(
    given: &Examination<'_>,
    patterns: &[&Pattern],
    what: &str,
    line: Option<String>,
    next: Option<Next>,
) -> Option<RepetitionFound> {
    let rules = &given.rules.recurrence;
    let occasions: usize = patterns.iter().map(|pattern| pattern.recent(rules, given.facts.now)).sum();
    let is_enough = u64::try_from(occasions).unwrap_or(u64::MAX) >= rules.threshold.max(1);
    let mut recent = patterns.iter().flat_map(|pattern| given.recent(pattern));
    if patterns.len() < 2 || !is_enough || !recent.any(|one| given.is_touching(one)) {
        return None;
    }
    let number = patterns.len();
    let found =
        format!("{what}: {occasions} occasions of {number} patterns would repeat if they were one pattern");
    let records = exceptions(patterns.iter().copied());
    Some(RepetitionFound { result: Outcome::Warn, found, details: line.into_iter().collect(), records, next })
}

fn by_cause<'a>(open: &[&'a Pattern]) -> BTreeMap<&'a RootCause, Vec<&'a Pattern>> {
    let mut found: BTreeMap<&RootCause, Vec<&Pattern>> = BTreeMap::new();
    for pattern in open {
        if let Cause::Named(cause) = &pattern.cause {
            found.entry(cause).or_default().push(pattern);
        }
    }
    found
}

fn untriaged<'a>(open: &[&'a Pattern]) -> BTreeMap<&'a WorkflowName, Vec<&'a Pattern>> {
    let mut found: BTreeMap<&WorkflowName, Vec<&Pattern>> = BTreeMap::new();
    for pattern in open.iter().filter(|pattern| matches!(pattern.cause, Cause::Untriaged(_))) {
        found.entry(&pattern.workflow).or_default().push(pattern);
    }
    found
}

/// Returns the patterns of those workflows in which the patterns with a named cause would reach the threshold together.
/// Comparing names takes time, so the causes of other workflows are not compared.
fn of_workflows_with_enough<'a>(given: &Examination<'_>, open: &[&'a Pattern]) -> Vec<&'a Pattern> {
    let rules = &given.rules.recurrence;
    let mut occasions: BTreeMap<&WorkflowName, usize> = BTreeMap::new();
    for pattern in open.iter().filter(|pattern| matches!(pattern.cause, Cause::Named(_))) {
        *occasions.entry(&pattern.workflow).or_default() += pattern.recent(rules, given.facts.now);
    }
    let has_enough = |pattern: &&&Pattern| {
        let occasions = occasions.get(&pattern.workflow).copied().unwrap_or(0);
        u64::try_from(occasions).unwrap_or(u64::MAX) >= rules.threshold.max(1)
    };
    open.iter().filter(has_enough).copied().collect()
}

/// Puts the patterns of each workflow that have a named cause into groups by causes that look alike. In a group of
/// several patterns, each cause looks like at least one other cause of the group.
fn alike<'a>(open: &[&'a Pattern]) -> Vec<Vec<&'a Pattern>> {
    let mut groups: Vec<Vec<&Pattern>> = Vec::new();
    for pattern in open.iter().filter(|pattern| matches!(pattern.cause, Cause::Named(_))) {
        let name = pattern.cause.to_string();
        let is_like = |other: &&Pattern| {
            other.workflow == pattern.workflow && are_alike(&other.cause.to_string(), &name)
        };
        let (like, rest): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.iter().any(is_like));
        let mut joined: Vec<&Pattern> = like.into_iter().flatten().collect();
        joined.push(pattern);
        groups = rest;
        groups.push(joined);
    }
    groups
}

fn workflows(patterns: &[&Pattern]) -> String {
    let mut names: Vec<&str> = patterns.iter().map(|pattern| pattern.workflow.as_str()).collect();
    names.dedup();
    names.join(", ")
}
