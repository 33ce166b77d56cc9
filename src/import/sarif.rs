//! Reads failures from SARIF 2.1.0 reports of code analysers.

use std::collections::HashMap;

use serde::Deserialize;

use super::Failures;
use super::format::{Malformed, ReportFormat};

/// The SARIF format.
pub(super) const FORMAT: ReportFormat = ReportFormat {
    option: "from-sarif",
    help: "One exception per distinct result of a SARIF file at the level error or warning; - is standard input",
    read,
};

#[derive(Deserialize)]
struct Log {
    version: String,
    runs: Option<Vec<Run>>,
}

#[derive(Deserialize)]
struct Run {
    tool: Tool,
    results: Option<Vec<SarifResult>>,
    artifacts: Option<Vec<SarifArtifact>>,
}

#[derive(Deserialize)]
struct Tool {
    driver: Component,
    extensions: Option<Vec<Component>>,
}

#[derive(Deserialize)]
struct Component {
    rules: Option<Vec<SarifRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifRule {
    id: Option<String>,
    default_configuration: Option<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    level: Option<Level>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    None,
    Note,
    Warning,
    Error,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: Option<String>,
    rule_index: Option<i64>,
    rule: Option<Reference>,
    level: Option<Level>,
    kind: Option<String>,
    message: Option<Message>,
    locations: Option<Vec<Location>>,
    suppressions: Option<Vec<Suppression>>,
    baseline_state: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    id: Option<String>,
    index: Option<i64>,
    tool_component: Option<ComponentReference>,
}

#[derive(Deserialize)]
struct ComponentReference {
    index: Option<i64>,
}

#[derive(Deserialize)]
struct Message {
    text: Option<String>,
    markdown: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Option<PhysicalLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: Option<ArtifactLocation>,
}

#[derive(Deserialize)]
struct ArtifactLocation {
    uri: Option<String>,
    index: Option<i64>,
}

#[derive(Deserialize)]
struct SarifArtifact {
    location: Option<ArtifactLocation>,
}

#[derive(Deserialize)]
struct Suppression {
    status: Option<String>,
}

fn read(text: &str, failures: &mut Failures) -> Result<(), Malformed> {
    let log: Log = serde_json::from_str(text).map_err(|error| Malformed::json(&error))?;
    let wrong = |message: String| Malformed { line: 1, column: 1, message };
    if !log.version.starts_with("2.1") {
        let version: String = log.version.chars().take(20).collect();
        return Err(wrong(format!("is SARIF of version {version:?}; expected 2.1.0")));
    }
    for (number, run) in log.runs.unwrap_or_default().iter().enumerate() {
        let levels = Levels::of(run);
        for (index, finding) in run.results.iter().flatten().enumerate() {
            if !finding.counts() || !matches!(levels.level(finding), Level::Warning | Level::Error) {
                continue;
            }
            let place = format!("runs[{number}].results[{index}]");
            let (key, text) = (finding.key(run), finding.text());
            failures.add(&key, text, 1, &place).map_err(|message| wrong(format!("{place} {message}")))?;
        }
    }
    Ok(())
}

/// The default levels of the rules of a run, for results without a level.
struct Levels<'a> {
    run: &'a Run,
    by_id: HashMap<&'a str, Level>,
}

impl<'a> Levels<'a> {
    fn of(run: &'a Run) -> Self {
        let mut by_id = HashMap::new();
        for rule in run.tool.driver.rules.iter().flatten() {
            if let (Some(id), Some(level)) = (&rule.id, rule.level()) {
                by_id.entry(id.as_str()).or_insert(level);
            }
        }
        Self { run, by_id }
    }

    /// The level of a failing result (SARIF 2.1.0, 3.27.10): its own, else that of its rule, else `warning`.
    fn level(&self, finding: &SarifResult) -> Level {
        let of_rule = || finding.rule(self.run).and_then(SarifRule::level);
        let of_id = || self.by_id.get(finding.id(self.run)?).copied();
        finding.level.or_else(of_rule).or_else(of_id).unwrap_or(Level::Warning)
    }
}

impl SarifRule {
    fn level(&self) -> Option<Level> {
        self.default_configuration.as_ref()?.level
    }
}

impl Suppression {
    fn is_accepted(&self) -> bool {
        self.status.as_deref().is_none_or(|status| status == "accepted")
    }
}

impl SarifResult {
    /// Whether the result is a failure that is still present and has not been accepted.
    fn counts(&self) -> bool {
        let suppressed = self.suppressions.as_ref().is_some_and(|all| {
            // 3.27.23: a suppression that is under review or was rejected has no effect.
            !all.is_empty() && all.iter().all(Suppression::is_accepted)
        });
        let fails = self.kind.as_deref().is_none_or(|kind| kind == "fail");
        fails && !suppressed && self.baseline_state.as_deref() != Some("absent")
    }

    /// The rule of the result, by index: in the driver, or in the extension that the result names.
    fn rule<'a>(&self, run: &'a Run) -> Option<&'a SarifRule> {
        let reference = self.rule.as_ref();
        let index = self.rule_index.or_else(|| reference?.index);
        let extension = reference.and_then(|reference| reference.tool_component.as_ref()?.index);
        let component = match extension {
            Some(index) => at(run.tool.extensions.as_ref()?, index)?,
            None => &run.tool.driver,
        };
        at(component.rules.as_ref()?, index?)
    }

    fn id<'a>(&'a self, run: &'a Run) -> Option<&'a str> {
        let own = self.rule_id.as_deref().or_else(|| self.rule.as_ref()?.id.as_deref());
        own.or_else(|| self.rule(run)?.id.as_deref())
    }

    fn key(&self, run: &Run) -> String {
        let id = self.id(run).unwrap_or("-");
        let first = self.locations.as_ref().and_then(|all| all.first());
        let location = first.and_then(|first| first.physical_location.as_ref()?.artifact_location.as_ref());
        let indexed = || at(run.artifacts.as_ref()?, location?.index?)?.location.as_ref()?.uri.as_deref();
        match location.and_then(|location| location.uri.as_deref()).or_else(indexed) {
            Some(uri) => format!("sarif:{id}:{uri}"),
            None => format!("sarif:{id}"),
        }
    }

    fn text(&self) -> &str {
        let message = self.message.as_ref();
        message
            .and_then(|message| message.text.as_deref().or(message.markdown.as_deref()))
            .unwrap_or_default()
    }
}

/// The element at an index; SARIF writes -1 for a missing index.
fn at<T>(all: &[T], index: i64) -> Option<&T> {
    all.get(usize::try_from(index).ok()?)
}
