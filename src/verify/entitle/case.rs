//! [`Case`]: a record whose entitlement is evaluated, with its context.

use std::collections::HashMap;
use std::sync::Arc;

use super::references::references;
use crate::record::{Body, Content, Header, Kind};
use crate::sshsig::PublicKey;
use crate::value::{MemberName, RecordId, Targets};
use crate::verify::accepted::Accepted;
use crate::verify::authenticate::AuthenticRecord;
use crate::verify::bodies::MissingBody;
use crate::verify::past::Past;

/// What a record says, and the key that signs it: all that entitlement depends on.
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
    /// The bodies of the records that it refers to, as far as they are in the ledger and not foreign.
    bodies: HashMap<RecordId, Arc<Body>>,
}

impl<'a> Case<'a> {
    /// Collects what the evaluation of a record needs. It is an error if the body of a record that it refers
    /// to cannot be read.
    pub(in crate::verify) fn new(
        past: &'a Past,
        said: Said<'a>,
        position: u64,
        entry: &'a [&'a AuthenticRecord],
    ) -> Result<Self, MissingBody> {
        let mut case = Self { past, said, position, entry, bodies: HashMap::new() };
        let Some(body) = case.body() else { return Ok(case) };
        for id in references(body).iter().flat_map(|reference| reference.ids.iter()) {
            case.collect(id)?;
        }
        // The targets of a triage are those of its exceptions, and those of an outcome are its receipt's; a vote
        // on either needs them.
        let subject = case.subject_body().map(|body| &**body).cloned();
        if let Some(Body::Triage(triage)) = &subject {
            triage.of.iter().try_for_each(|id| case.collect(id))?;
        }
        if let Some(Body::Outcome(outcome)) = &subject {
            case.collect(&outcome.of)?;
        }
        Ok(case)
    }

    fn collect(&mut self, id: &RecordId) -> Result<(), MissingBody> {
        if let Some(body) = self.past.body(id)? {
            self.bodies.insert(*id, body);
        }
        Ok(())
    }

    /// Returns the content of a record that this one refers to; `None` if it is foreign or not in the ledger.
    pub(in crate::verify) fn body_of(&self, id: &RecordId) -> Option<&Arc<Body>> {
        self.bodies.get(id)
    }

    /// Whether its entry holds only receipts.
    pub(in crate::verify) fn is_among_receipts(&self) -> bool {
        self.entry.iter().all(|record| record.record().kind().as_str() == Kind::Receipt.as_str())
    }

    pub(in crate::verify) fn header(&self) -> &Header {
        self.said.header
    }

    pub(in crate::verify) fn author(&self) -> &MemberName {
        &self.header().author
    }

    /// Returns the subject of the record: the one that it approves, reviews, closes or resumes, or whose
    /// outcome it reports.
    pub(in crate::verify) fn subject(&self) -> Option<Accepted> {
        self.past.record(&self.about()?)
    }

    /// Returns the content of the subject.
    pub(in crate::verify) fn subject_body(&self) -> Option<&Arc<Body>> {
        self.body_of(&self.about()?)
    }

    fn about(&self) -> Option<RecordId> {
        // A triage speaks of many records, and is judged by their targets alone.
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

    /// Returns the targets that the author's scope must cover: those of the subject, or the record's own if
    /// it has no subject. The targets of a triage are those of its exceptions.
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
