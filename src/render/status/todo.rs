//! Open tasks, and the members who can do them.

use serde::Serialize;

use crate::ledger::Loaded;
use crate::render::show::{About, approvers};
use crate::state::{
    Answering, ExceptionItem, Item, Life, OnTargets, OverrideStanding, ReviewStanding, Says, State,
};
use crate::value::{MemberName, RecordId, Time};

/// An open task.
#[derive(Debug, Serialize)]
pub struct Todo {
    /// The action, as a verb.
    pub verb: String,
    /// The record.
    pub id: String,
    /// The task in words.
    pub what: String,
    /// The members who can do it.
    pub who: Vec<String>,
    /// The time until which it must be done, if there is one.
    pub by: Option<String>,
    /// Whether that time has passed.
    pub overdue: bool,
}

/// Returns all open tasks.
pub(super) fn all(state: &State, loaded: &Loaded, on_targets: &OnTargets, now: Time) -> Vec<Todo> {
    let mut todos = Vec::new();
    patterns(&mut todos, state, on_targets, now);
    for item in state.open_overrides() {
        approve(&mut todos, state, item, "override of", item.workflow().as_str(), now);
        close(&mut todos, state, item, now);
        review(&mut todos, state, item, now);
    }
    for item in state.open_plans(now) {
        approve(&mut todos, state, item, "plan:", item.says.summary.as_str(), now);
    }
    for item in state.open_redesigns(now) {
        approve(&mut todos, state, item, "redesign:", item.says.summary.as_str(), now);
    }
    for item in state.open_triages() {
        let cause = item.says.triage.root_cause.as_ref().map(ToString::to_string).unwrap_or_default();
        let what = format!("{} {cause}", item.says.triage.verdict);
        approve(&mut todos, state, item, "triage:", what.trim_end(), now);
    }
    for item in state.open_releases(now) {
        let what = format!("{} to {}", item.says.commit.short(), item.says.target());
        approve(&mut todos, state, item, "release of", &what, now);
    }
    for proposal in loaded.replay.past().proposals().iter() {
        let who = state.roster.admins().filter(|admin| proposal.last_vote(&admin.name).is_none());
        let who = who.map(|admin| admin.name.to_string()).collect();
        let what = format!("{}: {}", proposal.body.kind(), proposal.body.subject());
        let (verb, id) = ("approve".to_owned(), proposal.id.to_string());
        todos.push(Todo { verb, id, what, who, by: None, overdue: false });
    }
    // What is overdue comes first.
    todos.sort_by_key(|todo| !todo.overdue);
    todos
}

/// Returns the records that wait for the approval of a member, what is overdue first.
pub fn waits_for(state: &State, loaded: &Loaded, member: &MemberName, now: Time) -> Vec<RecordId> {
    let todos = all(state, loaded, &state.on_targets(now), now);
    let mine = |todo: &Todo| {
        let is_asked = todo.verb == "approve" && todo.who.iter().any(|who| who == member.as_str());
        is_asked.then(|| todo.id.parse().ok()).flatten()
    };
    todos.iter().filter_map(mine).collect()
}

/// Lists the patterns that somebody has to answer for.
fn patterns(todos: &mut Vec<Todo>, state: &State, on_targets: &OnTargets, now: Time) {
    for pattern in state.unanswered(on_targets, now) {
        let verb = match pattern.asked {
            Answering::Triage => "triage",
            Answering::Redesign => "redesign",
        };
        let of = crate::value::count(pattern.occasions, "occasion");
        todos.push(Todo {
            verb: verb.to_owned(),
            id: pattern.exception.to_string(),
            what: format!("{}, {of}", pattern.pattern),
            who: pattern.who.iter().map(ToString::to_string).collect(),
            by: Some(pattern.by.to_string()),
            overdue: pattern.by <= now,
        });
    }
}

fn approve<T: Says>(todos: &mut Vec<Todo>, state: &State, item: &Item<T>, noun: &str, what: &str, now: Time) {
    if item.life(&state.policy, now) != Life::Undecided {
        return;
    }
    let standing = About::of(state, item, noun, now).standing;
    let what = format!("{noun} {what} by {} {standing}", item.author);
    let by = item.end(&state.policy).map(|end| end.to_string());
    let (verb, id) = ("approve".to_owned(), item.id.to_string());
    todos.push(Todo { verb, id, what, who: approvers(state, item), by, overdue: false });
}

fn close(todos: &mut Vec<Todo>, state: &State, item: &ExceptionItem, now: Time) {
    if item.standing(&state.policy, now) == OverrideStanding::Unclosed {
        let end = item.end(&state.policy).map(|end| end.to_string()).unwrap_or_default();
        let what = format!("override of {}, ended {end}", item.workflow());
        let who = vec![item.person.to_string()];
        todos.push(Todo {
            verb: "close".to_owned(),
            id: item.id.to_string(),
            what,
            who,
            by: None,
            overdue: false,
        });
    }
}

fn review(todos: &mut Vec<Todo>, state: &State, item: &ExceptionItem, now: Time) {
    let name = item.says.exception.expected.as_ref().map_or("override".to_owned(), ToString::to_string);
    let (by, overdue) = match state.review(item, now) {
        ReviewStanding::Due { by, .. } => (by, false),
        ReviewStanding::Overdue { by, .. } => (by, true),
        ReviewStanding::FollowUpMissing { review } => {
            let what = format!("the follow-up of review {} is missing or was refused", review.short());
            let who = vec![item.person.to_string()];
            todos.push(Todo {
                verb: "follow up".to_owned(),
                id: item.id.to_string(),
                what,
                who,
                by: None,
                overdue: false,
            });
            return;
        }
        ReviewStanding::NotAsked | ReviewStanding::Reviewed => return,
    };
    let reviewers = state.reviewers(item);
    let may = reviewers.separated.iter().chain(&reviewers.approvers);
    let has = |name: &&MemberName| item.says.reviews.iter().any(|review| review.person == **name);
    let who = may.filter(|name| !has(name)).map(ToString::to_string).collect();
    let what = format!("{name} of {} by {}", item.workflow(), item.author);
    let (verb, id) = ("review".to_owned(), item.id.to_string());
    todos.push(Todo { verb, id, what, who, by: Some(by.to_string()), overdue });
}
