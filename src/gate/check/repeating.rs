//! `no-repeating-exceptions`: no pattern repeats on the target, unless a redesign of that pattern is on its way. The
//! check also finds too many occasions on the target, and groups of patterns that would repeat if they were one
//! pattern.

use super::many_occasions::too_many;
use super::repetition::{MOST_NAMED, RepetitionFound, exceptions, triage};
use super::together::groups;
use crate::finding::CheckCode;
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, Next, more, outcome};
use crate::record::kind::policy::Mode;
use crate::record::kind::receipt::Outcome;
use crate::record::kind::redesign::ChangeKind;
use crate::state::{ApprovalStatus, Cause, ExceptionItem, Pattern, RedesignItem};
use crate::value::{RecordId, Time};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    let mut findings: Vec<RepetitionFound> =
        given.patterns.iter().map(|pattern| evaluate(given, pattern)).collect();
    let is_settled = |pattern: &Pattern| is_on_its_way(given, pattern);
    findings.extend(too_many(given, &is_settled));
    findings.extend(groups(given, &is_settled));
    findings.retain(|finding| finding.result != Outcome::Pass);
    // Failures come before warnings.
    findings.sort_by_key(|finding| finding.result != Outcome::Fail);
    let Some(worst) = findings.first() else {
        let found = "no root cause keeps coming back";
        return outcome(CheckCode::NO_REPEATING_EXCEPTIONS, Outcome::Pass, found).into();
    };
    let mut check = outcome(CheckCode::NO_REPEATING_EXCEPTIONS, worst.result, worst.found.clone());
    check.next = findings.iter().find_map(|finding| finding.next.clone());
    for (index, finding) in findings.iter().enumerate() {
        if index > 0 {
            check.details.push(finding.found.clone());
        }
        check.details.extend(finding.details.iter().cloned());
    }
    check.with_records(findings.iter().flat_map(|finding| finding.records.iter().copied())).into()
}

fn evaluate(given: &Examination<'_>, pattern: &Pattern) -> RepetitionFound {
    let rules = &given.rules.recurrence;
    let now = given.facts.now;
    let records = exceptions([pattern]);
    let name = pattern.name();
    let happened = pattern.occasions.iter().map(|occasion| occasion.happened_at);
    let (first, last) = (happened.clone().min(), happened.max());
    let span = first.zip(last).map_or(0, |(first, last)| last.since(first) / 86_400);
    let count = pattern.occasions.len();
    if !pattern.repeats {
        let recent = pattern.recent(rules, now);
        let is_enough = u64::try_from(recent).unwrap_or(u64::MAX) >= rules.warn_at.max(1);
        let warns = is_enough && given.recent(pattern).any(|one| given.is_touching(one));
        let result = if warns { Outcome::Warn } else { Outcome::Pass };
        let within = format!("within {}", rules.window);
        let is_next = u64::try_from(recent + 1).is_ok_and(|next| next >= rules.threshold);
        let found = match (rules.mode, is_next) {
            (Mode::Enforce, true) => {
                format!("{name}: {recent} occasions {within}; one more closes {}", given.question.target)
            }
            (Mode::Enforce | Mode::Warn, _) => format!("{name}: {recent} of {} {within}", rules.threshold),
        };
        return RepetitionFound { result, found, details: Vec::new(), records, next: None };
    }
    let found = format!("{name}: {count} in {}", crate::value::count(span.max(1), "day"));
    let mut finding =
        RepetitionFound { result: Outcome::Fail, found, details: lines(given, pattern), records, next: None };
    resolve(given, pattern, &mut finding);
    finding.in_mode(rules.mode)
}

/// Returns those redesigns of a pattern that are for the target and newer than the pattern's last failure there
/// ([`State::is_newer`](crate::state::State::is_newer)). They are in the order of their positions.
fn newer_redesigns<'a>(given: &Examination<'a>, pattern: &Pattern) -> Vec<&'a RedesignItem> {
    let (state, target) = (given.state, &given.question.target);
    let newer = |redesign: &&RedesignItem| state.is_newer(redesign, pattern, target);
    let Cause::Named(cause) = &pattern.cause else { return Vec::new() };
    let covers = |redesign: &&RedesignItem| state.is_of(redesign, pattern, target);
    let of_cause = state.redesigns_of(&pattern.workflow, cause).into_iter();
    of_cause.filter(newer).filter(covers).collect()
}

