//! Patterns: recurring exceptions, and the targets that they block.

use std::collections::BTreeMap;

use serde::Serialize;

use super::escape::escape;
use super::page::{Page, Shown};
use super::style::Style;
use super::table::{NamesRow, NamesTable};
use crate::record::kind::exception::Failure;
use crate::record::kind::policy::TargetRules;
use crate::state::{Cause, ExceptionItem, Overview, State, WholeState};
use crate::value::{Duration, Time};

/// The answer of `patterns`.
#[derive(Debug, Serialize)]
pub struct PatternsView {
    /// The time of the evaluation.
    pub at: String,
    /// The length of the counting window, in days.
    pub days: i64,
    /// The grouping of the table.
    pub by: By,
    /// Every pattern; those that close a target come first.
    pub patterns: Vec<PatternRow>,
    /// The groups of all exceptions, by falling number of recent exceptions; empty if the grouping is by cause.
    pub groups: Vec<GroupRow>,
    /// The most frequent kind of failure, and where to fix it.
    pub direction: Option<Direction>,
    /// Pairs of causes that may be the same under different names.
    pub suspects: Vec<Suspect>,
}

/// The grouping of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// Workflow and root cause: what the gate counts
    Cause,
    /// The automation that failed
    Workflow,
    /// The kind of failure
    Failure,
    /// Where the failure came from
    Origin,
    /// Who or what triggered it
    Identity,
    /// The credential that the trigger used
    Credential,
}

/// A pattern.
#[derive(Debug, Serialize)]
pub struct PatternRow {
    /// The workflow; the first of several, if the policy declares the cause a shared one.
    pub workflow: String,
    /// The other workflows, if the policy declares the cause a shared one.
    pub others: Vec<String>,
    /// The root cause; `untriaged: SYMPTOM` if none is named.
    pub root_cause: String,
    /// Whether the root cause is not named yet.
    pub untriaged: bool,
    /// The number of recent occasions.
    pub recent: usize,
    /// The number of exceptions ever.
    pub all: usize,
    /// The exceptions of the recent occasions; all exceptions if the cause is not named.
    pub exceptions: Vec<String>,
    /// The newest exception.
    pub newest: String,
    /// The time of the first exception.
    pub first: String,
    /// The time of the last exception.
    pub last: String,
    /// The number of occasions in each twelfth of the window, oldest first.
    pub trend: Vec<usize>,
    /// The kind of failure.
    pub failure: Option<String>,
    /// The origin of the failure.
    pub origin: Option<String>,
    /// Targets that the pattern closes to expansion.
    pub closes: Vec<String>,
    /// Targets where one more occasion would make the pattern repeat.
    pub one_short: Vec<String>,
    /// Where to fix this kind of failure.
    pub direction: Option<String>,
}

/// A group of exceptions with a common property.
#[derive(Debug, Serialize)]
pub struct GroupRow {
    /// The common value, e.g. the name of the workflow.
    pub name: String,
    /// The number of exceptions in the window.
    pub recent: usize,
    /// The number of exceptions ever.
    pub all: usize,
    /// The number of exceptions in each twelfth of the window, oldest first.
    pub trend: Vec<usize>,
}

/// The most frequent kind of failure.
#[derive(Debug, Serialize)]
pub struct Direction {
    /// The kind of failure.
    pub failure: String,
    /// Where to fix it.
    pub fix: String,
}

/// Two causes of a workflow that may be the same.
#[derive(Debug, Serialize)]
pub struct Suspect {
    /// The workflow.
    pub workflow: String,
    /// The two causes.
    pub causes: [String; 2],
    /// What is similar: `name` for the names of the causes, `summary` for the summaries of their newest exceptions.
    pub alike: String,
    /// The newest exception of each cause.
    pub exceptions: [String; 2],
}

/// The number of columns in a trend.
const TREND_COLUMNS: usize = 12;

impl PatternsView {
    /// Makes the view of the patterns that close a target at `now`, or had an occasion in the window before `now`.
    pub fn recent(state: &State, now: Time) -> Self {
        let mut found = state.patterns_at(now).overview;
        found.retain(|pattern| !pattern.repeats_on.is_empty() || !pattern.recent.is_empty());
        Self::of(&found, state, By::Cause, now)
    }

    /// Makes the view of all patterns, and of the groups of all exceptions.
    pub fn all(whole: &WholeState, by: By, now: Time) -> Self {
        let state = whole.state();
        let found = state.patterns_at(now).overview;
        let groups = if by == By::Cause { Vec::new() } else { groups(whole, by, window(state), now) };
        Self { groups, ..Self::of(&found, state, by, now) }
    }

    /// Adds the pairs of causes that may be the same under two names.
    #[must_use]
    pub fn with_suspects(self, whole: &WholeState, now: Time) -> Self {
        let state = whole.state();
        let found = state.patterns_at(now).overview;
        Self { suspects: suspects(state, &found), ..self }
    }

