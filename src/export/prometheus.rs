//! Prometheus: the criteria of a plan as alerting rules. The output is JSON, which is also YAML.
//!
//! Each criterion becomes a rule. The expression of the rule is the comparison of the criterion, and the `for` of
//! the rule is the window. In Prometheus a rule fails if several of its series differ only in the labels that the
//! rule sets. Such series are therefore aggregated to their minimum or maximum, whichever satisfies the comparison
//! more easily.

use serde::Serialize;

use super::criteria::{ExportError, ExportedCriterion, Extreme, Subject};
use crate::measure::Obstacle;

/// Renders a plan as a file of alerting rules.
pub fn prometheus(subject: &Subject<'_>) -> Result<String, ExportError> {
    // A server loads the whole file of rules, and evaluates all of them on the server's own data. So the sources
    // must not name two servers.
    let named = std::cell::OnceCell::new();
    let criteria = subject.criteria(|criterion| match &criterion.address {
        Some(address) if named.get_or_init(|| address.clone()) != address => {
            let problem =
                "names another server than an earlier criterion; one server evaluates all rules".to_owned();
            Err(Obstacle { field: "source", problem })
        }
        _ => Ok(()),
    })?;
    let target = subject.target;
    let group = AlertGroup {
        name: format!("countersign/{}/{}", target.service, target.environment),
        rules: criteria.iter().map(|criterion| rule(subject, criterion)).collect(),
    };
    Ok(pretty(&AlertRules { groups: vec![group] }))
}

fn rule(subject: &Subject<'_>, criterion: &ExportedCriterion<'_>) -> AlertRule {
    let target = subject.target;
    let aggregate = match criterion.easiest() {
        Extreme::Least => "min",
        Extreme::Greatest => "max",
    };
    let summary = format!("Roll back {target}: {}", criterion.words());
    AlertRule {
        alert: "CountersignRollback",
        expr: format!("{aggregate} without ({LABELS}) ({}) {}", criterion.query, criterion.bound()),
        held_for: criterion.says.window.to_string(),
        labels: AlertLabels {
            criterion: criterion.number.to_string(),
            environment: target.environment.to_string(),
            ledger: subject.ledger.to_string(),
            rollback_plan: subject.plan.id.to_string(),
            service: target.service.to_string(),
        },
        annotations: Annotations {
            summary: literal(&summary),
            description: literal(subject.plan.says.summary.as_str()),
            source: literal(criterion.says.source.as_str()),
            expires_at: subject.end.map(|end| end.to_string()),
            warning: subject.warning(),
        },
    }
}

/// Escapes text that Prometheus expands as a template, so that the expanded text is the same as before. Each
/// `{{` becomes a template that prints `{{`.
fn literal(text: &str) -> String {
    text.replace("{{", "{{\"{{\"}}")
}

/// Renders a value as indented JSON with a final line feed.
#[expect(clippy::expect_used, reason = "only a writer, or a map with other keys, can fail")]
pub(super) fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("strings, numbers and maps with string keys are JSON") + "\n"
}

/// The labels that a rule sets.
const LABELS: &str = "criterion, environment, ledger, rollback_plan, service";

#[derive(Serialize)]
struct AlertRules {
    groups: Vec<AlertGroup>,
}

#[derive(Serialize)]
struct AlertGroup {
    name: String,
    rules: Vec<AlertRule>,
}

#[derive(Serialize)]
struct AlertRule {
    alert: &'static str,
    expr: String,
    #[serde(rename = "for")]
    held_for: String,
    labels: AlertLabels,
    annotations: Annotations,
}

#[derive(Serialize)]
struct AlertLabels {
    criterion: String,
    environment: String,
    ledger: String,
    rollback_plan: String,
    service: String,
}

#[derive(Serialize)]
struct Annotations {
    summary: String,
    description: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_template_of_a_plan_is_expanded() {
        assert_eq!(literal("{{ .Value }} {x}"), "{{\"{{\"}} .Value }} {x}");
        assert_eq!(literal("{{{"), "{{\"{{\"}}{");
        assert_eq!(literal("a } b }} c"), "a } b }} c");
    }

    #[test]
    fn the_labels_that_are_aggregated_away_are_those_that_are_set() {
        let labels = AlertLabels {
            criterion: String::new(),
            environment: String::new(),
            ledger: String::new(),
            rollback_plan: String::new(),
            service: String::new(),
        };
        let serde_json::Value::Object(set) = serde_json::to_value(labels).unwrap() else { panic!() };
        assert_eq!(set.keys().map(String::as_str).collect::<Vec<_>>().join(", "), LABELS);
    }
}
