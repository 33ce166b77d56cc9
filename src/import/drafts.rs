//! Converts reported failures into drafts of exceptions.

use super::{Map, ReportedFailure};
use crate::record::field::Int;
use crate::record::kind::exception::Exception;
use crate::value::WorkflowName;

/// A draft of an exception, made from a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedDraft {
    /// The report that holds the failure, and the place in that report.
    pub place: String,
    /// The pattern of the map rule that matched, if any.
    pub mapped: Option<String>,
    /// Whether neither the map nor the options name a workflow. The workflow of the draft is then a placeholder.
    pub is_homeless: bool,
    /// The draft.
    pub exception: Exception,
}

/// Makes a draft for each failure. `given` holds the values that all drafts share, such as the targets and the trigger.
/// A value of the matching map rule takes precedence over the one in `given`. The workflow is that of the rule, or else
/// `workflow`, or else the one in `given`.
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
