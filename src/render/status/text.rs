//! The status page as text.

use super::super::escape::escape;
use super::super::page::Page;
use super::super::style::Style;
use super::super::todo::Todo;
use super::alike::Alike;
use super::causes::causes;
use super::{StatusView, TargetStatus};
use crate::value::{MemberName, count, listed};

/// Renders the tasks of the asking member as text.
pub fn tasks_text(view: &StatusView) -> Page {
    let mut page = Page::default();
    todos(&mut page, &view.needs_you, Names::Hidden);
    if view.needs_you.is_empty() {
        page.line("nothing waits for you");
    }
    page
}

/// Renders the page as text: what the asking member can do, then the status of the targets and its causes, then what
/// others have to do, then the rest. `me` is the asking member.
pub fn status_text(view: &StatusView, me: Option<&MemberName>) -> Page {
    let mut page = Page::default();
    if let Some(me) = me.filter(|_| !view.needs_you.is_empty()) {
        page.line(format!("needs you ({me})"));
        todos(&mut page, &view.needs_you, Names::Hidden);
        page.gap();
    }
    if let Some(commit) = &view.commit {
        let title = view.title.as_deref().map(|title| format!(" \"{}\"", escape(title))).unwrap_or_default();
        page.columns("", &format!("if {}{title} were deployed now", short(commit)));
    }
    Alike::groups(&view.targets).iter().for_each(|group| targets(&mut page, group));
    if view.targets.is_empty() {
        page.line("the policy in force has no target");
    }
    causes(&mut page, &view.targets);
    if !view.needs_others.is_empty() {
        page.gap();
        page.line("needs others");
        todos(&mut page, &view.needs_others, Names::Shown);
    }
    redesigns(&mut page, view);
    if !view.soon.is_empty() {
        page.gap();
        page.line("soon");
        for soon in &view.soon {
            page.wrapped(&format!("  {}  ", soon.time.brief()), &escape(&soon.what));
        }
    }
    if !view.watch.is_empty() {
        page.gap();
        page.line("to watch");
        view.watch.iter().for_each(|line| page.wrapped("  ", &escape(line)));
    }
    since(&mut page, view);
    foot(&mut page, view);
    page
}

/// Adds how many records only this clone has, how many are in the outbox, and why duties are not separated.
fn foot(page: &mut Page, view: &StatusView) {
    if view.local > 0 || view.outbox > 0 || !view.duties.is_empty() {
        page.gap();
    }
    if view.local > 0 {
        page.line(format!("{} only in this clone; next: countersign sync", count(view.local, "record")));
    }
    if view.outbox > 0 {
        page.line(format!("{} in the outbox; next: countersign outbox", count(view.outbox, "record")));
    }
    for duty in &view.duties {
        page.wrapped("note: ", duty);
    }
}

fn short(commit: &str) -> String {
    commit.get(..7).unwrap_or(commit).to_owned()
}

/// The maximum number of targets that the line of a group names.
const MAX_ALIKE: usize = 20;

fn targets(page: &mut Page, group: &Alike<'_>) {
    let Some(first) = group.targets.first() else { return };
    let style = match first.standing.as_str() {
        "ready" => Style::Good,
        "warned" => Style::Warn,
        _ => Style::Bad,
    };
    let gap = " ".repeat(11_usize.saturating_sub(first.standing.len()));
    let names = listed(group.targets.iter().map(|target| target.name()), MAX_ALIKE);
    let codes: Vec<&str> = first.because.iter().map(|check| check.code.as_str()).collect();
    let codes = if codes.is_empty() { String::new() } else { format!(": {}", codes.join(", ")) };
    page.wrapped(&format!("{}{gap}", style.paint(&first.standing)), &format!("{names}{codes}"));
    if let [only] = group.targets.as_slice() {
        history(page, only);
    }
}

