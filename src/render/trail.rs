//! The trail of a target: its deployments, and the states of its refs with the records that explain them.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use crate::ask::{DeploymentTrail, Explained, RefState, StatesSeen};
use crate::record::kind::outcome::DeploymentResult;
use crate::state::{Deployment, State};
use crate::value::{Target, count};

/// The answer of `trail`.
#[derive(Debug, Serialize)]
pub struct TrailView {
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// Whether each state is explained by a record, or is older than the ledger.
    pub complete: bool,
    /// Whether `states` comes from reflogs, which have every state since they began. If not, it has only what the refs
    /// hold now.
    pub all_states: bool,
    /// The decisions about the target, oldest first.
    pub deployments: Vec<TrailRow>,
    /// The states of the target's refs, grouped by ref, the oldest state of a ref first.
    pub states: Vec<StateRow>,
}

/// A decision about a target, with what became of it.
#[derive(Debug, Serialize)]
pub struct TrailRow {
    /// The receipt.
    pub receipt: String,
    /// The commit.
    pub commit: String,
    /// When it was decided.
    pub at: String,
    /// `expansion` or `restoration`.
    pub purpose: String,
    /// `refused`, `allowed`, `confirmed`, `succeeded`, `failed`, `never-started` or `rolled-back`.
    pub standing: String,
    /// The persons who confirmed in an outcome that the deployment ran.
    pub confirmed_by: Vec<String>,
    /// The newest outcome.
    pub outcome: Option<String>,
}

/// A state of a ref.
#[derive(Debug, Serialize)]
pub struct StateRow {
    /// The full name of the ref.
    pub r#ref: String,
    /// The commit.
    pub commit: String,
    /// When the ref was set to the commit, if a reflog says so.
    pub at: Option<String>,
    /// The receipt or exception that explains the state.
    pub explained_by: Option<String>,
    /// Whether the state is older than the ledger.
    pub before_ledger: bool,
}

impl TrailView {
    /// Makes the view of a trail.
    pub fn new(state: &State, target: &Target, trail: &DeploymentTrail<'_>) -> Self {
        let states: Vec<StateRow> = trail.states.iter().map(StateRow::new).collect();
        Self {
            service: target.service.to_string(),
            environment: target.environment.to_string(),
            complete: trail.states.iter().all(|one| one.explained_by.is_some()),
            all_states: trail.seen == StatesSeen::All,
            deployments: trail.decisions.iter().map(|one| TrailRow::new(state, target, one)).collect(),
            states,
        }
    }
}

impl TrailRow {
    fn new(state: &State, target: &Target, one: &Deployment) -> Self {
        let outcome = state.outcome_of(one);
        Self {
            receipt: one.id.to_string(),
            commit: one.says.commit.to_string(),
            at: one.says.at.to_string(),
            purpose: one.says.purpose.to_string(),
            standing: standing(state, target, one).to_owned(),
            confirmed_by: one.confirmed_by().map(ToString::to_string).collect(),
            outcome: outcome.map(|outcome| outcome.id.to_string()),
        }
    }
}

/// Returns the standing of a decision, in a word.
fn standing(state: &State, target: &Target, one: &Deployment) -> &'static str {
    if !one.is_allowed() {
        return "refused";
    }
    if one.is_never_started() {
        return DeploymentResult::NeverStarted.as_str();
    }
    match state.outcome_of(one).map(|outcome| outcome.says.result) {
        Some(result) => result.as_str(),
        None if state.is_confirmed_by_git(one, target, None) => "confirmed",
        None => "allowed",
    }
}

impl StateRow {
    fn new(one: &RefState) -> Self {
        let explained_by = match one.explained_by {
            Some(Explained::Receipt(id) | Explained::Exception(id)) => Some(id.to_string()),
            Some(Explained::BeforeTheLedger) | None => None,
        };
        Self {
            r#ref: one.name.clone(),
            commit: one.value.commit.to_string(),
            at: one.value.at.map(|at| at.to_string()),
            explained_by,
            before_ledger: one.explained_by == Some(Explained::BeforeTheLedger),
        }
    }
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

fn short_commit(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// Renders a trail as text.
pub fn trail_text(view: &TrailView) -> Page {
    let mut page = Page::default();
    page.line(format!("{} in {}", view.service, view.environment));
    page.gap();
    if view.deployments.is_empty() {
        page.line("no deployment was decided");
    }
    for row in &view.deployments {
        let by = if row.confirmed_by.is_empty() {
            String::new()
        } else {
            format!(", confirmed to have run by {}", row.confirmed_by.join(", "))
        };
        let back = if row.purpose == "restoration" { " (restoration)" } else { "" };
        let head = format!(
            "{}  {}  {}  ",
            row.at,
            short_commit(&row.commit),
            Style::Strong.paint(short(&row.receipt))
        );
        page.columns(&head, &format!("{}{back}{by}", row.standing));
    }
    page.gap();
    let unexplained: Vec<&StateRow> =
        view.states.iter().filter(|row| row.explained_by.is_none() && !row.before_ledger).collect();
    for row in &unexplained {
        let at = row.at.as_ref().map(|at| format!(" since {at}")).unwrap_or_default();
        let name = escape(&row.r#ref);
        page.wrapped(
            &format!("{}  ", Style::Bad.paint("NOT EXPLAINED")),
            &format!(
                "{name} holds {}{at}, and no receipt or exception explains it",
                short_commit(&row.commit)
            ),
        );
    }
    if !unexplained.is_empty() {
        page.wrapped(
            "",
            "Once it is known what happened, record an exception that names the commit. In a clone, ask the remote \
             first: --sync.",
        );
        page.line("next: countersign record exception --help");
        page.gap();
    }
    let number = count(u64::try_from(view.states.len()).unwrap_or(u64::MAX), "state");
    let seen = if view.all_states {
        "by the reflogs of this server"
    } else {
        "only what the refs hold now: there is no reflog of every push here"
    };
    let said = match unexplained.len() {
        0 => "each is explained by a record, or older than the ledger".to_owned(),
        more => format!("{more} not explained"),
    };
    page.wrapped("", &format!("{number} of its refs ({seen}); {said}."));
    page
}
