//! The daily status page of a team: what blocks each target, what will soon need attention, and who has
//! something to do.

mod alike;
mod causes;
mod soon;
mod text;

use serde::Serialize;

use super::gate::{CheckView, is_folded};
use super::log::LogRow;
use super::todo::{self, Tasks, Todo};
use crate::ask::GateAnswered;
use crate::ledger::{Loaded, Standing};
use crate::policy::Duties;
use crate::record::kind::receipt::{Answer, Outcome};
use crate::record::kind::rollback_plan::Method;
use crate::state::{Deployment, PlanItem, State};
use crate::value::{CommitId, Destination, Duration, MemberName, Target, Time};
use crate::verify::{AtLeast, Unreadable};
use soon::{RedesignStatus, Soon};

pub use text::{status_text, tasks_text};

/// The answer of `status`.
#[derive(Debug, Serialize)]
pub struct StatusView {
    /// `sound`, or the code of the reason why the ledger cannot be trusted.
    pub ledger: String,
    /// The checkpoint, `SIZE:ROOT`, for the next `--since`.
    pub checkpoint: String,
    /// The time of the evaluation.
    pub at: String,
    /// When the ledger's remote was last asked; `None` if it was never asked, or there is no remote.
    pub asked_at: Option<String>,
    /// The commit that would be deployed; `None` if each target was evaluated for the commit that runs there.
    pub commit: Option<String>,
    /// The first line of that commit's message.
    pub title: Option<String>,
    /// Why duties are not separated, a sentence for each reason.
    pub duties: Vec<String>,
    /// The status of each target.
    pub targets: Vec<TargetStatus>,
    /// Tasks that the asking member can do.
    pub needs_you: Vec<Todo>,
    /// Tasks of other members.
    pub needs_others: Vec<Todo>,
    /// Redesigns that are not in effect yet, and what each waits for.
    pub redesigns: Vec<RedesignStatus>,
    /// The dates of the next two weeks: ends, due dates, and beginnings of pauses.
    pub soon: Vec<Soon>,
    /// Possible problems: patterns one occasion short of repeating, overrides that no decision has used, and
    /// credentials that are standing access.
    pub watch: Vec<String>,
    /// The records since a checkpoint, if one was given.
    pub since: Option<SinceView>,
    /// The number of records that only this clone has.
    pub local: u64,
    /// The number of signed records that could not be appended yet.
    pub outbox: u64,
}

/// The status of a target.
#[derive(Debug, Serialize)]
pub struct TargetStatus {
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// `ready`, `blocked`, or `warned`.
    pub standing: String,
    /// Whether the commit is confirmed to run there already, and nothing newer was allowed.
    pub unchanged: bool,
    /// The codes of the checks that fail. If no check fails, the codes of those that warn.
    pub codes: Vec<String>,
    /// The checks with these codes, without those that fail only because the plan is missing.
    pub because: Vec<CheckView>,
    /// The commit that is confirmed to run there.
    pub runs: Option<String>,
    /// The reported result of that commit's deployment, if there is one.
    pub result: Option<String>,
    /// The commit of a newer deployment that was allowed but is not confirmed.
    pub unconfirmed: Option<String>,
    /// The receipt of that deployment.
    pub unconfirmed_receipt: Option<String>,
    /// The effect of a rollback now.
    pub rollback: RollbackStatus,
    /// Delivery figures of the last 90 days.
    pub delivery: DeliveryStatus,
}

impl TargetStatus {
    /// The target as commands take it.
    fn name(&self) -> String {
        format!("{}/{}", self.service, self.environment)
    }
}

/// The effect of a rollback now.
#[derive(Debug, Serialize)]
pub struct RollbackStatus {
    /// Whether a rollback is possible.
    pub ready: bool,
    /// The plan.
    pub plan: Option<String>,
    /// The commit that the plan goes back to.
    pub to: Option<String>,
    /// The effect in words.
    pub what: String,
}

/// Delivery figures of a target.
#[derive(Debug, Serialize)]
pub struct DeliveryStatus {
    /// The number of forward deployments that succeeded.
    pub succeeded: u64,
    /// The number of forward deployments that failed or were rolled back.
    pub failed: u64,
    /// The number of forward deployments without a recorded outcome.
    pub unknown: u64,
    /// The percentage of failed deployments among those with a known outcome.
    pub change_failure_rate: Option<f64>,
    /// The median time to restore service after a failure, in seconds.
    pub time_to_restore: Option<i64>,
}

