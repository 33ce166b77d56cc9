//! What a record says about another one.

use super::case::Case;
use crate::record::kind::approval::Word;
use crate::record::kind::outcome::DeploymentOutcome;
use crate::record::{Body, Kind};
use crate::trust::Roster;
use crate::value::{CommitId, RecordId};

/// Every record that is named is there, not void, stands, and is of a kind that can be named there.
pub(super) fn reference(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let approvable = |other: &Body| match other {
        Body::Exception(exception) => exception.is_override(),
        Body::RollbackPlan(_)
        | Body::Redesign(_)
        | Body::Release(_)
        | Body::Triage(_)
        | Body::Trust(_)
        | Body::Policy(_)
        | Body::Quarantine(_) => true,
        Body::Approval(_)
        | Body::Review(_)
        | Body::Closure(_)
        | Body::Pause(_)
        | Body::Resume(_)
        | Body::Receipt(_)
        | Body::Outcome(_)
        | Body::Audit(_) => false,
    };
    let of = |kind: Kind| move |other: &Body| other.kind() == kind;
    let any = |_: &Body| true;
    match body {
        Body::Approval(approval) => case.missing(&[approval.of], "what can be approved", approvable),
        Body::Closure(closure) => {
            let closable = |other: &Body| matches!(other.kind(), Kind::Exception | Kind::RollbackPlan);
            case.missing(&[closure.of], "an exception or a plan", closable)
        }
        Body::Exception(exception) => {
            let ids: Vec<_> = exception.answers.iter().chain(&exception.renews).copied().collect();
            case.missing(&ids, "an exception", of(Kind::Exception))
        }
        Body::RollbackPlan(plan) => {
            case.missing(plan.supersedes.as_slice(), "a plan", of(Kind::RollbackPlan))
        }
        Body::Redesign(redesign) => {
            case.missing(redesign.supersedes.as_slice(), "a redesign", of(Kind::Redesign))
        }
        Body::Receipt(receipt) => {
            let rests: Vec<_> =
                receipt.check.iter().flat_map(|check| check.records.iter().copied()).collect();
            case.missing(&receipt.redesigns, "a redesign", of(Kind::Redesign))
                .or_else(|| case.missing(&receipt.waivers, "an exception", of(Kind::Exception)))
                .or_else(|| case.missing(receipt.release.as_slice(), "a release", of(Kind::Release)))
                .or_else(|| case.missing(&rests, "a record", any))
        }
        Body::Triage(triage) => {
            let ids: Vec<_> = triage.of.iter().chain(&triage.duplicate_of).copied().collect();
            case.missing(&ids, "an exception", of(Kind::Exception))
        }
        Body::Release(release) => case
            .missing(&[release.rollback_plan], "a plan", of(Kind::RollbackPlan))
            .or_else(|| case.missing(&release.exceptions, "an exception", of(Kind::Exception))),
        Body::Review(review) => {
            let expected =
                |other: &Body| matches!(other, Body::Exception(exception) if exception.expected.is_some());
            case.missing(&[review.of], "an expected exception", expected)
                .or_else(|| case.missing(&review.follow_up, "a record", any))
        }
        Body::Resume(resume) => case.missing(&[resume.of], "a pause", of(Kind::Pause)),
        Body::Outcome(outcome) => case.outcome(outcome),
        Body::Audit(audit) => {
            let root = case.past.boundary(audit.size.value());
            (root.map(|root| *root.digest()) != Some(audit.root))
                .then(|| format!("no entry ends at size {} with that root", audit.size.value()))
        }
        Body::Quarantine(quarantine) => quarantine.entries.iter().find_map(|entry| case.spared(entry)),
        Body::Trust(_) | Body::Policy(_) | Body::Pause(_) => None,
    }
}

/// Approvals, reviews, closures and resumes come from somebody who had seen their subject: no blank cheques.
pub(super) fn seen(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    if body.kind() == Kind::Outcome {
        return None;
    }
    let subject = case.subject()?;
    let size = case.header().checkpoint.map_or(0, |checkpoint| checkpoint.size);
    (size <= subject.position).then(|| {
        format!(
            "its author had seen {size} records, and what it is about stands at position {}",
            subject.position
        )
    })
}

/// A word other than a no follows an earlier word of the same person only if they had seen that.
pub(super) fn stale_word(case: &Case<'_>, body: &Body, roster: &Roster) -> Option<String> {
    let Body::Approval(approval) = body else { return None };
    if approval.verdict == Word::Reject {
        return None;
    }
    let size = case.header().checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let person = roster.person(case.author()).unwrap_or(case.author());
    let earlier = case.past.last_vote(approval.of, person, case.is_by_proposed_key(roster))?;
    (size <= earlier)
        .then(|| format!("{person} had spoken at position {earlier} and had seen {size} records here"))
}

/// A word comes before the end of what it is about.
pub(super) fn closed(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Approval(approval) = body else { return None };
    let subject = case.subject()?;
    let about = case.past.body(&approval.of)?;
    if about.kind().is_proposed() {
        let open = case.past.proposals().get(&approval.of).is_some();
        return (!open).then(|| "the proposal is no longer open".to_owned());
    }
    let end = case.past.policy().end(&about, subject.created_at)?;
    (case.header().created_at >= end).then(|| format!("what it is about was over at {end}"))
}

impl Case<'_> {
    /// Why an entry cannot be quarantined: it is none, the first, or holds what stands for ever.
    fn spared(&self, entry: &CommitId) -> Option<String> {
        if self.past.unaccounted().contains(entry) {
            return None;
        }
        let Some((from, to)) = self.past.table.counting(entry) else {
            return Some(format!("{entry} is no entry of this ledger"));
        };
        let mut ids = (from..to).filter_map(|at| self.past.id_at(at));
        let stands = from == 0 || ids.any(|id| self.past.forever.contains(&id));
        stands.then(|| format!("{entry} holds what stands for ever"))
    }

    /// An outcome is of a receipt; that of a rehearsal, of a plan.
    fn outcome(&self, outcome: &DeploymentOutcome) -> Option<String> {
        let (kind, what) = if outcome.result.is_of_rehearsal() {
            (Kind::RollbackPlan, "a plan, which is what is rehearsed")
        } else {
            (Kind::Receipt, "a receipt")
        };
        self.missing(&[outcome.of], what, |other| other.kind() == kind).or_else(|| {
            let exception = |other: &Body| other.kind() == Kind::Exception;
            self.missing(outcome.exception.as_slice(), "an exception", exception)
        })
    }

    fn missing(&self, ids: &[RecordId], what: &str, fits: impl Fn(&Body) -> bool) -> Option<String> {
        let there = |id: &&RecordId| {
            let accepted = self.past.record(id).filter(|accepted| self.past.stands_accepted(id, accepted));
            accepted.and_then(|_| self.past.body(id)).is_some_and(|body| fits(&body))
        };
        let missing = ids.iter().find(|id| !there(id))?;
        Some(format!("{missing} is not {what} that stands here"))
    }

    /// Whether the record is signed with a key that only an open proposal lists (ledger-schema/trust.md).
    pub(in crate::verify) fn is_by_proposed_key(&self, roster: &Roster) -> bool {
        let in_force =
            roster.holder(self.authentic.key()).is_some_and(|holder| holder.name == *self.author());
        !in_force
            && self.proposal().is_some_and(|proposal| proposal.lists(self.author(), self.authentic.key()))
    }
}
