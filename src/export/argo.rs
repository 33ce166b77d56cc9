//! Argo Rollouts: the criteria of a plan as an `AnalysisTemplate` (argoproj.io/v1alpha1). The output is JSON,
//! which is also YAML.
//!
//! Each criterion becomes a metric. Its query takes the minimum or maximum over the window (`min_over_time`,
//! `max_over_time`), so that one measurement shows whether the comparison held for the whole window. The measurement
//! fails if the comparison held for any series, and `failureLimit` is 0: one failure fails the analysis.
//!
//! The window is in the query and not in Argo's counters for two reasons. Argo counts all failures, not only
//! consecutive ones. And an analysis that ends after one window would miss a problem that begins in the middle of
//! that window.
//!
//! `initialDelay` is as long as a query looks back, so that values from before the deployment do not count against the
//! deployment. A measurement without a number is neither a success nor a failure: it is inconclusive, and the rollout
//! stops until a person decides.

use std::collections::BTreeMap;

use serde::Serialize;

use super::criteria::{ExportError, ExportedCriterion, Extreme, Subject, too_long};
use crate::measure::{Address, Obstacle};
use crate::value::{Digest, Duration, Target};

/// Options of an analysis.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// The Prometheus server for criteria whose source names none. Without it, Argo's controller must be
    /// configured with one.
    pub address: Option<Address>,
    /// How long an analysis step of the rollout runs. Without it, the analysis runs in the background until
    /// the rollout ends.
    pub watched: Option<Duration>,
}

/// Renders a plan as an `AnalysisTemplate`.
pub fn argo(subject: &Subject<'_>, analysis: &Analysis) -> Result<String, ExportError> {
    let criteria = subject.criteria(|criterion| check(criterion, analysis))?;
    let template = Template {
        api_version: "argoproj.io/v1alpha1",
        kind: "AnalysisTemplate",
        metadata: Metadata { name: name(subject.target), annotations: annotations(subject, &criteria) },
        spec: Spec { metrics: criteria.iter().map(|criterion| metric(criterion, analysis)).collect() },
    };
    Ok(super::prometheus::pretty(&template))
}

/// Checks that Argo Rollouts can express a criterion.
fn check(criterion: &ExportedCriterion<'_>, analysis: &Analysis) -> Result<(), Obstacle> {
    if criterion.query.contains("{{") {
        let field = if criterion.query == criterion.says.metric.as_str() { "metric" } else { "source" };
        let problem = "holds `{{` in its query, which Argo Rollouts would expand".to_owned();
        return Err(Obstacle { field, problem });
    }
    let Some(watched) = analysis.watched else { return Ok(()) };
    if watched.seconds() < criterion.says.window.seconds() {
        let window = criterion.says.window;
        let problem = format!("is {window}, longer than the {watched} that the step watches");
        return Err(Obstacle { field: "window", problem });
    }
    criterion.sampling.over(watched).map(|_| ()).ok_or_else(|| too_long("window", watched))
}

fn metric(criterion: &ExportedCriterion<'_>, analysis: &Analysis) -> Metric {
    let over = match criterion.hardest() {
        Extreme::Least => "min_over_time",
        Extreme::Greatest => "max_over_time",
    };
    let sampling = criterion.sampling;
    let address = criterion.address.as_ref().or(analysis.address.as_ref());
    Metric {
        name: format!("criterion-{}", criterion.number),
        initial_delay: format!("{}s", sampling.range),
        interval: format!("{}s", sampling.step),
        count: analysis.watched.and_then(|watched| sampling.over(watched)),
        failure_limit: 0,
        failure_condition: format!("any(result, {{# {}}})", criterion.bound()),
        success_condition: format!("len(result) > 0 && all(result, {{# {}}})", criterion.opposite_bound()),
        provider: Provider {
            prometheus: Query {
                address: address.map(ToString::to_string),
                query: format!("{over}(({})[{}s:{}s])", criterion.query, sampling.range, sampling.step),
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
    let words = |criterion: &ExportedCriterion<'_>| {
        (format!("countersign/criterion-{}", criterion.number), criterion.words())
    };
    found.extend(criteria.iter().map(words));
    found
}

/// Returns a valid Kubernetes name for the plans of a target. All plans of a target have the same name, and no two
/// targets share one.
fn name(target: &Target) -> String {
    let (service, environment) = (target.service.as_str(), target.environment.as_str());
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let name = format!("countersign-{service}-{environment}");
    if is_plain(service) && is_plain(environment) {
        return name;
    }
    // A name with dashes or replaced characters could belong to two targets. A digest makes the two names different.
    let allowed = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
    let name: String = name.chars().map(allowed).collect();
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
            let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(name.bytes().all(good) && name.len() <= 253 && !name.ends_with('-'), "{name}");
        }
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
    }
}
