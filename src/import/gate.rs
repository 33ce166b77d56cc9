//! Reads the facts of an exception from a refusal of the gate, as `countersign gate --json` prints it.

use serde::Deserialize;

use super::format::Malformed;
use super::{SourceFacts, wording};
use crate::finding::CheckCode;
use crate::value::{CommitId, EnvironmentName, ServiceName, Time};

/// The parts of the gate's output that an exception needs.
#[derive(Deserialize)]
struct GateAnswer {
    decision: GateVerdict,
    service: String,
    environment: String,
    commit: String,
    at: String,
    checks: Vec<GateCheck>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum GateVerdict {
    Allowed,
    Refused,
}

#[derive(Deserialize)]
struct GateCheck {
    code: String,
    result: GateResult,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum GateResult {
    Pass,
    Warn,
    Fail,
    Waived,
}

/// Returns the facts of an exception, taken from the target, commit, time and failed checks of a refusal.
pub fn gate(text: &str) -> Result<SourceFacts, Malformed> {
    let wrong = |message: String| Malformed { line: 1, column: 1, message };
    let answer: GateAnswer = serde_json::from_str(text).map_err(|error| {
        let malformed = Malformed::json(&error);
        let message = format!("is not the output of `countersign gate --json`: {}", malformed.message);
        Malformed { message, ..malformed }
    })?;
    if answer.decision == GateVerdict::Allowed {
        return Err(wrong("the gate allowed this deployment: there is no exception to record".to_owned()));
    }
    let of = |field: &str, error: crate::value::FormError| wrong(format!("`{field}`: {error}"));
    let service: ServiceName = answer.service.parse().map_err(|error| of("service", error))?;
    let environment: EnvironmentName =
        answer.environment.parse().map_err(|error| of("environment", error))?;
    let commit: CommitId = answer.commit.parse().map_err(|error| of("commit", error))?;
    let at: Time = answer.at.parse().map_err(|error| of("at", error))?;
    let mut failed: Vec<String> = Vec::new();
    for check in answer.checks.iter().filter(|check| check.result == GateResult::Fail) {
        let code: CheckCode = check.code.parse().map_err(|error| of("checks.code", error))?;
        failed.push(code.to_string());
    }
    if failed.is_empty() {
        return Err(wrong("the gate refused, but its output names no check that failed".to_owned()));
    }
    let codes = failed.join(", ");
    Ok(SourceFacts {
        workflow: None,
        summary: wording::line(&format!("The gate refused {service} in {environment}: {codes}")),
        symptom: wording::symptom(&format!("gate:{}", failed.join(","))),
        task: wording::line(&format!("gate for {service} in {environment}, commit {commit}")),
        services: vec![service],
        environments: vec![environment],
        occurred_at: Some(at),
        commit: Some(commit),
    })
}
