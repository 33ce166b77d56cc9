//! The rules for references from one record to another.

use super::case::Case;
use super::references::{RecordReference, references};
use crate::record::kind::approval::VoteVerdict;
use crate::record::{Body, Kind};
use crate::trust::Roster;
use crate::value::RecordId;

/// Every referenced record must exist, must not be void, must stand at this position, and must be of a kind that the
/// reference allows. A record stands if its key is believed and its entry is not quarantined; some records stand
/// whatever happens later ([`Past::stands_for_ever`](crate::verify::Past::stands_for_ever)). In addition, an audit must
/// name a boundary and its root, a quarantine must name entries that can be quarantined, and an outcome must not be
/// approved.
pub(super) fn reference(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    if let Some(found) = references(body).iter().find_map(|reference| case.missing(reference)) {
        return Some(found);
    }
    match body {
        Body::Audit(audit) => (case.audited().map(|root| *root.digest()) != Some(audit.root))
            .then(|| format!("no entry ends at size {} with that root", audit.size.value())),
        Body::Quarantine(_) => case.unfit().cloned(),
        Body::Approval(approval) => {
            let is_outcome =
                case.body_of(&approval.of).is_some_and(|about| matches!(**about, Body::Outcome(_)));
            let approves = approval.verdict == VoteVerdict::Approve && is_outcome;
            approves.then(|| "an outcome is answered with a rejection, and never approved".to_owned())
        }
        Body::Closure(_)
        | Body::Exception(_)
        | Body::RollbackPlan(_)
        | Body::Redesign(_)
        | Body::Receipt(_)
        | Body::Triage(_)
        | Body::Release(_)
        | Body::Review(_)
        | Body::Resume(_)
        | Body::Outcome(_)
        | Body::Trust(_)
        | Body::Policy(_)
        | Body::Pause(_) => None,
    }
}

/// The author of an approval, review, closure or resume must have seen its subject: nobody signs a blank cheque.
pub(super) fn seen(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    if body.kind() == Kind::Outcome {
        return None;
    }
    let subject = case.subject()?;
    let size = case.header().checkpoint.map_or(0, |checkpoint| checkpoint.size);
    (size <= subject.position).then(|| {
        format!(
            "its author had seen only {size} records, but its subject is at position {}",
            subject.position
        )
    })
}

/// A person may vote on a record again only after seeing their earlier vote. A rejection is always allowed.
pub(super) fn stale_word(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Approval(approval) = body else { return None };
    if approval.verdict == VoteVerdict::Reject {
        return None;
    }
    let size = case.header().checkpoint.map_or(0, |checkpoint| checkpoint.size);
    let (person, earlier) = case.earlier_vote()?;
    (size <= *earlier)
        .then(|| format!("its author had seen only {size} records, but {person} voted at position {earlier}"))
}

/// A vote on a proposal must be cast while the proposal is open. A vote on any other record must be dated before the
/// end of that record.
pub(super) fn closed(case: &Case<'_>, body: &Body, _: &Roster) -> Option<String> {
    let Body::Approval(approval) = body else { return None };
    let subject = case.subject()?;
    let about = case.body_of(&approval.of)?;
    if about.kind().is_proposed() {
        let open = case.past.proposals().get(&approval.of).is_some();
        return (!open).then(|| "the proposal is no longer open".to_owned());
    }
    let end = case.past.policy().end(about, subject.created_at)?;
    (case.header().created_at >= end).then(|| format!("its subject was over at {end}"))
}

impl Case<'_> {
    /// Returns a message about the first id whose record is not in the ledger, is void, does not stand at this
    /// position, or is of a kind that the reference does not allow.
    fn missing(&self, reference: &RecordReference<'_>) -> Option<String> {
        let is_there = |id: &&RecordId| {
            let accepted = self.record_of(id).filter(|accepted| self.past.stands_accepted(id, accepted));
            accepted.and_then(|_| self.body_of(id)).is_some_and(|body| (reference.fits)(body))
        };
        let missing = reference.ids.iter().find(|id| !is_there(id))?;
        Some(format!("{missing} is not {} that is valid at this position", reference.what))
    }

    /// Whether the record votes on an open proposal with a key that the proposal lists for the author, but `roster`
    /// does not (ledger-schema/trust.md).
    pub(in crate::verify) fn is_by_proposed_key(&self, roster: &Roster) -> bool {
        let in_force = roster.holder(self.said.key).is_some_and(|holder| holder.name == *self.author());
        !in_force && self.proposal().is_some_and(|proposal| proposal.lists(self.author(), self.said.key))
    }
}