/// The records since a checkpoint.
#[derive(Debug, Serialize)]
pub struct SinceView {
    /// The size of the checkpoint.
    pub size: u64,
    /// Records since then, oldest first.
    pub records: Vec<LogRow>,
}

/// The input of the status page, besides the state.
pub struct StatusInput<'a> {
    /// The gate's answer for each target.
    pub decisions: &'a [GateAnswered],
    /// The ledger.
    pub loaded: &'a Loaded,
    /// The member who asks.
    pub me: Option<&'a MemberName>,
    /// The number of signed records that could not be appended yet.
    pub outbox: u64,
    /// The commit that would be deployed; `None` if each target was evaluated for the commit that runs there.
    pub commit: Option<&'a CommitId>,
    /// When the ledger's remote was last asked by this program.
    pub asked_at: Option<Time>,
    /// The checkpoint after which records count as new.
    pub since: Option<AtLeast>,
    /// The time of the evaluation.
    pub now: Time,
}

impl StatusView {
    /// Makes the view of a state, for the asking member if there is one. It is an error if a record to list was
    /// cached and cannot be read any more.
    pub fn new(state: &State, input: &StatusInput<'_>) -> Result<Self, Unreadable> {
        let StatusInput { loaded, me, now, .. } = *input;
        let patterns = state.patterns_at(now);
        let todos = todo::all(state, loaded, &patterns, now)?;
        let mine = |todo: &Todo| me.is_some_and(|me| todo.who.iter().any(|who| who == me.as_str()));
        let (needs_you, needs_others) = todos.into_iter().partition(mine);
        let tasks = Tasks::new(state, now).asked_by(me.cloned());
        let targets = input.decisions.iter().map(|decided| target(state, decided, &tasks, now));
        let targets: Vec<TargetStatus> = targets.collect::<Result<_, _>>()?;
        let mut duties: Vec<String> = Vec::new();
        for decided in input.decisions {
            let of_target = Duties::of(&state.policy, &state.roster, &decided.decision.target).says();
            of_target.into_iter().for_each(|duty| {
                if !duties.contains(&duty) {
                    duties.push(duty);
                }
            });
        }
        let (size, root) = (state.checkpoint.size, state.checkpoint.root);
        let shared = loaded.shared.map_or(0, |shared| shared.size);
        Ok(Self {
            ledger: standing(&loaded.standing),
            checkpoint: format!("{size}:{root}"),
            at: now.to_string(),
            asked_at: input.asked_at.map(|at| at.to_string()),
            commit: input.commit.map(ToString::to_string),
            title: input
                .decisions
                .iter()
                .find_map(|decided| decided.title.clone())
                .filter(|_| input.commit.is_some()),
            duties,
            targets,
            needs_you,
            needs_others,
            redesigns: soon::redesigns(state, &patterns.on_targets, now),
            soon: soon::soon(state, now),
            watch: soon::watch(state, &patterns.overview, now),
            since: input.since.map(|since| SinceView::new(loaded, since)).transpose()?,
            local: size - shared.min(size),
            outbox: input.outbox,
        })
    }
}

impl StatusView {
    /// Removes the targets, the tasks of others, the redesigns, the dates and the possible problems. What waits for the
    /// asking member remains.
    #[must_use]
    pub fn only_mine(mut self) -> Self {
        self.targets.clear();
        self.needs_others.clear();
        self.redesigns.clear();
        self.soon.clear();
        self.watch.clear();
        self
    }
}

fn standing(standing: &Standing) -> String {
    standing.fault().map_or_else(|| "sound".to_owned(), |(code, _)| code.to_string())
}

impl SinceView {
    fn new(loaded: &Loaded, since: AtLeast) -> Result<Self, Unreadable> {
        let past = loaded.replay.past();
        let size = since.checkpoint.size;
        let rows = past.records_from(size).map(|record| {
            let (id, accepted) = record?;
            LogRow::new(&id, &accepted, loaded)
        });
        Ok(Self { size, records: rows.collect::<Result<_, _>>()? })
    }
}

