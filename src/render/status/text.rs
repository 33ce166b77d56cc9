//! The status page as text.

use super::super::escape::escape;
use super::super::page::Page;
use super::super::style::Style;
use super::{StatusView, TargetStatus, Todo};
use crate::value::{MemberName, count};

/// Renders the tasks of the asking member as text.
pub fn tasks_text(view: &StatusView) -> String {
    let mut page = Page::default();
    todos(&mut page, &view.needs_you, Names::Hidden);
    if view.needs_you.is_empty() {
        page.line("nothing waits for you");
    }
    page.finish()
}

/// Renders the page as text. `me` is the asking member.
pub fn status_text(view: &StatusView, me: Option<&MemberName>) -> String {
    let mut page = Page::default();
    view.targets.iter().for_each(|status| target(&mut page, status));
    if view.targets.is_empty() {
        page.line("the policy in force has no target");
    }
    let you = me.map(|me| format!("needs you ({me})")).unwrap_or_default();
    headed(&mut page, &you, &view.needs_you, Names::Hidden);
    headed(&mut page, "needs others", &view.needs_others, Names::Shown);
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
    if view.local > 0 {
        page.gap();
        page.line(format!("{} only in this clone", count(view.local, "record")));
    }
    if view.outbox > 0 {
        page.gap();
        page.line(format!("{} in the outbox: countersign outbox", count(view.outbox, "record")));
    }
    page.finish()
}

fn target(page: &mut Page, target: &TargetStatus) {
    let style = match target.standing.as_str() {
        "ready" => Style::Good,
        "warned" => Style::Warn,
        _ => Style::Bad,
    };
    let standing = style.paint(&target.standing);
    let first = format!("{:<14} {:<12} {standing}", target.service, target.environment);
    if target.codes.is_empty() {
        page.line(first);
    } else {
        let gap = " ".repeat(9_usize.saturating_sub(target.standing.len()));
        page.wrapped(&format!("{first}{gap}"), &target.codes.join(", "));
    }
    let short = |commit: &str| commit.get(..7).unwrap_or(commit).to_owned();
    match (&target.runs, &target.unconfirmed) {
        (Some(runs), None) => page.line(format!("  runs: {}, confirmed", short(runs))),
        (Some(runs), Some(newer)) => page.wrapped(
            "  runs: ",
            &format!("{}, confirmed; {} was allowed since, not confirmed", short(runs), short(newer)),
        ),
        (None, Some(newer)) => page.line(format!("  allowed: {}, not confirmed", short(newer))),
        (None, None) => {}
    }
    let mark = if target.rollback.ready { "rollback now: " } else { "no rollback: " };
    page.wrapped(&format!("  {mark}"), &target.rollback.what);
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
        page.wrapped("  ", &text);
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

fn headed(page: &mut Page, heading: &str, tasks: &[Todo], names: Names) {
    if !tasks.is_empty() && !heading.is_empty() {
        page.gap();
        page.line(heading);
    }
    todos(page, tasks, names);
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
