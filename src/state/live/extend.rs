//! Which records a live state can take, and which need a fold of the whole ledger instead.

use super::left_out::{LeftOut, LeftOutName};
use crate::record::kind::exception::Exception;
use crate::record::kind::outcome::DeploymentResult;
use crate::record::kind::receipt::Receipt;
use crate::record::kind::triage::Triage;
use crate::record::{Body, Kind};
use crate::state::State;
use crate::state::item::{Cause, Deployment};
use crate::state::pattern::PatternName;
use crate::value::{RecordId, RootCause};
use crate::verify::{Past, Unreadable, VerifiedRecord, referenced};

impl State {
    /// Whether this state can be extended with later records: it is the whole state, or it is a live state and none of
    /// the records touches what it leaves out. The whole ledger is folded for
    ///
    /// - a trust or a policy that took effect (after a distrust or quarantine, earlier snapshots no longer fit);
    /// - a record that names a record which was left out;
    /// - a receipt or a release that names a commit, if a deployment or a release with this commit was left out;
    /// - an exception, a triage or a redesign of a pattern that was left out, or of a key whose namings were left out;
    /// - a triage of an exception that is among the later records, if a pattern was left out in which this exception
    ///   can count;
    /// - a triage that names a root cause with a redesign that was left out;
    /// - an expected exception that happened before the time from which on the state answers;
    /// - an outcome `never-started`, or a vote on an outcome, in two cases: if a record after the deployment was left
    ///   out, or if this deployment or a later one to its target lists a redesign that was left out.
    ///
    /// Until dormant patterns are brought back, they and the redesigns that are stored with them count as left out, and
    /// no such outcome or vote is taken.
    pub(super) fn can_take(&self, past: &Past, records: &[VerifiedRecord]) -> Result<bool, Unreadable> {
        let Some(left_out) = &self.left_out else { return Ok(true) };
        let has_new_rules = past.roster().is_none_or(|roster| roster.id() != self.roster.id())
            || past.policy().id() != self.policy.id();
        if has_new_rules {
            return Ok(false);
        }
        for record in records {
            for id in referenced(record.body()) {
                if self.is_left_out(past, &id, left_out)? {
                    return Ok(false);
                }
            }
            if !self.can_take_one(record, records, left_out)? {
                return Ok(false);
            }
        }
        self.can_triage(past, records, left_out)
    }

