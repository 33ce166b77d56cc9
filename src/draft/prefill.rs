//! Pre-fills drafts with known values and with values from the ledger.

use super::values::{Acceptance, DraftValues};
use crate::ledger::Loaded;
use crate::record::Kind;
use crate::record::prefilled::Prefilled;
use crate::state::State;
use crate::value::{Duration, MemberName, RecordId, Target, Targets, Time};
use crate::verify::Unreadable;

/// Why a draft cannot be pre-filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrefillError {
    /// An exception was given more than one commit.
    #[error("an exception names one commit: the one that was running")]
    SeveralCommits,
    /// A release was given more than one target.
    #[error("a release is for one service in one environment")]
    SeveralTargets,
    /// A release was given more than one commit.
    #[error("a release is of one commit")]
    SeveralCommitsOfRelease,
    /// An exception was given more than one root cause.
    #[error("an exception has one root cause")]
    SeveralRootCauses,
    /// An outcome was given more than one exception.
    #[error("an outcome names one exception: the one that it resulted in")]
    SeveralExceptions,
    /// A record that was verified before cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// The context in which a draft is pre-filled.
#[derive(Clone, Copy)]
pub struct Prefilling<'a> {
    /// The ledger.
    pub loaded: &'a Loaded,
    /// The state of the ledger; `None` before the ledger is founded.
    pub state: Option<&'a State>,
    /// The author of the draft.
    pub author: &'a MemberName,
    /// The current time.
    pub now: Time,
}

/// How long a plan lasts, if no lifetime is given.
const PLAN_LIFETIME: Duration = Duration::of_days(30);
/// How long a release lasts, if no lifetime is given.
const RELEASE_LIFETIME: Duration = Duration::of_days(7);
/// The time until a redesign is due, if none is given.
const REDESIGN_DUE: Duration = Duration::of_days(14);