/// Whether a redesign of a pattern is on its way. Such a redesign is approved, and newer than the pattern's last
/// failure on the target. It is contained in the commit, it is in force, or it makes the pattern understood.
pub(super) fn is_on_its_way(given: &Examination<'_>, pattern: &Pattern) -> bool {
    newer_redesigns(given, pattern).into_iter().any(|redesign| {
        let approved = redesign.approvals.effect().is_some_and(|effect| effect.at <= given.facts.now);
        let in_force = redesign.in_force_from().is_some_and(|from| from <= given.facts.now);
        approved
            && (in_force || given.is_contained(redesign) || understood(given, pattern, redesign).is_some())
    })
}

/// Updates the finding about a repeating pattern according to the pattern's redesigns. An approved redesign that is
/// contained in the commit or in force resolves the pattern. One that only makes the pattern understood turns the
/// failure into a warning.
fn resolve(given: &Examination<'_>, pattern: &Pattern, finding: &mut RepetitionFound) {
    let redesigns = newer_redesigns(given, pattern);
    let approved = |redesign: &&RedesignItem| {
        redesign.approvals.effect().is_some_and(|effect| effect.at <= given.facts.now)
    };
    for redesign in redesigns.iter().copied().filter(|redesign| approved(redesign)) {
        let in_force = redesign.in_force_from().is_some_and(|from| from <= given.facts.now);
        if in_force || given.is_contained(redesign) {
            let how = if in_force { "is in force" } else { "is contained in the commit" };
            finding.result = Outcome::Pass;
            finding.details = vec![format!("redesign {} {how}", redesign.id.short())];
            finding.records.push(redesign.id);
            return;
        }
    }
    if let Some((redesign, until)) =
        redesigns.iter().find_map(|redesign| understood(given, pattern, redesign))
    {
        let days = (until.since(given.facts.now) + 86_399) / 86_400;
        finding.result = Outcome::Warn;
        finding.details.push(format!(
            "understood: redesign {} is approved, and has {} left, until {until}",
            redesign.short(),
            crate::value::count(days, "day")
        ));
        if redesigns.iter().any(|one| one.id == redesign && one.says.change == ChangeKind::Code) {
            finding.details.extend(squash_merged(given, &redesign.short()));
        }
        finding.records.push(redesign);
        return;
    }
    finding.details.extend(going_on(given, pattern));
    if let Some(failed) = pattern.failed.filter(|_| redesigns.is_empty()) {
        finding.details.push(format!("redesign {} has failed: the cause came back after it", failed.short()));
    }
    if let Some(redesign) = redesigns.last() {
        waiting(given, redesign, finding);
    }
    finding.next = Some(next(given, pattern));
}

/// Returns advice for a pattern that looks like one long outage, because each occasion began less than twice
/// `same_occasion` after the one before. The later failures can be recorded as duplicates of the first. If a third
/// party has to act, the policy can have an entry for the exception, which is then an expected one.
fn going_on(given: &Examination<'_>, pattern: &Pattern) -> Vec<String> {
    let longest = given.rules.recurrence.same_occasion.seconds().saturating_mul(2);
    let starts: Vec<Time> = pattern.occasions.iter().map(|occasion| occasion.at).collect();
    let is_one = starts.windows(2).all(|pair| matches!(pair, [one, next] if next.since(*one) < longest));
    let all = exceptions([pattern]);
    let (Some((first, others)), true) = (all.split_first(), is_one && starts.len() > 1) else {
        return Vec::new();
    };
    let first = first.short();
    let mut lines = Vec::new();
    if others.len() > MOST_NAMED {
        lines.push(format!(
            "If this is one outage that goes on, its later failures are duplicates of {first}."
        ));
    } else {
        let ids: Vec<String> = others.iter().map(RecordId::short).collect();
        lines.push("If this is one outage that goes on, its later failures are duplicates:".to_owned());
        lines.push(format!("countersign triage {} --duplicate-of {first}", ids.join(" ")));
    }
    let expected =
        "If somebody else has to act, add an expected entry of the type third-party-handoff to the policy.";
    lines.push(expected.to_owned());
    lines
}

/// Returns the id of a redesign, and the time until which this redesign makes a pattern understood. `None` if it does
/// not make the pattern understood.
fn understood(
    given: &Examination<'_>,
    pattern: &Pattern,
    redesign: &RedesignItem,
) -> Option<(RecordId, Time)> {
    let until = given.state.understood(redesign, pattern, &given.question.target, given.facts.now)?;
    Some((redesign.id, until))
}

