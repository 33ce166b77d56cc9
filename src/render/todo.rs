//! Open tasks, and the members who can do them.

use serde::Serialize;

use crate::gate::{CheckOutcome, Next};
use crate::ledger::Loaded;
use crate::record::kind::approval::VoteVerdict;
use crate::render::show::{About, approvers};
use crate::state::{
    Answering, ExceptionItem, Item, Life, OverrideStanding, PatternsAt, ReviewStanding, Says, State,
};
use crate::value::{MemberName, RecordId, Time};
use crate::verify::{Proposal, Unreadable};

/// An open task.
#[derive(Debug, Serialize)]
pub struct Todo {
    /// The action, as a verb.
    pub verb: String,
    /// The record.
    pub id: String,
    /// The task in words.
    pub what: String,
    /// The members who can do the task.
    pub who: Vec<String>,
    /// The deadline, if there is one.
    pub by: Option<String>,
    /// Whether the deadline has passed.
    pub overdue: bool,
    /// The command that does the task, as words.
    pub next: Vec<String>,
}

impl Todo {
    /// Makes a task without a deadline. Its command takes only the id of the record.
    fn new(verb: &str, id: &RecordId, what: String, who: Vec<String>) -> Self {
        let next = Next::countersign(&[verb, &id.short()]).0;
        Self { verb: verb.to_owned(), id: id.to_string(), what, who, by: None, overdue: false, next }
    }

    fn due(mut self, by: Option<Time>, now: Time) -> Self {
        self.by = by.map(|by| by.to_string());
        self.overdue = by.is_some_and(|by| by <= now);
        self
    }
}

/// The open tasks of records, and the member who asks about them.
#[derive(Debug, Default)]
pub struct Tasks {
    open: Vec<Todo>,
    me: Option<MemberName>,
}

impl Tasks {
    /// Collects the tasks that are open at `now`.
    pub fn new(state: &State, now: Time) -> Self {
        let mut open = Vec::new();
        of_records(&mut open, state, now);
        Self { open, me: None }
    }

    /// The same tasks, with the member who asks about them.
    #[must_use]
    pub fn asked_by(self, me: Option<MemberName>) -> Self {
        Self { me, ..self }
    }

    /// Whether one of the tasks is the next step of one of the checks.
    pub fn are_next(&self, checks: &[CheckOutcome]) -> bool {
        let steps = checks.iter().filter_map(|check| check.next.as_ref());
        steps.into_iter().any(|next| self.open.iter().any(|todo| todo.next == next.0))
    }

    /// The members who can take a step; empty if the member who asks is one of them, or if the step is not one of
    /// the tasks.
    pub(super) fn who(&self, next: &Next) -> Vec<String> {
        let who = self.open.iter().find(|todo| todo.next == next.0).map(|todo| todo.who.clone());
        let is_mine =
            |who: &Vec<String>| self.me.as_ref().is_some_and(|me| who.iter().any(|name| name == me.as_str()));
        who.filter(|who| !is_mine(who)).unwrap_or_default()
    }
}

/// Returns all open tasks, overdue ones first.
pub(super) fn all(
    state: &State,
    loaded: &Loaded,
    at: &PatternsAt,
    now: Time,
) -> Result<Vec<Todo>, Unreadable> {
    let mut todos = Vec::new();
    patterns(&mut todos, state, at, now);
    of_records(&mut todos, state, now);
    for proposal in loaded.replay.past().proposals().iter() {
        if replaced_by(loaded, proposal)?.is_some() {
            continue;
        }
        let author = loaded.replay.past().record(&proposal.id)?.map(|accepted| accepted.author);
        let has_spoken =
            |name: &MemberName| author.as_ref() == Some(name) || proposal.last_vote(name).is_some();
        let who = state.roster.admins().filter(|admin| !has_spoken(&admin.name));
        let who = who.map(|admin| admin.name.to_string()).collect();
        let what = format!("{}: {}", proposal.body.kind(), proposal.body.subject());
        todos.push(Todo::new("approve", &proposal.id, what, who));
    }
    // Overdue tasks come first.
    todos.sort_by_key(|todo| !todo.overdue);
    Ok(todos)
}

/// Returns the open proposal that replaces `proposal`: a newer one of the same kind, whose author has rejected
/// `proposal`. The votes of others for `proposal` remain, so it can still take effect.
pub fn replaced_by(loaded: &Loaded, proposal: &Proposal) -> Result<Option<RecordId>, Unreadable> {
    let past = loaded.replay.past();
    let newer = past
        .proposals()
        .iter()
        .filter(|newer| newer.body.kind() == proposal.body.kind() && proposal.position < newer.position);
    for newer in newer {
        let author = past.record(&newer.id)?.map(|accepted| accepted.author);
        let vote = author.and_then(|author| proposal.last_vote(&author).map(|vote| vote.verdict));
        if vote == Some(VoteVerdict::Reject) {
            return Ok(Some(newer.id));
        }
    }
    Ok(None)
}