    /// Whether this state can apply the triages among some records, and those on which the records vote. It can if
    /// none of their exceptions was left out, and no pattern in which one of these can count.
    fn can_triage(
        &self,
        past: &Past,
        records: &[VerifiedRecord],
        left_out: &LeftOut,
    ) -> Result<bool, Unreadable> {
        for triage in self.triages_that_act(records) {
            for id in &triage.of {
                if self.is_left_out(past, id, left_out)? {
                    return Ok(false);
                }
            }
            if !self.can_take_triage(&triage)? {
                return Ok(false);
            }
            for record in records.iter().filter(|record| triage.of.iter().any(|id| *id == record.id())) {
                if let Body::Exception(exception) = &**record.body()
                    && !self.holds_all(self.patterns_of_new(exception, &triage))?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether this state can take one of the records. Whatever the record names was not left out.
    fn can_take_one(
        &self,
        record: &VerifiedRecord,
        records: &[VerifiedRecord],
        left_out: &LeftOut,
    ) -> Result<bool, Unreadable> {
        Ok(match &**record.body() {
            Body::Exception(exception) => self.can_take_exception(record, exception, left_out)?,
            Body::Redesign(redesign) => {
                let pattern = |cause: &RootCause| {
                    PatternName::new(&redesign.workflow, &Cause::Named(cause.clone()), &self.policy)
                };
                self.holds_all(redesign.root_causes.iter().map(pattern))?
            }
            Body::Receipt(receipt) => self.can_take_receipt(receipt)?,
            Body::Release(release) => !self.has_left_out(&LeftOutName::Commit(&release.commit))?,
            Body::Outcome(outcome) if outcome.result == DeploymentResult::NeverStarted => {
                self.can_take_back(&outcome.of, left_out)
            }
            Body::Approval(approval) => match self.answered_in(approval, records) {
                Some(deployment) => self.can_take_back(&deployment, left_out),
                None => true,
            },
            Body::Triage(_)
            | Body::Outcome(_)
            | Body::RollbackPlan(_)
            | Body::Review(_)
            | Body::Closure(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Trust(_)
            | Body::Policy(_)
            | Body::Quarantine(_)
            | Body::Audit(_) => true,
        })
    }

    /// Whether a record was left out, or is stored with the dormant patterns: it is of a kind that the state holds, lies
    /// before the last such record, and is not in the state.
    fn is_left_out(&self, past: &Past, id: &RecordId, left_out: &LeftOut) -> Result<bool, Unreadable> {
        // An outcome has a place only if it can be answered.
        if self.places.contains_key(id) || self.outcomes.iter().any(|outcome| outcome.id == *id) {
            return Ok(false);
        }
        let end = left_out.dormant_end.max(Some(left_out.end));
        let known = past.record(id)?.filter(|known| Some(known.position) < end);
        Ok(known.and_then(|known| known.kind).is_some_and(|kind| match kind {
            Kind::Exception
            | Kind::RollbackPlan
            | Kind::Redesign
            | Kind::Triage
            | Kind::Release
            | Kind::Pause
            | Kind::Receipt
            | Kind::Outcome => true,
            Kind::Trust
            | Kind::Policy
            | Kind::Approval
            | Kind::Review
            | Kind::Closure
            | Kind::Resume
            | Kind::Quarantine
            | Kind::Audit => false,
        }))
    }

    /// Whether the state holds all these patterns: none of them was left out.
    fn holds_all(&self, patterns: impl IntoIterator<Item = PatternName>) -> Result<bool, Unreadable> {
        for pattern in patterns {
            if self.has_left_out(&LeftOutName::Pattern(&pattern))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn can_take_exception(
        &self,
        record: &VerifiedRecord,
        exception: &Exception,
        left_out: &LeftOut,
    ) -> Result<bool, Unreadable> {
        let cause = match &exception.root_cause {
            Some(cause) => Cause::Named(cause.clone()),
            None => Cause::Untriaged(exception.symptom.clone()),
        };
        let name = PatternName::new(&exception.workflow, &cause, &self.policy);
        let at = exception.occurred_at.unwrap_or(record.created_at());
        let is_counted = exception.expected.is_none() || left_out.since <= at;
        Ok(is_counted && !self.has_left_out(&LeftOutName::Pattern(&name))?)
    }

    fn can_take_triage(&self, triage: &Triage) -> Result<bool, Unreadable> {
        if let Some(cause) = &triage.root_cause
            && self.has_left_out(&LeftOutName::Redesigned(self.policy.cause(cause)))?
        {
            return Ok(false);
        }
        self.holds_all(self.patterns_triaged_by(triage))
    }

    fn can_take_receipt(&self, receipt: &Receipt) -> Result<bool, Unreadable> {
        for commit in [Some(&receipt.commit), receipt.previous.as_ref()].into_iter().flatten() {
            if self.has_left_out(&LeftOutName::Commit(commit))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether this state can undo or restore the effects of the redesigns that a deployment brought. It can if no
    /// pattern is dormant, no record after the deployment was left out, and it holds every redesign that this deployment
    /// or a later one to its target lists.
    fn can_take_back(&self, receipt: &RecordId, left_out: &LeftOut) -> bool {
        if left_out.dormant_end.is_some() {
            return false;
        }
        let Some(deployment) = self.deployment(receipt) else { return true };
        let is_later =
            |other: &&Deployment| deployment.position <= other.position && other.target == deployment.target;
        let mut brought =
            self.deployments.iter().filter(is_later).flat_map(|other| other.says.redesigns.iter());
        left_out.end <= deployment.position && brought.all(|redesign| self.places.contains_key(redesign))
    }
}