    fn of(found: &[Overview], state: &State, by: By, now: Time) -> Self {
        let window = window(state);
        Self {
            at: now.to_string(),
            days: window.seconds() / 86_400,
            by,
            patterns: found.iter().map(|pattern| row(pattern, window, now)).collect(),
            groups: Vec::new(),
            direction: most_frequent(found),
            suspects: Vec::new(),
        }
    }
}

/// Returns the longest window of all targets. The strictest rules have it, because a longer window is stricter.
fn window(state: &State) -> Duration {
    let targets = state.policy.targets().iter().map(TargetRules::target).collect();
    state.policy.strictest(&targets).recurrence.window
}

fn row(pattern: &Overview, window: Duration, now: Time) -> PatternRow {
    PatternRow {
        workflow: pattern.workflow.to_string(),
        others: pattern.others.iter().map(ToString::to_string).collect(),
        root_cause: pattern.cause.to_string(),
        untriaged: matches!(pattern.cause, Cause::Untriaged(_)),
        recent: pattern.recent.len(),
        all: pattern.exceptions,
        exceptions: pattern.ids.iter().map(ToString::to_string).collect(),
        newest: pattern.newest.to_string(),
        first: pattern.first.to_string(),
        last: pattern.last.to_string(),
        trend: trend(pattern.recent.iter().map(|occasion| occasion.at), window, now),
        failure: pattern.failure.map(|failure| failure.to_string()),
        origin: pattern.origin.map(|origin| origin.to_string()),
        closes: pattern.repeats_on.iter().map(ToString::to_string).collect(),
        one_short: pattern.one_short_on.iter().map(ToString::to_string).collect(),
        direction: pattern.failure.map(|failure| failure.direction().to_owned()),
    }
}

fn trend(times: impl Iterator<Item = Time>, window: Duration, now: Time) -> Vec<usize> {
    let mut columns = vec![0; TREND_COLUMNS];
    let length = window.seconds().max(1);
    let most = i64::try_from(TREND_COLUMNS).unwrap_or(1);
    for at in times {
        let age = now.since(at).clamp(0, length);
        let column = usize::try_from((length - age) * most / length).unwrap_or(0).min(TREND_COLUMNS - 1);
        if let Some(column) = columns.get_mut(column) {
            *column += 1;
        }
    }
    columns
}

fn groups(state: &WholeState, by: By, window: Duration, now: Time) -> Vec<GroupRow> {
    let mut groups: BTreeMap<String, (usize, Vec<Time>)> = BTreeMap::new();
    for item in state.exceptions().iter().filter(|item| !item.is_struck()) {
        let (all, recent) = groups.entry(key(item, by)).or_default();
        *all += 1;
        if now.since(item.counts_at()) < window.seconds() {
            recent.push(item.counts_at());
        }
    }
    let mut rows: Vec<GroupRow> = groups
        .into_iter()
        .map(|(name, (all, times))| GroupRow {
            name,
            recent: times.len(),
            all,
            trend: trend(times.into_iter(), window, now),
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.recent, row.all)));
    rows
}

fn key(item: &ExceptionItem, by: By) -> String {
    let trigger = &item.says.exception.trigger.0;
    match by {
        By::Cause => item.cause().to_string(),
        By::Workflow => item.workflow().to_string(),
        By::Failure => item.failure().map_or("not named".to_owned(), |failure| failure.to_string()),
        By::Origin => item.origin().map_or("not named".to_owned(), |origin| origin.to_string()),
        By::Identity => trigger.identity.to_string(),
        By::Credential => trigger.credential.as_ref().map_or("none named".to_owned(), ToString::to_string),
    }
}

fn most_frequent(patterns: &[Overview]) -> Option<Direction> {
    let mut counts: BTreeMap<Failure, usize> = BTreeMap::new();
    for pattern in patterns {
        if let Some(failure) = pattern.failure {
            *counts.entry(failure).or_default() += pattern.recent.len();
        }
    }
    let (failure, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count > 0).then(|| Direction { failure: failure.to_string(), fix: failure.direction().to_owned() })
}

/// Finds, within each workflow, the pairs of causes with similar names, or with similar summaries of their newest
/// exceptions.
fn suspects(state: &State, patterns: &[Overview]) -> Vec<Suspect> {
    let newest = |pattern: &Overview| state.exception(&pattern.newest);
    let mut found = Vec::new();
    for (index, one) in patterns.iter().enumerate() {
        for other in patterns.iter().skip(index + 1).filter(|other| other.workflow == one.workflow) {
            let (Some(a), Some(b)) = (newest(one), newest(other)) else { continue };
            let (first, second) = (one.cause.to_string(), other.cause.to_string());
            let names = crate::likeness::are_alike(&first, &second);
            let texts = crate::likeness::are_alike(
                a.says.exception.summary.as_str(),
                b.says.exception.summary.as_str(),
            );
            if names || texts {
                found.push(Suspect {
                    workflow: one.workflow.to_string(),
                    causes: [first, second],
                    alike: if names { "name" } else { "summary" }.to_owned(),
                    exceptions: [a.id.to_string(), b.id.to_string()],
                });
            }
        }
    }
    found
}

