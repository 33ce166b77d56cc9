//! The trail of a target: every decision about the target, and every known state of the target's refs. A state is given
//! with the record that explains it, if there is one.

use std::collections::{BTreeMap, BTreeSet};

use crate::git::{GitError, RefHistory, RefValue};
use crate::record::kind::policy::TargetRules;
use crate::state::{Deployment, ExceptionItem, WholeState};
use crate::value::{CommitId, Duration, RecordId, Target, Time};
use crate::workspace::Workspace;

/// The trail of a target.
#[derive(Debug)]
pub struct DeploymentTrail<'a> {
    /// The decisions about the target, by position.
    pub decisions: Vec<&'a Deployment>,
    /// The states of the target's refs, ordered by ref. The states of one ref are in order, oldest first.
    pub states: Vec<RefState>,
    /// Where the states come from.
    pub seen: StatesSeen,
}

/// Where the states of refs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatesSeen {
    /// The reflogs of the repository to which people push. They have every state since they began.
    All,
    /// The refs themselves. They give only the current states.
    Newest,
}

/// A state of a ref of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefState {
    /// The full name of the ref.
    pub name: String,
    /// The commit that the ref holds or held.
    pub value: RefValue,
    /// What explains the state; `None` if nothing does.
    pub explained_by: Option<Explained>,
}

/// What explains a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explained {
    /// An allowed receipt of the commit for the target.
    Receipt(RecordId),
    /// An exception that names the commit and touches the target.
    Exception(RecordId),
    /// The ref was in this state before the ledger began.
    BeforeTheLedger,
}

/// How far back a trail goes.
#[derive(Debug, Clone, Copy, Default)]
pub struct TrailSpan {
    /// The beginning of the period that is asked about.
    pub since: Option<Time>,
    /// When the ledger began. What happened before that needs no record.
    pub began: Option<Time>,
}

/// Returns the trail of a target.
///
/// On a server, each value in the reflog of a ref is a state. In a clone, and for a ref without a reflog, only the
/// current value is a state, because nothing tells every commit that the ref held before.
///
/// # Errors
///
/// If the refs cannot be read.
pub fn trail<'a>(
    workspace: &Workspace,
    state: &'a WholeState,
    target: &Target,
    span: TrailSpan,
) -> Result<DeploymentTrail<'a>, GitError> {
    let TrailSpan { since, began } = span;
    let is_since = |time: Time| since.is_none_or(|since| since <= time);
    let decisions: Vec<&Deployment> = state
        .deployments()
        .iter()
        .filter(|one| state.state().was_to(one, target) && is_since(one.created_at))
        .collect();
    let rules = state.state().policy.target(target);
    let histories = rules.map(|rules| histories(workspace, rules)).transpose()?.unwrap_or_default();
    let has_log = workspace.repository.work_tree().is_none() && histories.iter().any(|one| one.has_log);
    let seen = if has_log { StatesSeen::All } else { StatesSeen::Newest };
    let explaining = Explaining::of(state, target);
    let mut states = Vec::new();
    for history in histories {
        let all = seen == StatesSeen::All && history.has_log;
        let last = history.values.len().saturating_sub(1);
        let first = if all { 0 } else { last };
        // The program that moves a ref chooses the date in the reflog, and may choose a false one. So once an entry is
        // not dated before the ledger's beginning, neither this entry nor any later one counts as older than the
        // ledger.
        let mut is_before = true;
        let mut used = BTreeSet::new();
        for (index, value) in history.values.into_iter().enumerate().skip(first) {
            is_before &= value.at.zip(began).is_some_and(|(at, began)| at < began);
            let is_asked = index == last || value.at.is_none_or(is_since);
            let value = if all { value } else { RefValue { at: None, ..value } };
            // A state that is older than the period that is asked about uses up its receipt, too.
            let explained = explaining.explain(&history.name, &value, &mut used);
            let explained_by = explained.or_else(|| is_before.then_some(Explained::BeforeTheLedger));
            // The current value of a ref is always listed, even if it is older than the period.
            if is_asked {
                states.push(RefState { name: history.name.clone(), value, explained_by });
            }
        }
    }
    Ok(DeploymentTrail { decisions, states, seen })
}

