//! [`Case`]: a record whose entitlement is evaluated, with its context.

use std::sync::Arc;

use crate::record::{Body, Content, Header};
use crate::value::{MemberName, RecordId, Target};
use crate::verify::accepted::Accepted;
use crate::verify::authenticate::AuthenticRecord;
use crate::verify::past::Past;

/// A record whose entitlement is evaluated, with its context.
pub(in crate::verify) struct Case<'a> {
    /// The state before its entry.
    pub(in crate::verify) past: &'a Past,
    /// The record.
    pub(in crate::verify) authentic: &'a AuthenticRecord,
    /// The position that it will have.
    pub(in crate::verify) position: u64,
    /// Whether its entry holds only receipts.
    pub(in crate::verify) only_receipts: bool,
}

impl Case<'_> {
    pub(in crate::verify) fn header(&self) -> &Header {
        self.authentic.record().header()
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
    pub(in crate::verify) fn subject_body(&self) -> Option<Arc<Body>> {
        self.past.body(&self.about()?)
    }

    fn about(&self) -> Option<RecordId> {
        match self.body()? {
            Body::Approval(approval) => Some(approval.of),
            Body::Closure(closure) => Some(closure.of),
            Body::Review(review) => Some(review.of),
            Body::Resume(resume) => Some(resume.of),
            Body::Outcome(outcome) => Some(outcome.of),
            Body::Trust(_)
            | Body::Policy(_)
            | Body::Exception(_)
            | Body::Triage(_)
            | Body::RollbackPlan(_)
            | Body::Redesign(_)
            | Body::Release(_)
            | Body::Pause(_)
            | Body::Receipt(_)
            | Body::Audit(_)
            | Body::Quarantine(_) => None,
        }
    }

    fn body(&self) -> Option<&Body> {
        match self.authentic.record().content() {
            Content::Known { body, .. } => Some(body),
            Content::Foreign => None,
        }
    }

    /// Returns the open proposal that the record votes on, if any.
    pub(in crate::verify) fn proposal(&self) -> Option<&crate::verify::proposal::Proposal> {
        let Body::Approval(approval) = self.body()? else { return None };
        self.past.proposals().get(&approval.of)
    }

    /// Returns the targets that the author's scope must cover: those of the subject, or the record's own if
    /// it has no subject. The targets of a triage are those of its exceptions.
    pub(in crate::verify) fn targets(&self, body: &Body) -> Vec<Target> {
        let of = |body: &Body| match body {
            Body::Triage(triage) => {
                let about = triage.of.iter().filter_map(|id| self.past.body(id));
                about.flat_map(|exception| exception.targets()).collect()
            }
            other => other.targets(),
        };
        self.subject_body().map_or_else(|| of(body), |subject| of(&subject))
    }
}
