//! Argo Rollouts: the criteria of a plan as an `AnalysisTemplate` (argoproj.io/v1alpha1), in JSON, which is YAML.
//!
//! A criterion is a metric. Its query asks Prometheus for the value that the comparison holds for last within the
//! window, so that one measurement says whether it has held for the whole of it; it fails for any series that it holds
//! for, and one failure is one too many. (Argo counts failures, not failures in a row, and an analysis that ends after
//! one window does not see what begins in its middle; so the window is asked for, not counted.) The first measurement
//! comes a window after the beginning: what went on before the deployment is not its fault. A measurement without
//! a number is no success either: it is inconclusive, which stops the rollout for a person.

use std::collections::BTreeMap;

use serde::Serialize;

use super::criteria::{ExportError, ExportedCriterion, Extreme, Subject, too_long};
use super::source::{Address, Obstacle};
use crate::value::{Digest, Duration, Target};

/// How an analysis is meant to be run.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The server of sources that name none; without one, Argo's controller has to know.
    pub address: Option<Address>,
    /// For how long a step of a rollout watches; without it, the analysis goes on in the background until
    /// the rollout ends.
    pub watched: Option<Duration>,
}

/// A plan as an `AnalysisTemplate`.
pub fn argo(subject: &Subject<'_>, analysis: &Analysis) -> Result<String, ExportError> {
    let criteria = subject.criteria(|asked| can_say(asked, analysis))?;
    let template = Template {
        api_version: "argoproj.io/v1alpha1",
        kind: "AnalysisTemplate",
        metadata: Metadata { name: name(subject.target), annotations: annotations(subject, &criteria) },
        spec: Spec { metrics: criteria.iter().map(|asked| metric(asked, analysis)).collect() },
    };
    Ok(super::prometheus::pretty(&template))
}

fn can_say(asked: &ExportedCriterion<'_>, analysis: &Analysis) -> Result<(), Obstacle> {
    if asked.query.contains("{{") {
        let field = if asked.query == asked.says.metric.as_str() { "metric" } else { "source" };
        let problem = "holds `{{` in its query, which Argo Rollouts would replace".to_owned();
        return Err(Obstacle { field, problem });
    }
    let Some(watched) = analysis.watched else { return Ok(()) };
    if watched.seconds() < asked.says.window.seconds() {
        let problem = format!("is {}, longer than the {watched} that the step watches", asked.says.window);
        return Err(Obstacle { field: "window", problem });
    }
    asked.looks.over(watched).map(|_| ()).ok_or_else(|| too_long("window", watched))
}

fn metric(asked: &ExportedCriterion<'_>, analysis: &Analysis) -> Metric {
    let over = match asked.hardest() {
        Extreme::Least => "min_over_time",
        Extreme::Greatest => "max_over_time",
    };
    let looks = asked.looks;
    let address = asked.address.as_ref().or(analysis.address.as_ref());
    Metric {
        name: format!("criterion-{}", asked.number),
        initial_delay: format!("{}s", looks.range),
        interval: format!("{}s", looks.step),
        count: analysis.watched.and_then(|watched| looks.over(watched)),
        failure_limit: 0,
        failure_condition: format!("any(result, {{# {}}})", asked.bound()),
        success_condition: format!("len(result) > 0 && all(result, {{# {}}})", asked.opposite_bound()),
        provider: Provider {
            prometheus: Query {
                address: address.map(ToString::to_string),
                query: format!("{over}(({})[{}s:{}s])", asked.query, looks.range, looks.step),
            },
        },
    }
}

fn annotations(subject: &Subject<'_>, criteria: &[ExportedCriterion<'_>]) -> BTreeMap<String, String> {
    let plan = subject.plan;
    let mut found: BTreeMap<String, String> = [
        ("ledger", subject.ledger.to_string()),
        ("rollback-plan", plan.id.to_string()),
        ("service", subject.target.service.to_string()),
        ("environment", subject.target.environment.to_string()),
        ("summary", plan.says.summary.to_string()),
        ("owner", plan.says.owner.to_string()),
    ]
    .into_iter()
    .chain(subject.end.map(|end| ("expires-at", end.to_string())))
    .chain(subject.warning().map(|warning| ("warning", warning)))
    .map(|(key, value)| (format!("countersign/{key}"), value))
    .collect();
    found.extend(criteria.iter().map(|it| (format!("countersign/criterion-{}", it.number), it.words())));
    found
}

/// A name that Kubernetes takes, the same for every plan of a target, and no other target's.
fn name(target: &Target) -> String {
    let (service, environment) = (target.service.as_str(), target.environment.as_str());
    let is_plain = |text: &str| text.bytes().all(|it| it.is_ascii_alphanumeric());
    let name = format!("countersign-{service}-{environment}");
    if is_plain(service) && is_plain(environment) {
        return name;
    }
    // With a dash in one of them, or with what has to be replaced, two targets could come to share a name.
    let name: String = name.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let digest = Digest::of(format!("{service} {environment}").as_bytes()).to_string();
    format!("{name}-{}", digest.get(..8).unwrap_or_default())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Serialize)]
struct Metadata {
    name: String,
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Spec {
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    name: String,
    initial_delay: String,
    interval: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i32>,
    failure_limit: i32,
    failure_condition: String,
    success_condition: String,
    provider: Provider,
}

#[derive(Serialize)]
struct Provider {
    prometheus: Query,
}

#[derive(Serialize)]
struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    query: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(service: &str, environment: &str) -> String {
        name(&Target { service: service.parse().unwrap(), environment: environment.parse().unwrap() })
    }

    #[test]
    fn no_two_targets_share_a_name_that_kubernetes_takes() {
        assert_eq!(named("payments", "production"), "countersign-payments-production");
        let long = "a".repeat(64);
        let names = [
            named("payments", "production"),
            named("a-b", "c"),
            named("a", "b-c"),
            named("a.b", "c"),
            named("a_b", "c"),
            named("a--", "c"),
            named(&long, &long),
        ];
        for name in &names {
            let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
            assert!(name.bytes().all(good) && name.len() <= 253 && !name.ends_with('-'), "{name}");
        }
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