/// Returns the values of the refs of a target. In a clone, these are the refs of the ledger's remote, as last fetched.
fn histories(workspace: &Workspace, rules: &TargetRules) -> Result<Vec<RefHistory>, GitError> {
    let prefix = format!("refs/remotes/{}/", workspace.config.ledger_remote());
    let is_clone =
        workspace.config.ledger_remote_url().is_some() && workspace.repository.work_tree().is_some();
    let there = |name: &str| match name.strip_prefix(&prefix) {
        Some(branch) if is_clone => Some(format!("refs/heads/{branch}")),
        // All other refs of a clone say nothing about the ledger's remote.
        _ if is_clone => None,
        _ => Some(name.to_owned()),
    };
    let matches = |name: &str| there(name).is_some_and(|name| rules.names_ref(&name));
    let mut found = workspace.repository.ref_histories(&matches)?;
    for history in &mut found {
        history.name = there(&history.name).unwrap_or_default();
    }
    Ok(found)
}

/// The receipts and exceptions that may explain the states of a target's refs.
struct Explaining<'a> {
    /// The allowed receipts, oldest first.
    receipts: Vec<&'a Deployment>,
    exceptions: BTreeMap<&'a CommitId, RecordId>,
    /// How far clocks may differ.
    skew: Duration,
}

/// A ref may still move this long after its receipt has expired, because a push takes a while.
const LATE: Duration = Duration::of_minutes(10);

impl<'a> Explaining<'a> {
    fn of(state: &'a WholeState, target: &Target) -> Self {
        let allowed =
            state.deployments().iter().filter(|one| one.is_allowed() && state.state().was_to(one, target));
        let named = |item: &'a ExceptionItem| {
            let commit = item.says.exception.commit.as_ref()?;
            (item.touches(target) && !item.is_struck()).then_some((commit, item.id))
        };
        Self {
            receipts: allowed.collect(),
            exceptions: state.exceptions().iter().filter_map(named).collect(),
            skew: state.state().policy.clock_skew(),
        }
    }

    /// Explains a state of a ref. A receipt of the commit explains the state if the ref moved while the receipt was
    /// valid. A receipt allowed one move, so it explains only one state; `used` holds the receipts that explain earlier
    /// states. If it is unknown when the ref moved, only the newest receipt of the ref can explain the state, because
    /// older receipts are not the latest decision. If no receipt explains the state, an exception that names the commit
    /// may explain it.
    fn explain(&self, name: &str, value: &RefValue, used: &mut BTreeSet<RecordId>) -> Option<Explained> {
        let of_commit = |one: &&&Deployment| one.says.commit == value.commit;
        let of_ref = |one: &&&Deployment| one.says.r#ref.as_ref().is_none_or(|of| of.as_str() == name);
        let receipt = match value.at {
            Some(at) => {
                let is_of_then = |one: &&&Deployment| {
                    let end = one.says.expires_at.unwrap_or(one.says.at);
                    let is_good = one.says.at <= at.plus(self.skew) && at <= end.plus(LATE).plus(self.skew);
                    is_good && !used.contains(&one.id)
                };
                let all = || self.receipts.iter().filter(of_commit).filter(is_of_then);
                // A push of a branch and a tag that hold the same commit has one receipt, which names the first of the
                // two refs.
                all().find(of_ref).or_else(|| all().next())
            }
            None => self.receipts.iter().rev().filter(of_ref).take(1).find(of_commit),
        };
        used.extend(receipt.map(|one| one.id));
        let exception = || self.exceptions.get(&value.commit).copied().map(Explained::Exception);
        receipt.map(|one| Explained::Receipt(one.id)).or_else(exception)
    }
}
