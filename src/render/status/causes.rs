//! Why targets are blocked or warned: each cause once, with all targets for which it holds.

use super::super::escape::escape;
use super::super::gate::{CheckView, next_step};
use super::super::page::Page;
use super::super::style::Style;
use super::TargetStatus;
use crate::value::listed;

/// A cause, and the targets for which it holds.
struct CauseOf<'a> {
    check: &'a CheckView,
    found: String,
    targets: Vec<&'a TargetStatus>,
}

/// The maximum number of targets that are listed for a cause.
const MAX_TARGETS: usize = 12;

/// Adds every cause of the targets.
pub(super) fn causes(page: &mut Page, targets: &[TargetStatus]) {
    let mut causes: Vec<CauseOf<'_>> = Vec::new();
    for target in targets {
        for check in &target.because {
            let found = about_it(&check.found, target);
            let is_same = |cause: &&mut CauseOf<'_>| {
                let one = cause.targets.first().map(|first| next_of(cause.check, first));
                cause.check.code == check.code
                    && cause.check.result == check.result
                    && cause.found == found
                    && cause.check.records == check.records
                    && one.is_none_or(|one| one == next_of(check, target))
            };
            match causes.iter_mut().find(is_same) {
                Some(cause) => cause.targets.push(target),
                None => causes.push(CauseOf { check, found, targets: vec![target] }),
            }
        }
    }
    if !causes.is_empty() {
        page.gap();
        page.line("why");
    }
    for cause in causes {
        one(page, &cause, targets.len());
    }
}

/// Returns a finding with the word `it` in place of the target's name, so that equal findings on several targets become
/// one cause.
fn about_it(found: &str, target: &TargetStatus) -> String {
    found.replace(&format!("{} in {}", target.service, target.environment), "it")
}

/// Returns the next step of a check without the name of its target.
fn next_of(check: &CheckView, target: &TargetStatus) -> Vec<String> {
    let words = check.next.iter().flatten();
    words.filter(|word| **word != target.name()).cloned().collect()
}

fn one(page: &mut Page, cause: &CauseOf<'_>, all: usize) {
    let (mark, style) = if cause.check.result == "warn" { ("!", Style::Warn) } else { ("✗", Style::Bad) };
    let first = format!("  {} {:<25}", style.paint(mark), cause.check.code);
    let found = if cause.targets.len() == 1 { &cause.check.found } else { &cause.found };
    page.wrapped(&first, &escape(found));
    if all > 1 {
        let names = cause.targets.iter().map(|target| target.name());
        page.wrapped("      ", &format!("on {}", listed(names, MAX_TARGETS)));
    }
    next_step(page, &with_every_target(cause), "      ");
}

/// Returns the check of a cause with a next step that names all targets of the cause. The step stays as it is if no
/// single record can cover exactly these targets. A record names services and environments, and covers each of these
/// services in each of these environments.
fn with_every_target(cause: &CauseOf<'_>) -> CheckView {
    let mut check = cause.check.clone();
    let [first, others @ ..] = cause.targets.as_slice() else { return check };
    let is_named = |service: &str, environment: &str| {
        cause.targets.iter().any(|one| one.service == service && one.environment == environment)
    };
    let is_product = cause
        .targets
        .iter()
        .all(|one| cause.targets.iter().all(|other| is_named(&one.service, &other.environment)));
    let at = check.next.as_ref().and_then(|next| next.iter().position(|word| *word == first.name()));
    if let (Some(next), Some(at), true) = (&mut check.next, at, is_product) {
        next.splice(at + 1..=at, others.iter().map(|target| target.name()));
    }
    check
}