/// Adds to the finding why a redesign does not resolve the pattern, or not yet.
fn waiting(given: &Examination<'_>, redesign: &RedesignItem, finding: &mut RepetitionFound) {
    let short = redesign.id.short();
    finding.records.push(redesign.id);
    match redesign.approvals.status() {
        ApprovalStatus::Undecided { missing } => {
            finding.details.push(format!("redesign {short} waits for {}", more(missing, "approval")));
        }
        ApprovalStatus::Rejected { by } | ApprovalStatus::Ended { by, .. } => {
            finding.details.push(format!("redesign {short} was rejected by {by}"));
        }
        ApprovalStatus::InEffect(_) if redesign.says.change != ChangeKind::Code => {
            let from = redesign.in_force_from().map(|from| format!(" from {from} on")).unwrap_or_default();
            finding.details.push(format!("redesign {short} is approved, and in force{from}"));
        }
        ApprovalStatus::InEffect(_) => {
            let target = &given.question.target;
            let missing = redesign
                .says
                .commit
                .iter()
                .filter(|commit| !given.facts.contains(given.state, target, redesign, commit));
            let missing: Vec<_> = missing.map(|commit| commit.id.short().to_owned()).collect();
            let is_missing = !missing.is_empty();
            finding.details.push(if missing.is_empty() {
                format!(
                    "redesign {short} is in the commit, but does not count: each of its commits was part of what was allowed on {target} before the last occasion, or changes no path of {target}"
                )
            } else {
                format!("redesign {short} is approved; the commit lacks {}", missing.join(", "))
            });
            if is_missing {
                finding.details.extend(squash_merged(given, &short));
            }
        }
    }
}

/// Returns advice for a redesign whose commits are missing from the commit to be deployed. Its change may have been
/// squash-merged, and then it is there as another commit.
fn squash_merged(given: &Examination<'_>, redesign: &str) -> [String; 2] {
    let commit = given.question.commit.short();
    [
        "If its change was squash-merged into this commit, say so:".to_owned(),
        format!("countersign record redesign --like {redesign} --commit {commit}"),
    ]
}

/// Returns the command to run next for an unresolved pattern. It approves or shows the newest redesign, records a new
/// redesign, or names the cause of an untriaged pattern.
pub(super) fn next(given: &Examination<'_>, pattern: &Pattern) -> Next {
    let Some(newest) = newer_redesigns(given, pattern).pop() else { return record(given, pattern) };
    let short = newest.id.short();
    match newest.approvals.status() {
        ApprovalStatus::Undecided { .. } => Next::countersign(&["approve", &short]),
        ApprovalStatus::InEffect(_) if !given.is_new(newest) => record(given, pattern),
        ApprovalStatus::InEffect(_) => Next::countersign(&["show", &short]),
        ApprovalStatus::Rejected { .. } | ApprovalStatus::Ended { .. } => record(given, pattern),
    }
}

/// Returns the command that records a redesign of a pattern. For an untriaged pattern, returns the command that names
/// its cause.
fn record(given: &Examination<'_>, pattern: &Pattern) -> Next {
    let Cause::Named(cause) = &pattern.cause else { return name(pattern) };
    let target = given.target_name();
    let (workflow, cause) = (pattern.workflow.as_str(), cause.as_str());
    Next::countersign(&["record", "redesign", &target, "--workflow", workflow, "--root-cause", cause])
}

/// Returns one command that names the cause of all exceptions of an untriaged pattern. If there are too many exceptions
/// for one command, returns the command that lists patterns.
fn name(pattern: &Pattern) -> Next {
    let all = exceptions([pattern]);
    if all.len() > MOST_NAMED { Next::countersign(&["patterns"]) } else { triage(&all, None, None) }
}

/// Returns a line for each of the latest occasions, and a last line with advice on fixing the cause.
fn lines(given: &Examination<'_>, pattern: &Pattern) -> Vec<String> {
    let latest = pattern.latest();
    let firsts: Vec<&ExceptionItem> = latest.filter_map(|occasion| given.state.first_of(occasion)).collect();
    let mut lines: Vec<String> = firsts
        .iter()
        .map(|item| {
            let exception = &item.says.exception;
            format!(
                "{}  {}  {}  {}",
                item.happened_at().brief(),
                item.id.short(),
                exception.trigger.0.identity,
                exception.summary
            )
        })
        .collect();
    let failure = firsts.iter().rev().find_map(|item| item.failure());
    lines.push(match failure {
        Some(failure) => format!("{} Another override will not do it.", failure.direction()),
        None => "Find the cause; another override will not do it.".to_owned(),
    });
    lines
}
