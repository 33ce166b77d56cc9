//! The page a team looks at: what blocks which target, and who has to do something.

use serde::Serialize;

use super::page::{Page, Style};
use super::show::{About, approvers};
use crate::ops::Decided;
use crate::record::kind::receipt::{Answer, Outcome};
use crate::state::{ExceptionItem, Item, Life, OverrideStanding, State};
use crate::value::{MemberName, Time};
use crate::verify::Proposal;

/// What `status` answers.
#[derive(Debug, Serialize)]
pub struct StatusView {
    /// `sound`, or why the ledger cannot be trusted.
    pub ledger: String,
    /// Each target, and what would be said to the commit that was asked about.
    pub targets: Vec<TargetStatus>,
    /// What the asking member can do.
    pub needs_you: Vec<Todo>,
    /// What others have to do.
    pub needs_others: Vec<Todo>,
    /// What is about to end.
    pub soon: Vec<String>,
    /// Records that only this clone has.
    pub local: u64,
    /// Signed records that could not be appended yet.
    pub outbox: u64,
}

/// How a target stands.
#[derive(Debug, Serialize)]
pub struct TargetStatus {
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// `ready`, `blocked`, or `warned`.
    pub standing: String,
    /// Codes of what fails or warns.
    pub codes: Vec<String>,
}

/// Something to do.
#[derive(Debug, Serialize)]
pub struct Todo {
    /// What: a verb.
    pub verb: String,
    /// The record.
    pub id: String,
    /// In words.
    pub what: String,
    /// Who can do it.
    pub who: Vec<String>,
}

impl StatusView {
    /// The view of a state, for a member if the asking person is one.
    pub fn new(
        state: &State,
        decisions: &[Decided],
        proposals: &[&Proposal],
        me: Option<&MemberName>,
        (local, outbox): (u64, u64),
        now: Time,
    ) -> Self {
        let mut todos = Vec::new();
        for item in state.exceptions.iter().filter(|item| item.is_override()) {
            todo(&mut todos, state, item, "override of", &item.says.exception.workflow.to_string(), now);
            unclosed(&mut todos, state, item, now);
        }
        for item in &state.plans {
            todo(&mut todos, state, item, "plan:", &item.says.summary.to_string(), now);
        }
        for item in &state.redesigns {
            todo(&mut todos, state, item, "redesign:", &item.says.summary.to_string(), now);
        }
        for proposal in proposals {
            let who = state.roster.admins().filter(|admin| proposal.last_word(&admin.name, false).is_none());
            let who = who.map(|admin| admin.name.to_string()).collect();
            let what = format!("{}: {}", proposal.body.kind(), proposal.body.subject());
            todos.push(Todo { verb: "approve".to_owned(), id: proposal.id.to_string(), what, who });
        }
        let mine = |todo: &Todo| me.is_some_and(|me| todo.who.iter().any(|who| who == me.as_str()));
        let (needs_you, needs_others) = todos.into_iter().partition(mine);
        Self {
            ledger: "sound".to_owned(),
            targets: decisions.iter().map(target).collect(),
            needs_you,
            needs_others,
            soon: soon(state, now),
            local,
            outbox,
        }
    }
}

fn target(decided: &Decided) -> TargetStatus {
    let decision = &decided.decision;
    let codes = |result| decision.checks.iter().filter(move |check| check.result == result);
    let failing: Vec<String> = codes(Outcome::Fail).map(|check| check.code.to_string()).collect();
    let warning: Vec<String> = codes(Outcome::Warn).map(|check| check.code.to_string()).collect();
    let (standing, codes) = match (decision.answer, warning.is_empty()) {
        (Answer::Refused, _) => ("blocked", failing),
        (Answer::Allowed, false) => ("warned", warning),
        (Answer::Allowed, true) => ("ready", Vec::new()),
    };
    TargetStatus {
        service: decision.target.service.to_string(),
        environment: decision.target.environment.to_string(),
        standing: standing.to_owned(),
        codes,
    }
}