/// Adds what runs on a target, what a rollback would do, and how the target's deployments went.
fn history(page: &mut Page, target: &TargetStatus) {
    const INDENT: &str = "           ";
    let result = |commit: &str| match target.result.as_deref() {
        None | Some("succeeded") if target.unchanged => {
            format!("{} runs there already, confirmed", short(commit))
        }
        None | Some("succeeded") => format!("{} runs, confirmed", short(commit)),
        Some("rolled-back") => format!("{} ran, and was rolled back", short(commit)),
        Some(result) => format!("{} ran, and is reported as {result}", short(commit)),
    };
    let receipt: String = target.unconfirmed_receipt.as_deref().unwrap_or_default().chars().take(8).collect();
    let allowed = |commit: &str| format!("{} was allowed by receipt {receipt}, not confirmed", short(commit));
    match (&target.runs, &target.unconfirmed) {
        (Some(runs), None) => page.wrapped(INDENT, &result(runs)),
        (Some(runs), Some(newer)) => {
            page.wrapped(INDENT, &format!("{}; {}", result(runs), allowed(newer)));
        }
        (None, Some(newer)) => page.wrapped(INDENT, &allowed(newer)),
        (None, None) => return,
    }
    let mark = if target.rollback.ready { "rollback now: " } else { "no rollback: " };
    page.wrapped(&format!("{INDENT}{mark}"), &target.rollback.what);
    let delivery = &target.delivery;
    if let Some(rate) = delivery.change_failure_rate {
        let restored =
            delivery.time_to_restore.map(|seconds| format!(", restored within {}", length(seconds)));
        let known = delivery.succeeded + delivery.failed;
        let text = format!(
            "{rate:.0} % of {} failed in 90 days{}",
            count(known, "deployment"),
            restored.unwrap_or_default()
        );
        page.wrapped(INDENT, &text);
    }
}

/// Renders a length of time in at most two units.
fn length(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// Whether a task shows who can do it.
#[derive(Clone, Copy)]
enum Names {
    Shown,
    Hidden,
}

fn todos(page: &mut Page, tasks: &[Todo], names: Names) {
    for todo in tasks {
        let id: String = todo.id.chars().take(8).collect();
        let who = match (names, todo.who.is_empty()) {
            (Names::Hidden, _) => String::new(),
            (Names::Shown, true) => " (nobody can)".to_owned(),
            (Names::Shown, false) => format!(" ({})", todo.who.join(", ")),
        };
        let until = if todo.overdue { "overdue since" } else { "until" };
        let by = todo.by.as_ref().map(|by| format!(", {until} {by}")).unwrap_or_default();
        page.wrapped(&format!("  {:<9}  {id}  ", todo.verb), &format!("{}{by}{who}", escape(&todo.what)));
        if matches!(names, Names::Hidden) {
            page.command("      next: ", &todo.next);
        }
    }
}

fn redesigns(page: &mut Page, view: &StatusView) {
    if view.redesigns.is_empty() {
        return;
    }
    page.gap();
    page.line("redesigns on their way");
    for redesign in &view.redesigns {
        let id: String = redesign.id.chars().take(8).collect();
        let left = match redesign.days_left {
            0 => String::new(),
            1 => "; understood for 1 more day".to_owned(),
            days => format!("; understood for {days} more days"),
        };
        let name = format!("{} / {}", redesign.workflow, redesign.root_causes.join(", "));
        page.wrapped(&format!("  {id}  "), &format!("{name} waits for {}{left}", redesign.waits_for));
    }
}

fn since(page: &mut Page, view: &StatusView) {
    let Some(since) = &view.since else { return };
    page.gap();
    if since.records.is_empty() {
        page.line(format!("nothing new since size {}", since.size));
    } else {
        let number = u64::try_from(since.records.len()).unwrap_or(u64::MAX);
        page.line(format!("{} since size {}", count(number, "new record"), since.size));
    }
    for row in &since.records {
        let id: String = row.id.chars().take(8).collect();
        let void = row.code.as_ref().map(|code| format!(" void({code})")).unwrap_or_default();
        let text = format!("{} by {}: {}{void}", row.kind, row.author, row.subject);
        page.columns(&format!("  {id}  "), &escape(&text));
    }
    page.line(format!("next time: --since {}", view.checkpoint));
}