/// Collects the tasks of overrides, plans, redesigns, triages and releases.
fn of_records(todos: &mut Vec<Todo>, state: &State, now: Time) {
    for item in state.open_overrides() {
        approve(todos, state, item, "override of", item.workflow().as_str(), now);
        close(todos, state, item, now);
        review(todos, state, item, now);
    }
    for item in state.open_plans(now) {
        approve(todos, state, item, "plan:", item.says.summary.as_str(), now);
    }
    for item in state.open_redesigns(now) {
        approve(todos, state, item, "redesign:", item.says.summary.as_str(), now);
    }
    for item in state.open_triages() {
        let cause = item.says.triage.root_cause.as_ref().map(ToString::to_string).unwrap_or_default();
        let what = format!("{} {cause}", item.says.triage.verdict);
        approve(todos, state, item, "triage:", what.trim_end(), now);
    }
    for item in state.open_releases(now) {
        let what = format!("{} to {}", item.says.commit.short(), item.says.target());
        approve(todos, state, item, "release of", &what, now);
    }
}

/// Returns the records that wait for the approval of a member.
pub fn waits_for(
    state: &State,
    loaded: &Loaded,
    member: &MemberName,
    now: Time,
) -> Result<Vec<RecordId>, Unreadable> {
    let todos = all(state, loaded, &state.patterns_at(now), now)?;
    let mine = |todo: &Todo| {
        let is_asked = todo.verb == "approve" && todo.who.iter().any(|who| who == member.as_str());
        is_asked.then(|| todo.id.parse().ok()).flatten()
    };
    Ok(todos.iter().filter_map(mine).collect())
}

/// Adds a task for each pattern that somebody has to answer for.
fn patterns(todos: &mut Vec<Todo>, state: &State, at: &PatternsAt, now: Time) {
    for pattern in state.unanswered(at, now) {
        let of = crate::value::count(pattern.occasions, "occasion");
        let (what, who) = (format!("{}, {of}", pattern.pattern), pattern.who.iter().map(ToString::to_string));
        let mut todo =
            Todo::new("triage", &pattern.exception, what, who.collect()).due(Some(pattern.by), now);
        if pattern.asked == Answering::Redesign {
            let cause = pattern.pattern.rsplit_once(" / ").map_or("", |(_, cause)| cause);
            let workflow = pattern.workflow.as_str();
            let words = ["record", "redesign", "--workflow", workflow, "--root-cause", cause];
            (todo.verb, todo.next) = ("redesign".to_owned(), Next::countersign(&words).0);
        }
        todos.push(todo);
    }
}

fn approve<T: Says>(todos: &mut Vec<Todo>, state: &State, item: &Item<T>, noun: &str, what: &str, now: Time) {
    if item.life(&state.policy, now) != Life::Undecided {
        return;
    }
    let standing = About::of(state, item, noun, now).standing;
    let what = format!("{noun} {what} by {} {standing}", item.author);
    let mut todo = Todo::new("approve", &item.id, what, approvers(state, item));
    // An item that has ended needs no approval any more, so its end is never overdue.
    todo.by = item.end(&state.policy).map(|end| end.to_string());
    todos.push(todo);
}

fn close(todos: &mut Vec<Todo>, state: &State, item: &ExceptionItem, now: Time) {
    if item.standing(&state.policy, now) == OverrideStanding::Unclosed {
        let end = item.end(&state.policy).map(|end| end.to_string()).unwrap_or_default();
        let what = format!("override of {}, ended {end}", item.workflow());
        todos.push(Todo::new("close", &item.id, what, vec![item.person.to_string()]));
    }
}

fn review(todos: &mut Vec<Todo>, state: &State, item: &ExceptionItem, now: Time) {
    let name = item.says.exception.expected.as_ref().map_or("override".to_owned(), ToString::to_string);
    let by = match state.review(item, now) {
        ReviewStanding::Due { by, .. } | ReviewStanding::Overdue { by, .. } => by,
        ReviewStanding::FollowUpMissing { review } => {
            let what = format!("the follow-up of review {} is missing or was refused", review.short());
            let mut todo = Todo::new("show", &review, what, vec![item.person.to_string()]);
            (todo.verb, todo.id) = ("follow up".to_owned(), item.id.to_string());
            todos.push(todo);
            return;
        }
        ReviewStanding::NotAsked | ReviewStanding::Reviewed => return,
    };
    let reviewers = state.reviewers(item);
    let may = reviewers.separated.iter().chain(&reviewers.approvers);
    let has = |name: &&MemberName| item.says.reviews.iter().any(|review| review.person == **name);
    let who = may.filter(|name| !has(name)).map(ToString::to_string).collect();
    let what = format!("{name} of {} by {}", item.workflow(), item.author);
    todos.push(Todo::new("review", &item.id, what, who).due(Some(by), now));
}