impl Prefilling<'_> {
    /// Returns a draft of a kind with these values, and with the values that follow from the ledger.
    pub fn draft(&self, kind: Kind, values: &DraftValues) -> Result<Prefilled, PrefillError> {
        let mut draft = Prefilled::new(kind);
        match kind {
            Kind::Exception => self.exception(&mut draft, values)?,
            Kind::RollbackPlan => self.plan(&mut draft, values),
            Kind::Redesign => self.redesign(&mut draft, values),
            Kind::Quarantine => self.quarantine(&mut draft, values)?,
            Kind::Pause => _ = self.targets(&mut draft, values),
            Kind::Outcome => self.outcome(&mut draft, values)?,
            Kind::Release => self.release(&mut draft, values)?,
            Kind::Trust
            | Kind::Policy
            | Kind::Approval
            | Kind::Triage
            | Kind::Review
            | Kind::Closure
            | Kind::Resume
            | Kind::Receipt
            | Kind::Audit => {}
        }
        Ok(draft)
    }

    /// Returns an exception with the values common to all failures of a report. It has placeholders for the
    /// values that differ from failure to failure.
    pub fn common_exception(&self, values: &DraftValues) -> Result<Prefilled, PrefillError> {
        let mut draft = Prefilled::new(Kind::Exception);
        self.common(&mut draft, values)?;
        draft.text("workflow", Some(values.workflow.as_ref().map_or("unnamed", |name| name.as_str())));
        draft.text("summary", Some("its own"));
        draft.text("root_cause", at_most_one(&values.root_causes, PrefillError::SeveralRootCauses)?);
        Ok(draft)
    }

    /// Sets the services and environments. If neither is given and the policy has only one target, that one
    /// is set. Returns the targets.
    fn targets(&self, draft: &mut Prefilled, values: &DraftValues) -> Targets {
        let (mut services, mut environments) = (values.services.clone(), values.environments.clone());
        let known = self.loaded.replay.past().policy().targets();
        if let ([only], true, true) = (known, services.is_empty(), environments.is_empty()) {
            services.push(only.service.clone());
            environments.push(only.environment.clone());
        }
        draft.list("services", &services);
        draft.list("environments", &environments);
        Targets::product(&services, &environments)
    }

    fn exception(&self, draft: &mut Prefilled, values: &DraftValues) -> Result<(), PrefillError> {
        self.common(draft, values)?;
        draft.text("summary", values.summary.as_ref());
        draft.text("workflow", values.workflow.as_ref());
        draft.text("root_cause", at_most_one(&values.root_causes, PrefillError::SeveralRootCauses)?);
        draft.text("symptom", values.symptom.as_ref());
        Ok(())
    }

    /// Sets what all exceptions of a report share: targets, failure, origin, commit, times and trigger.
    fn common(&self, draft: &mut Prefilled, values: &DraftValues) -> Result<(), PrefillError> {
        self.targets(draft, values);
        draft.text("failure", values.failure.as_ref());
        draft.text("origin", values.origin.as_ref());
        draft.text("step", values.step.as_ref());
        draft.text("third_party", values.third_party.as_ref());
        draft.list("references", &values.references);
        draft.text("commit", at_most_one(&values.commits, PrefillError::SeveralCommits)?);
        draft.time("occurred_at", values.occurred_at);
        draft.time("expires_at", values.expires_in.map(|length| self.now.plus(length)));
        draft.text("trigger.identity", Some(values.identity.as_ref().unwrap_or(self.author)));
        draft.text("trigger.credential", values.credential.as_ref());
        draft.text("trigger.task", values.task.as_ref());
        Ok(())
    }

    fn plan(&self, draft: &mut Prefilled, values: &DraftValues) {
        let targets = self.targets(draft, values);
        draft.text("summary", values.summary.as_ref());
        draft.text("owner", Some(self.author));
        draft.text("method", Some("redeploy"));
        draft.time("expires_at", Some(self.now.plus(values.expires_in.unwrap_or(PLAN_LIFETIME))));
        let ran = |target: Target| self.state.is_some_and(|state| state.newest_allowed(&target).is_some());
        // Without an earlier deployment there is nothing to go back to, so `to` is left open.
        draft.text("to", targets.iter().any(ran).then_some("previous"));
    }

    fn redesign(&self, draft: &mut Prefilled, values: &DraftValues) {
        self.targets(draft, values);
        draft.text("summary", values.summary.as_ref());
        draft.text("workflow", values.workflow.as_ref());
        draft.list("root_causes", &values.root_causes);
        draft.text("owner", Some(self.author));
        draft.time("due", Some(self.now.plus(values.expires_in.unwrap_or(REDESIGN_DUE))));
        draft.text("change", (!values.commits.is_empty()).then_some("code"));
        draft.tables("commit", values.commits.iter().map(|id| vec![("id", id.to_string())]).collect());
    }

    fn quarantine(&self, draft: &mut Prefilled, values: &DraftValues) -> Result<(), PrefillError> {
        let mut entries = values.entries.clone();
        if entries.is_empty() {
            let halting = self.loaded.replay.past().unaccounted();
            entries = halting.map(|entry| Ok(entry?.commit)).collect::<Result<_, Unreadable>>()?;
            entries.sort_unstable();
        }
        draft.list("entries", &entries);
        draft.text("reason", values.reason.as_ref());
        Ok(())
    }

    fn outcome(&self, draft: &mut Prefilled, values: &DraftValues) -> Result<(), PrefillError> {
        draft.text("of", values.of);
        draft.text("result", values.result);
        let began = values.started_at.or(values.ended_at).unwrap_or(self.now);
        draft.time("started_at", Some(began));
        draft.time("ended_at", Some(values.ended_at.unwrap_or(self.now.max(began))));
        draft.text("exception", at_most_one(&values.exceptions, PrefillError::SeveralExceptions)?);
        let measured = values.measured.iter().map(|measured| {
            vec![("metric", measured.metric.to_string()), ("value", measured.value.to_string())]
        });
        draft.tables("measured", measured.collect());
        Ok(())
    }

    fn release(&self, draft: &mut Prefilled, values: &DraftValues) -> Result<(), PrefillError> {
        let target = match values.targets().iter().collect::<Vec<_>>().as_slice() {
            [only] => Some(only.clone()),
            [] => match self.loaded.replay.past().policy().targets() {
                [only] => Some(only.target()),
                _ => None,
            },
            _ => return Err(PrefillError::SeveralTargets),
        };
        draft.text("service", target.as_ref().map(|target| &target.service));
        draft.text("environment", target.as_ref().map(|target| &target.environment));
        let commit = at_most_one(&values.commits, PrefillError::SeveralCommitsOfRelease)?;
        draft.text("commit", commit);
        draft.list("references", &values.references);
        draft.time("expires_at", Some(self.now.plus(values.expires_in.unwrap_or(RELEASE_LIFETIME))));
        let mut accepted: Vec<RecordId> = values.exceptions.clone();
        if let (Some(state), Some(target), Some(commit)) = (self.state, &target, commit) {
            draft.text("rollback_plan", state.plan_in_force(target, commit, self.now).map(|plan| plan.id));
            if values.accepted == Acceptance::All {
                accepted.extend(state.to_accept(target, self.now));
            }
        }
        accepted.sort_unstable();
        accepted.dedup();
        draft.list("exceptions", &accepted);
        let artifact = |built: &crate::record::kind::receipt::Artifact| {
            vec![("name", built.name.to_string()), ("sha256", built.sha256.to_string())]
        };
        draft.tables("artifact", values.artifacts.iter().map(artifact).collect());
        Ok(())
    }
}

/// Returns the only value; `None` if there is none. If there are more, returns the error `several`.
fn at_most_one<T>(values: &[T], several: PrefillError) -> Result<Option<&T>, PrefillError> {
    match values {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => Err(several),
    }
}
