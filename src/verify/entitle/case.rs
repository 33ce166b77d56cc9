//! [`Case`]: a record whose entitlement is evaluated, with its context.

use std::collections::HashMap;
use std::sync::Arc;

use super::references::references;
use crate::record::{Body, Content, Header, Kind};
use crate::sshsig::PublicKey;
use crate::value::{CommitId, MemberName, RecordId, Root, Targets};
use crate::verify::accepted::Accepted;
use crate::verify::authenticate::AuthenticRecord;
use crate::verify::bodies::Unreadable;
use crate::verify::past::Past;
use crate::verify::proposal::Side;

/// The content of a record and the key that signs it. Nothing else of the record affects its entitlement.
#[derive(Clone, Copy)]
pub(in crate::verify) struct Said<'a> {
    pub(in crate::verify) header: &'a Header,
    /// `None` if the kind does not belong to this format.
    pub(in crate::verify) body: Option<&'a Body>,
    pub(in crate::verify) key: &'a PublicKey,
}

impl<'a> From<&'a AuthenticRecord> for Said<'a> {
    fn from(authentic: &'a AuthenticRecord) -> Self {
        let record = authentic.record();
        let body = match record.content() {
            Content::Known { body, .. } => Some(&**body),
            Content::Foreign => None,
        };
        Self { header: record.header(), body, key: authentic.key() }
    }
}

/// A record whose entitlement is evaluated, with its context.
pub(in crate::verify) struct Case<'a> {
    /// The state before its entry.
    pub(in crate::verify) past: &'a Past,
    /// The record.
    pub(in crate::verify) said: Said<'a>,
    /// The position that it will have.
    pub(in crate::verify) position: u64,
    /// All records of its entry.
    entry: &'a [&'a AuthenticRecord],
    /// The records that the record refers to, and those that its subject is about, as far as they are in the ledger.
    records: HashMap<RecordId, Accepted>,
    /// The bodies of these records. A foreign record has none.
    bodies: HashMap<RecordId, Arc<Body>>,
    /// The root at the size that the record audits, if that size is a boundary.
    audited: Option<Root>,
    /// Why an entry that the record names cannot be quarantined.
    unfit: Option<String>,
    /// The person who votes, and the position of their previous vote on the same record, if there is one.
    earlier_vote: Option<(MemberName, u64)>,
}

