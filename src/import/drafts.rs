//! Failures into drafts of exceptions.

use super::{Map, ReportedFailure};
use crate::record::field::Int;
use crate::record::kind::exception::Exception;
use crate::value::WorkflowName;

/// A draft that a failure became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedDraft {
    /// Where the failure stands.
    pub place: String,
    /// The pattern of the map that fits it.
    pub mapped: Option<String>,
    /// Nobody said which automation failed: the workflow of the draft is none.
    pub is_homeless: bool,
    /// The draft.
    pub exception: Exception,
}

/// A draft for each failure. What the map says of it comes first, then `workflow`, then what `given` says of
/// all: the targets, the trigger, and perhaps a cause.
pub fn drafts(
    failures: &[ReportedFailure],
    map: Option<&Map>,
    workflow: Option<&WorkflowName>,
    given: &Exception,
) -> Vec<ImportedDraft> {
    let one = |failure: &ReportedFailure| {
        let rule = map.and_then(|map| map.rule(&failure.symptom));
        let workflow = rule.and_then(|rule| rule.workflow.as_ref()).or(workflow);
        let exception = Exception {
            workflow: workflow.unwrap_or(&given.workflow).clone(),
            failure: rule.and_then(|rule| rule.failure).or(given.failure),
            origin: rule.and_then(|rule| rule.origin).or(given.origin),
            root_cause: rule.and_then(|rule| rule.root_cause.clone()).or_else(|| given.root_cause.clone()),
            summary: failure.summary.clone(),
            symptom: Some(failure.symptom.clone()),
            occurrences: Int::new(failure.occurrences),
            ..given.clone()
        };
        ImportedDraft {
            place: failure.place.clone(),
            mapped: rule.map(|rule| rule.symptom.to_string()),
            is_homeless: workflow.is_none(),
            exception,
        }
    };
    failures.iter().map(one).collect()
}
