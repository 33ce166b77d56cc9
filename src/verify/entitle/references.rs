//! The references from records to other records, and the kinds of record that each reference allows.

use std::borrow::Cow;

use crate::record::Body;
use crate::value::RecordId;

/// A reference from a record to others.
pub(super) struct RecordReference<'a> {
    /// The ids of the records.
    pub(super) ids: Cow<'a, [RecordId]>,
    /// The kind of record that the reference allows, as a phrase.
    pub(super) what: &'static str,
    pub(super) fits: fn(&Body) -> bool,
}

/// Returns the references of a record to other records.
pub(super) fn references(body: &Body) -> Vec<RecordReference<'_>> {
    let reference = RecordReference::to;
    match body {
        Body::Approval(approval) => {
            vec![reference(
                std::slice::from_ref(&approval.of),
                "a record that can be voted on",
                is_approvable,
            )]
        }
        Body::Closure(closure) => {
            let fits = |other: &Body| matches!(other, Body::Exception(_) | Body::RollbackPlan(_));
            vec![reference(std::slice::from_ref(&closure.of), "an exception or a plan", fits)]
        }
        Body::Exception(exception) => vec![
            reference(exception.answers.as_slice(), "an exception", is_exception),
            reference(exception.renews.as_slice(), "an exception", is_exception),
        ],
        Body::RollbackPlan(plan) => vec![reference(plan.supersedes.as_slice(), "a plan", is_plan)],
        Body::Redesign(redesign) => {
            vec![reference(redesign.supersedes.as_slice(), "a redesign", is_redesign)]
        }
        Body::Receipt(receipt) => {
            let checked = receipt.check.iter().flat_map(|check| check.records.iter().copied()).collect();
            vec![
                reference(receipt.redesigns.as_slice(), "a redesign", is_redesign),
                reference(receipt.waivers.as_slice(), "an exception", is_exception),
                reference(receipt.release.as_slice(), "a release", |other| matches!(other, Body::Release(_))),
                RecordReference { ids: Cow::Owned(checked), what: "a record", fits: |_| true },
            ]
        }
        Body::Triage(triage) => vec![
            reference(triage.of.as_slice(), "an exception", is_exception),
            reference(triage.duplicate_of.as_slice(), "an exception", is_exception),
        ],
        Body::Release(release) => vec![
            reference(std::slice::from_ref(&release.rollback_plan), "a plan", is_plan),
            reference(release.exceptions.as_slice(), "an exception", is_exception),
        ],
        Body::Review(review) => {
            let is_override =
                |other: &Body| matches!(other, Body::Exception(exception) if exception.is_override());
            vec![
                reference(std::slice::from_ref(&review.of), "an override", is_override),
                reference(review.follow_up.as_slice(), "a record", |_| true),
            ]
        }
        Body::Resume(resume) => {
            let is_pause = |other: &Body| matches!(other, Body::Pause(_));
            vec![reference(std::slice::from_ref(&resume.of), "a pause", is_pause)]
        }
        Body::Outcome(outcome) => {
            let of = std::slice::from_ref(&outcome.of);
            let of = if outcome.result.is_of_rehearsal() {
                reference(of, "a rollback plan", is_plan)
            } else {
                reference(of, "a receipt", |other| matches!(other, Body::Receipt(_)))
            };
            vec![of, reference(outcome.exception.as_slice(), "an exception", is_exception)]
        }
        Body::Audit(_) | Body::Quarantine(_) | Body::Trust(_) | Body::Policy(_) | Body::Pause(_) => {
            Vec::new()
        }
    }
}

impl<'a> RecordReference<'a> {
    fn to(ids: &'a [RecordId], what: &'static str, fits: fn(&Body) -> bool) -> Self {
        Self { ids: Cow::Borrowed(ids), what, fits }
    }
}

fn is_exception(body: &Body) -> bool {
    matches!(body, Body::Exception(_))
}

fn is_plan(body: &Body) -> bool {
    matches!(body, Body::RollbackPlan(_))
}

fn is_redesign(body: &Body) -> bool {
    matches!(body, Body::Redesign(_))
}

fn is_approvable(body: &Body) -> bool {
    match body {
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
        | Body::Audit(_) => false,
        // Only an outcome that bars a deployment can be voted on.
        Body::Outcome(outcome) => outcome.result.bars(),
    }
}
