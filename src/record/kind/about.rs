//! What a record is about, besides the targets it names: other records, a commit, root causes.

use super::Body;
use crate::value::{CommitId, Line, RecordId, RootCause};

impl Body {
    /// The records that this one is about. They are the records that it votes on, closes, reviews or triages, the pause
    /// that it ends, or the receipt or plan whose outcome it reports.
    pub fn about(&self) -> &[RecordId] {
        match self {
            Self::Approval(vote) => std::slice::from_ref(&vote.of),
            Self::Closure(closure) => std::slice::from_ref(&closure.of),
            Self::Review(review) => std::slice::from_ref(&review.of),
            Self::Resume(resume) => std::slice::from_ref(&resume.of),
            Self::Outcome(outcome) => std::slice::from_ref(&outcome.of),
            Self::Triage(triage) => triage.of.as_slice(),
            Self::Trust(_)
            | Self::Policy(_)
            | Self::Exception(_)
            | Self::RollbackPlan(_)
            | Self::Redesign(_)
            | Self::Release(_)
            | Self::Pause(_)
            | Self::Receipt(_)
            | Self::Audit(_)
            | Self::Quarantine(_) => &[],
        }
    }

    /// The commit that the record names. It is the commit to be deployed, the commit that was running, the commit that
    /// a plan is bound to, or the last commit of a redesign.
    pub fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Exception(exception) => exception.commit.as_ref(),
            Self::RollbackPlan(plan) => plan.commit.as_ref(),
            Self::Redesign(redesign) => redesign.commit.iter().next_back().map(|commit| &commit.id),
            Self::Release(release) => Some(&release.commit),
            Self::Receipt(receipt) => Some(&receipt.commit),
            Self::Trust(_)
            | Self::Policy(_)
            | Self::Triage(_)
            | Self::Approval(_)
            | Self::Review(_)
            | Self::Closure(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Outcome(_)
            | Self::Audit(_)
            | Self::Quarantine(_) => None,
        }
    }

    /// The root causes that the record names.
    pub fn root_causes(&self) -> Vec<&RootCause> {
        match self {
            Self::Exception(exception) => exception.root_cause.iter().collect(),
            Self::Triage(triage) => triage.root_cause.iter().collect(),
            Self::Redesign(redesign) => redesign.root_causes.iter().collect(),
            Self::Trust(_)
            | Self::Policy(_)
            | Self::RollbackPlan(_)
            | Self::Release(_)
            | Self::Approval(_)
            | Self::Review(_)
            | Self::Closure(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Receipt(_)
            | Self::Outcome(_)
            | Self::Audit(_)
            | Self::Quarantine(_) => Vec::new(),
        }
    }

    /// The reason that the record gives, or the findings of a review.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Approval(vote) => vote.reason.as_ref().map(Line::as_str),
            Self::Closure(closure) => Some(closure.reason.as_str()),
            Self::Triage(triage) => Some(triage.reason.as_str()),
            Self::Review(review) => Some(review.findings.as_str()),
            Self::Pause(pause) => Some(pause.reason.as_str()),
            Self::Resume(resume) => Some(resume.reason.as_str()),
            Self::Trust(_)
            | Self::Policy(_)
            | Self::Exception(_)
            | Self::RollbackPlan(_)
            | Self::Redesign(_)
            | Self::Release(_)
            | Self::Receipt(_)
            | Self::Outcome(_)
            | Self::Audit(_)
            | Self::Quarantine(_) => None,
        }
    }
}