fn todo<T>(todos: &mut Vec<Todo>, state: &State, item: &Item<T>, noun: &str, what: &str, now: Time) {
    if item.life(&state.policy, now) != Life::Undecided {
        return;
    }
    let standing = About::find(state, &item.id, now).map(|about| about.standing).unwrap_or_default();
    let what = format!("{noun} {what} by {} {standing}", item.author);
    todos.push(Todo {
        verb: "approve".to_owned(),
        id: item.id.to_string(),
        what,
        who: approvers(state, item),
    });
}

fn unclosed(todos: &mut Vec<Todo>, state: &State, item: &ExceptionItem, now: Time) {
    let grace = state.policy.strictest(&item.targets).exceptions.credential_grace;
    if item.standing(&state.policy, grace, now) == OverrideStanding::Unclosed {
        let end = item.end(&state.policy).map(|end| end.to_string()).unwrap_or_default();
        let what = format!("override of {}, ended {end}", item.says.exception.workflow);
        let who = vec![item.person.to_string()];
        todos.push(Todo { verb: "close".to_owned(), id: item.id.to_string(), what, who });
    }
}

/// What ends within two weeks.
fn soon(state: &State, now: Time) -> Vec<String> {
    let horizon = now.plus(crate::value::Duration::of_days(14));
    let mut found: Vec<(Time, String)> = Vec::new();
    let mut add = |end: Option<Time>, live: bool, what: String| {
        if let Some(end) = end.filter(|end| live && *end <= horizon) {
            found.push((end, what));
        }
    };
    for item in &state.plans {
        let live = item.life(&state.policy, now) == Life::Live;
        add(item.end(&state.policy), live, format!("plan {} ends", item.id.short()));
    }
    for item in state.exceptions.iter().filter(|item| item.is_override()) {
        let live = item.life(&state.policy, now) == Life::Live;
        add(
            item.end(&state.policy),
            live,
            format!("override {} of {} ends", item.id.short(), item.says.exception.workflow),
        );
    }
    for item in &state.redesigns {
        let live = item.life(&state.policy, now) == Life::Live && item.says.due > now;
        add(Some(item.says.due), live, format!("redesign {} is due", item.id.short()));
    }
    found.sort();
    found.into_iter().map(|(end, what)| format!("{}  {what}", end.brief())).collect()
}

/// The page as text.
pub fn status_text(view: &StatusView, me: Option<&MemberName>) -> String {
    let mut page = Page::default();
    for target in &view.targets {
        let style = match target.standing.as_str() {
            "ready" => Style::Good,
            "warned" => Style::Warn,
            _ => Style::Bad,
        };
        let standing = style.paint(&format!("{:<8}", target.standing));
        page.wrapped(
            &format!("{:<14} {:<12} {standing} ", target.service, target.environment),
            &target.codes.join(", "),
        );
    }
    if view.targets.is_empty() {
        page.line("the policy in force has no target");
    }
    let you = me.map(|me| format!("needs you ({me})")).unwrap_or_default();
    for (heading, todos) in [(you.as_str(), &view.needs_you), ("needs others", &view.needs_others)] {
        if !todos.is_empty() {
            page.gap();
            page.line(heading);
        }
        for todo in todos {
            let id: String = todo.id.chars().take(8).collect();
            let who =
                if heading == "needs others" { format!(" ({})", todo.who.join(", ")) } else { String::new() };
            page.wrapped(
                &format!("  {:<8}  {id}  ", todo.verb),
                &format!("{}{who}", super::escape(&todo.what)),
            );
        }
    }
    if !view.soon.is_empty() {
        page.gap();
        page.line("soon");
        view.soon.iter().for_each(|line| page.wrapped("  ", line));
    }
    if view.local > 0 {
        page.gap();
        page.line(format!("{} only in this clone", super::page::count(view.local, "record")));
    }
    if view.outbox > 0 {
        page.gap();
        let records = super::page::count(view.outbox, "record");
        page.line(format!("{records} in the outbox: countersign outbox"));
    }
    page.finish()
}