/// Renders a trend as a bar chart: one character for each column, a space for an empty column.
fn bar(trend: &[usize]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = trend.iter().copied().max().unwrap_or(0).max(1);
    let character = |count: &usize| match count {
        0 => ' ',
        count => BARS.get((count * BARS.len()).div_ceil(most) - 1).copied().unwrap_or('█'),
    };
    trend.iter().map(character).collect()
}

/// Renders the patterns as text. Old patterns that close no target are shown only with [`Shown::All`].
pub fn patterns_text(view: &PatternsView, shown: Shown) -> Page {
    let mut page = Page::default();
    if view.by == By::Cause {
        causes(&mut page, view, shown);
    } else {
        grouped(&mut page, view);
    }
    if let Some(direction) = &view.direction {
        page.gap();
        page.wrapped("", &format!("{} is the most frequent. {}", direction.failure, direction.fix));
    }
    let needs_work = |row: &&PatternRow| !row.closes.is_empty() || (row.untriaged && row.recent > 0);
    for pattern in view.patterns.iter().filter(needs_work).take(3) {
        if pattern.untriaged {
            // All exceptions of the symptom must be named together, or the triage needs an approval.
            let short = |id: &String| id.chars().take(8).collect();
            let mut words = ["countersign", "triage"].map(str::to_owned).to_vec();
            words.extend(pattern.exceptions.iter().map(short));
            words.extend(["--root-cause", "…", "--reason", "…"].map(str::to_owned));
            page.command("next: ", &words);
        } else {
            let words = [
                "countersign",
                "record",
                "redesign",
                "--workflow",
                &pattern.workflow,
                "--root-cause",
                &pattern.root_cause,
            ];
            page.command("next: ", &words.map(str::to_owned));
        }
    }
    if !view.suspects.is_empty() {
        page.gap();
        page.line("may be the same under different names");
        for suspect in &view.suspects {
            let [one, other] = &suspect.causes;
            let text = format!("{one} and {other} (their {} is alike)", suspect.alike);
            page.wrapped(&format!("  {}: ", suspect.workflow), &escape(&text));
        }
        page.wrapped("", "To merge two causes: countersign triage, or `same_cause` in the policy.");
    }
    page
}

fn causes(page: &mut Page, view: &PatternsView, shown: Shown) {
    let is_shown = |row: &&PatternRow| shown == Shown::All || row.recent > 0 || !row.closes.is_empty();
    let rows: Vec<&PatternRow> = view.patterns.iter().filter(is_shown).collect();
    if rows.is_empty() {
        page.line(format!("no exception in the last {} days", view.days));
        return;
    }
    let days = format!("{} days", view.days);
    let head = ["workflow", "root cause"].map(str::to_owned).to_vec();
    let mut table = NamesTable::default();
    table.rows.push(NamesRow { names: head, rest: format!("{days:<12}   n  failure"), below: None });
    for row in rows {
        let workflows = std::iter::once(&row.workflow).chain(&row.others).cloned();
        let workflows = workflows.collect::<Vec<String>>().join(" + ");
        let failure = row.failure.as_deref().unwrap_or("not named");
        let closes = format!("  {} ", Style::Bad.paint("closes"));
        table.rows.push(NamesRow {
            names: vec![workflows, escape(&row.root_cause)],
            rest: format!("{:<12} {:>3}  {failure}", bar(&row.trend), row.recent),
            below: (!row.closes.is_empty()).then(|| (closes, row.closes.join(", "))),
        });
    }
    page.table(table);
}

fn grouped(page: &mut Page, view: &PatternsView) {
    let days = format!("{} days", view.days);
    let by = match view.by {
        By::Cause => "root cause",
        By::Workflow => "workflow",
        By::Failure => "failure",
        By::Origin => "origin",
        By::Identity => "identity",
        By::Credential => "credential",
    };
    let mut table = NamesTable::default();
    let row = |name: String, rest: String| NamesRow { names: vec![name], rest, below: None };
    table.rows.push(row(by.to_owned(), format!("{days:<12}    n  ever")));
    for group in &view.groups {
        let rest = format!("{:<12} {:>4} {:>5}", bar(&group.trend), group.recent, group.all);
        table.rows.push(row(escape(&group.name), rest));
    }
    page.table(table);
    if view.groups.is_empty() {
        page.line("no exception is recorded");
    }
}