impl<'a> Case<'a> {
    /// Collects what the evaluation of a record needs. It is an error if a body that the evaluation needs cannot be
    /// read.
    pub(in crate::verify) fn new(
        past: &'a Past,
        said: Said<'a>,
        position: u64,
        entry: &'a [&'a AuthenticRecord],
    ) -> Result<Self, Unreadable> {
        let (records, bodies) = (HashMap::new(), HashMap::new());
        let (audited, unfit, earlier_vote) = (None, None, None);
        let mut case = Self { past, said, position, entry, records, bodies, audited, unfit, earlier_vote };
        let Some(body) = case.body() else { return Ok(case) };
        for id in references(body).iter().flat_map(|reference| reference.ids.iter()) {
            case.collect(id)?;
        }
        // A vote on a triage has the targets of the triage's exceptions, and a vote on an outcome those of the
        // outcome's receipt.
        let subject = case.subject_body().map(|body| &**body).cloned();
        if let Some(Body::Triage(triage)) = &subject {
            triage.of.iter().try_for_each(|id| case.collect(id))?;
        }
        if let Some(Body::Outcome(outcome)) = &subject {
            case.collect(&outcome.of)?;
        }
        if let Some(about) = case.about() {
            case.collect(&about)?;
        }
        match body {
            Body::Audit(audit) => case.audited = past.boundary(audit.size.value())?,
            Body::Quarantine(quarantine) => {
                let unfit = quarantine.entries.iter().map(|entry| quarantine_objection(past, entry));
                case.unfit = unfit.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().next();
            }
            Body::Approval(approval) => case.earlier_vote = case.vote_before(&approval.of)?,
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
            | Body::Pause(_) => {}
        }
        Ok(case)
    }

    fn collect(&mut self, id: &RecordId) -> Result<(), Unreadable> {
        if let Some(accepted) = self.past.record(id)? {
            self.records.insert(*id, accepted);
            self.bodies.extend(self.past.body(id)?.map(|body| (*id, body)));
        }
        Ok(())
    }

    /// Returns the content of a record that this one refers to; `None` if that record is foreign or not in the ledger.
    pub(in crate::verify) fn body_of(&self, id: &RecordId) -> Option<&Arc<Body>> {
        self.bodies.get(id)
    }

    /// Whether the record's entry holds only receipts.
    pub(in crate::verify) fn is_among_receipts(&self) -> bool {
        self.entry.iter().all(|record| record.record().kind().as_str() == Kind::Receipt.as_str())
    }

    pub(in crate::verify) fn header(&self) -> &Header {
        self.said.header
    }

    pub(in crate::verify) fn author(&self) -> &MemberName {
        &self.header().author
    }

    /// Returns the subject of the record: the record that it votes on, reviews, closes or resumes, or whose outcome it
    /// reports.
    pub(in crate::verify) fn subject(&self) -> Option<&Accepted> {
        self.record_of(&self.about()?)
    }

    /// Returns a record that this one refers to; `None` if that record is not in the ledger.
    pub(in crate::verify) fn record_of(&self, id: &RecordId) -> Option<&Accepted> {
        self.records.get(id)
    }

    /// Returns the person who votes, and the position of their previous vote on `of` with the same kind of key; `None`
    /// if there is no such vote.
    fn vote_before(&self, of: &RecordId) -> Result<Option<(MemberName, u64)>, Unreadable> {
        let Some(roster) = self.past.roster() else { return Ok(None) };
        let person = roster.person(self.author()).unwrap_or(self.author());
        let side = if self.is_by_proposed_key(roster) { Side::Proposed } else { Side::InForce };
        Ok(self.past.last_vote(*of, person, side)?.map(|position| (person.clone(), position)))
    }

    /// Returns the person who votes, and the position of their previous vote on the same record, if there is one.
    pub(in crate::verify) fn earlier_vote(&self) -> Option<&(MemberName, u64)> {
        self.earlier_vote.as_ref()
    }

    /// Returns the root at the size that the record audits, if that size is a boundary.
    pub(in crate::verify) fn audited(&self) -> Option<Root> {
        self.audited
    }

    /// Returns why the first unfit entry that the record names cannot be quarantined; `None` if all of them can.
    pub(in crate::verify) fn unfit(&self) -> Option<&String> {
        self.unfit.as_ref()
    }

    /// Returns the content of the subject.
    pub(in crate::verify) fn subject_body(&self) -> Option<&Arc<Body>> {
        self.body_of(&self.about()?)
    }

    fn about(&self) -> Option<RecordId> {
        // A triage is about many records, and only their targets matter for its entitlement.
        self.body().filter(|body| !matches!(body, Body::Triage(_)))?.about().first().copied()
    }

    fn body(&self) -> Option<&'a Body> {
        self.said.body
    }

    /// Returns the open proposal that the record votes on, if any.
    pub(in crate::verify) fn proposal(&self) -> Option<&crate::verify::proposal::Proposal> {
        let Body::Approval(approval) = self.body()? else { return None };
        self.past.proposals().get(&approval.of)
    }

    /// Returns the targets that the author's scope must cover: those of the subject, or the record's own if it has no
    /// subject. The targets of a triage are those of its exceptions, and the targets of an outcome are those of its
    /// receipt or plan.
    pub(in crate::verify) fn targets(&self, body: &Body) -> Targets {
        let of = |body: &Body| {
            if !matches!(body, Body::Triage(_) | Body::Outcome(_)) {
                return body.targets();
            }
            let about = body.about().iter().filter_map(|id| self.body_of(id));
            Targets::union(&about.map(|named| named.targets()).collect::<Vec<_>>())
        };
        self.subject_body().map_or_else(|| of(body), |subject| of(subject))
    }
}

/// Returns why an entry cannot be quarantined: it is not in the ledger, it is the first entry, or it holds a record
/// that stands for ever.
fn quarantine_objection(past: &Past, entry: &CommitId) -> Result<Option<String>, Unreadable> {
    if past.is_unaccounted(entry)? {
        return Ok(None);
    }
    let Some((from, to)) = past.table.counting(entry)? else {
        return Ok(Some(format!("{entry} is not an entry of this ledger")));
    };
    let mut stands = from == 0;
    for position in from..to {
        stands |= past.id_at(position)?.is_some_and(|id| past.stands_for_ever(&id));
    }
    Ok(stands.then(|| format!("{entry} holds a record that stands for ever")))
}