fn target(
    state: &State,
    decided: &GateAnswered,
    tasks: &Tasks,
    now: Time,
) -> Result<TargetStatus, Unreadable> {
    let decision = &decided.decision;
    let codes = |result| decision.checks.iter().filter(move |check| check.result == result);
    let failing: Vec<String> = codes(Outcome::Fail).map(|check| check.code.to_string()).collect();
    let warning: Vec<String> = codes(Outcome::Warn).map(|check| check.code.to_string()).collect();
    let views: Vec<CheckView> = decision.checks.iter().map(|check| CheckView::new(check, tasks)).collect();
    let (standing, codes) = match (decision.answer, warning.is_empty()) {
        (Answer::Refused, _) => ("blocked", failing),
        (Answer::Allowed, false) => ("warned", warning),
        (Answer::Allowed, true) => ("ready", Vec::new()),
    };
    let runs = state.newest_confirmed(&decision.target, None);
    let allowed = state.newest_allowed(&decision.target).filter(|allowed| {
        runs.is_none_or(|runs| runs.position < allowed.position) && !allowed.is_never_started()
    });
    let commit = |deployment: &Deployment| deployment.says.commit.to_string();
    let delivery = state.delivery(&decision.target, now.minus(Duration::of_days(90)), now)?;
    Ok(TargetStatus {
        service: decision.target.service.to_string(),
        environment: decision.target.environment.to_string(),
        standing: standing.to_owned(),
        unchanged: state.runs(&decision.target, &decision.commit, None).is_some(),
        because: because(views, &codes),
        codes,
        result: runs.and_then(|runs| state.outcome_of(runs)).map(|outcome| outcome.says.result.to_string()),
        runs: runs.map(commit),
        unconfirmed: allowed.map(commit),
        unconfirmed_receipt: allowed.map(|allowed| allowed.id.to_string()),
        rollback: rollback(state, &decision.target, now),
        delivery: DeliveryStatus {
            succeeded: delivery.succeeded,
            failed: delivery.failed,
            unknown: delivery.unknown,
            change_failure_rate: delivery.change_failure_rate(),
            time_to_restore: delivery.time_to_restore(),
        },
    })
}

/// Returns the views of the checks with the given codes, without those that fail only because the plan is missing.
fn because(views: Vec<CheckView>, codes: &[String]) -> Vec<CheckView> {
    let shown: Vec<bool> =
        views.iter().map(|view| codes.contains(&view.code) && !is_folded(&views, view)).collect();
    views.into_iter().zip(shown).filter(|(_, shown)| *shown).map(|(view, _)| view).collect()
}

/// Returns the effect of a rollback now: what the plan would do to the commit that is confirmed to run. If no commit is
/// confirmed, the one that was allowed last takes its place.
fn rollback(state: &State, target: &Target, now: Time) -> RollbackStatus {
    let none = |what: &str| RollbackStatus { ready: false, plan: None, to: None, what: what.to_owned() };
    let Some(running) = state.newest_confirmed(target, None).or_else(|| state.newest_allowed(target)) else {
        return none("nothing is known to run there");
    };
    let planned = running.says.rollback_plan.and_then(|id| state.plan(&id));
    let plan = state.plan_in_force(target, &running.says.commit, now).or(planned);
    let Some(plan) = plan else { return none("no plan says how to roll it back") };
    let to = match &plan.says.to {
        Destination::Commit(id) => Some(id.clone()),
        Destination::Previous => running.says.previous.clone(),
        Destination::Removal => None,
    };
    RollbackStatus {
        ready: true,
        plan: Some(plan.id.to_string()),
        what: in_words(plan, running.says.commit.short(), to.as_ref().map(CommitId::short)),
        to: to.map(|id| id.to_string()),
    }
}

fn in_words(plan: &PlanItem, running: &str, to: Option<&str>) -> String {
    let says = &plan.says;
    let back = match (says.method, to) {
        (Method::Revert, _) => {
            format!("{} is undone on top of {running}", says.commit.as_ref().map_or("it", CommitId::short))
        }
        (Method::Redeploy, Some(to)) => format!("from {running} back to {to}"),
        // Nothing ran before the first deployment, so to roll it back is to remove it.
        (Method::Redeploy, None) => format!("{running} is removed"),
    };
    let data = if says.data_note.is_some() { "; data cannot be rolled back" } else { "" };
    let (method, most, owner) = (says.method, says.max_duration, &says.owner);
    format!("{back} by {method}, in at most {most}, decided by {owner}{data}")
}
