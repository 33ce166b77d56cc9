//! Reads failures from SARIF 2.1.0 reports of code analysers.

use std::collections::HashMap;

use super::Failures;
use super::format::{Malformed, ReportFormat};
use super::location;
use super::sarif_log::{
    ArtifactLocation, Component, Level, Log, Message, Notification, Reference, Run, SarifResult, SarifRule,
    Suppression,
};

/// The SARIF format.
pub(super) const FORMAT: ReportFormat = ReportFormat {
    option: "from-sarif",
    help: "One exception per distinct result at the level error or warning in a SARIF file; - is standard input",
    read,
};

fn read(text: &str, failures: &mut Failures) -> Result<(), Malformed> {
    let log: Log = serde_json::from_str(text).map_err(|error| Malformed::json(&error))?;
    let wrong = |message: String| Malformed { line: 1, column: 1, message };
    if !log.version.starts_with("2.1") {
        let version: String = log.version.chars().take(20).collect();
        return Err(wrong(format!("is SARIF of version {version:?}; expected 2.1.0")));
    }
    for (number, run) in log.runs.unwrap_or_default().iter().enumerate() {
        let elsewhere = run.external_property_file_references.as_ref();
        if elsewhere.is_some_and(|files| files.results.as_ref().is_some_and(|files| !files.is_empty())) {
            let message = format!("runs[{number}] keeps its results in other files, which are not read");
            return Err(wrong(message));
        }
        let levels = Levels::of(run);
        for (index, finding) in run.results.iter().flatten().enumerate() {
            if !finding.counts() || !matches!(levels.level(finding), Level::Warning | Level::Error) {
                continue;
            }
            let place = format!("runs[{number}].results[{index}]");
            let (key, text) = (finding.key(run, failures.roots()), finding.text(run));
            failures.add(&key, &text, 1, &place).map_err(|message| wrong(format!("{place} {message}")))?;
        }
        for (index, (key, text)) in of_the_tool(run).into_iter().enumerate() {
            let place = format!("runs[{number}].invocations, {index}");
            failures.add(&key, &text, 1, &place).map_err(|message| wrong(format!("{place} {message}")))?;
        }
    }
    Ok(())
}

/// The levels of the rules of a run, for results that do not state a level.
struct Levels<'a> {
    run: &'a Run,
    /// The default levels of the driver's rules, by the ids of the rules.
    by_id: HashMap<&'a str, Level>,
    /// The levels that the run's invocations set for rules (3.20.5), by the ids of the rules.
    told: HashMap<&'a str, Level>,
}

impl<'a> Levels<'a> {
    fn of(run: &'a Run) -> Self {
        let mut by_id = HashMap::new();
        for rule in run.tool.driver.rules.iter().flatten() {
            if let (Some(id), Some(level)) = (&rule.id, rule.level()) {
                by_id.entry(id.as_str()).or_insert(level);
            }
        }
        let mut told = HashMap::new();
        for one in
            run.invocations.iter().flatten().flat_map(|one| one.rule_configuration_overrides.iter().flatten())
        {
            let by_index =
                || at(run.component(&one.descriptor).rules.as_ref()?, one.descriptor.index?)?.id.as_deref();
            let id = one.descriptor.id.as_deref().or_else(by_index);
            if let Some((id, level)) = id.zip(one.configuration.level) {
                told.entry(id).or_insert(level);
            }
        }
        Self { run, by_id, told }
    }

    /// Returns the level that `levels` has for the rule of a result. If it has none, the rule may be a part of another
    /// (3.5.4: `rule/part`); then the level of the nearest rule above counts.
    fn named(&self, levels: &HashMap<&str, Level>, finding: &SarifResult) -> Option<Level> {
        let id = finding.id(self.run)?;
        let above = id.match_indices('/').map(|(at, _)| id.get(..at).unwrap_or_default()).rev();
        std::iter::once(id).chain(above.take(MOST_BASES)).find_map(|id| levels.get(id)).copied()
    }

    /// The level of a failing result (SARIF 2.1.0, 3.27.10): its own, else the one that an invocation sets for its
    /// rule, else the default of its rule, else `warning`.
    fn level(&self, finding: &SarifResult) -> Level {
        let of_rule = || finding.rule(self.run).and_then(SarifRule::level);
        let of_id = || self.named(&self.by_id, finding);
        let told = || self.named(&self.told, finding);
        finding.level.or_else(told).or_else(of_rule).or_else(of_id).unwrap_or(Level::Warning)
    }
}

impl SarifRule {
    fn level(&self) -> Option<Level> {
        self.default_configuration.as_ref()?.level
    }
}

impl Run {
    /// The component that a reference is about: an extension by its index, its guid or its name, else the driver
    /// (3.54).
    fn component(&self, reference: &Reference) -> &Component {
        let extensions = self.tool.extensions.as_deref().unwrap_or_default();
        let named = reference.tool_component.as_ref();
        let by_index = named.and_then(|named| at(extensions, named.index?));
        let is_same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let by_name = named.and_then(|named| {
            let is_it = |extension: &&Component| {
                is_same(&named.guid, &extension.guid) || is_same(&named.name, &extension.name)
            };
            extensions.iter().find(is_it)
        });
        by_index.or(by_name).unwrap_or(&self.tool.driver)
    }

    /// Puts the base of a location in front of its URI, then the base of that base, and so on (3.14.14). Stops at a
    /// base that is absolute or unknown.
    fn below_bases(&self, location: &ArtifactLocation, uri: &str) -> String {
        let mut uri = uri.to_owned();
        let mut named = location.uri_base_id.as_ref();
        for _ in 0..MOST_BASES {
            let base = named.and_then(|id| self.original_uri_base_ids.as_ref()?.get(id));
            let Some((base, start)) = base.and_then(|base| Some((base, base.uri.as_deref()?))) else { break };
            if uri.len() + start.len() > MOST_URI
                || location::is_absolute(&uri)
                || location::is_absolute(start)
            {
                break;
            }
            uri = format!("{}/{uri}", start.trim_end_matches('/'));
            named = base.uri_base_id.as_ref();
        }
        uri
    }
}

/// Most bases that one location is below, and most rules of which one rule is a part. More bases would be a loop.
const MOST_BASES: usize = 8;
/// Most bytes of a location with its bases. A symptom is shorter than this.
const MOST_URI: usize = 4_096;
/// Most bases and working directories that a location is compared with.
const MOST_FOLDERS: usize = 64;

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
        let component = reference.map_or(&run.tool.driver, |reference| run.component(reference));
        at(component.rules.as_ref()?, index?)
    }

    fn id<'a>(&'a self, run: &'a Run) -> Option<&'a str> {
        let own = self.rule_id.as_deref().or_else(|| self.rule.as_ref()?.id.as_deref());
        own.or_else(|| self.rule(run)?.id.as_deref())
    }

    fn key(&self, run: &Run, roots: &[String]) -> String {
        let id = self.id(run).unwrap_or("-");
        let first = self.locations.as_ref().and_then(|all| all.first());
        let location = first.and_then(|first| first.physical_location.as_ref()?.artifact_location.as_ref());
        let indexed = || at(run.artifacts.as_ref()?, location?.index?)?.location.as_ref();
        let location = location.filter(|location| location.uri.is_some()).or_else(indexed);
        match location.and_then(|location| Some(run.below_bases(location, location.uri.as_deref()?))) {
            Some(uri) => format!("sarif:{id}:{}", relative(&uri, run, roots)),
            None => format!("sarif:{id}"),
        }
    }

    /// Returns the message of the result. It is a text of its own, or the id of a string that the rule or a component
    /// of the tool defines (3.11.7).
    fn text(&self, run: &Run) -> String {
        let Some(message) = &self.message else { return String::new() };
        let of_rule = |id: &str| self.rule(run)?.message_strings.as_ref()?.get(id);
        resolve(message, |id| of_rule(id).or_else(|| global(run, id)))
    }
}

/// Returns a message string that the driver or an extension of the tool defines for all rules.
fn global<'a>(run: &'a Run, id: &str) -> Option<&'a Message> {
    let components = [&run.tool.driver].into_iter().chain(run.tool.extensions.iter().flatten());
    components.filter_map(|component| component.global_message_strings.as_ref()).find_map(|all| all.get(id))
}

/// Returns the text of a message, with its arguments in their places (3.11.5).
fn resolve<'a>(message: &'a Message, named: impl FnOnce(&str) -> Option<&'a Message>) -> String {
    let own = |message: &'a Message| message.text.as_deref().or(message.markdown.as_deref());
    let found = own(message).or_else(|| own(named(message.id.as_deref()?)?));
    let text = found.or(message.id.as_deref()).unwrap_or_default();
    let Some(arguments) = message.arguments.as_ref().filter(|all| !all.is_empty()) else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let placeholder = from.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let argument = placeholder.and_then(|(number, _)| arguments.get(number.parse::<usize>().ok()?));
        if let Some((argument, (_, after))) = argument.zip(placeholder) {
            out.push_str(argument);
            rest = after;
        } else {
            // A literal brace is written twice.
            let doubled = from.starts_with("{{") || from.starts_with("}}");
            out.push_str(from.get(..1).unwrap_or_default());
            rest = from.get(if doubled { 2 } else { 1 }..).unwrap_or_default();
        }
    }
    out + rest
}

/// Returns a location without the folder in which the tool ran, because that folder differs from one runner to the
/// next. It may be a base of the log (3.14.14), a working directory of the log (3.20.19), or one of the given roots. If
/// several fit, the longest is removed.
fn relative(uri: &str, run: &Run, roots: &[String]) -> String {
    let path = location::path(uri);
    if !location::is_absolute(&path) {
        return path;
    }
    let bases = run.original_uri_base_ids.iter().flat_map(|bases| bases.values());
    let directories = run.invocations.iter().flatten().filter_map(|one| one.working_directory.as_ref());
    let named = bases.chain(directories).filter_map(|location: &ArtifactLocation| location.uri.as_deref());
    let named = named.filter(|base| base.len() <= MOST_URI).take(MOST_FOLDERS);
    let below = named.chain(roots.iter().map(String::as_str)).filter_map(|base| {
        let base = location::path(base);
        let base = base.trim_end_matches('/');
        let rest = path.strip_prefix(base)?.strip_prefix('/');
        rest.filter(|rest| !base.is_empty() && !rest.is_empty())
    });
    below.min_by_key(|rest| rest.len()).map_or(path.clone(), str::to_owned)
}

/// Returns the failures of the tool itself, as pairs of key and message. A run of the tool that did not succeed is such
/// a failure (3.20.14), and so is a notification at the level `error` (3.20.21, 3.20.22).
fn of_the_tool(run: &Run) -> Vec<(String, String)> {
    let tool = run.tool.driver.name.as_deref().unwrap_or("the tool");
    let mut found = Vec::new();
    for invocation in run.invocations.iter().flatten() {
        let said = [&invocation.tool_execution_notifications, &invocation.tool_configuration_notifications];
        let errors = said.into_iter().flatten().flatten();
        for notification in errors.filter(|notification| notification.level == Some(Level::Error)) {
            let id = notification.id(&run.tool.driver).unwrap_or("notification");
            let text = notification.message.as_ref().map(|message| resolve(message, |id| global(run, id)));
            found.push((format!("sarif:{tool}:{id}"), text.unwrap_or_default()));
        }
        if invocation.execution_successful == Some(false) {
            let why = invocation.exit_code_description.as_deref().map(|why| format!(": {why}"));
            let text = format!("{tool} itself failed{}", why.unwrap_or_default());
            found.push((format!("sarif:{tool}:execution"), text));
        }
    }
    found
}

impl Notification {
    fn id<'a>(&'a self, driver: &'a Component) -> Option<&'a str> {
        let descriptor = self.descriptor.as_ref()?;
        let listed = || at(driver.notifications.as_ref()?, descriptor.index?)?.id.as_deref();
        descriptor.id.as_deref().or_else(listed)
    }
}

/// Returns the element at an index. In SARIF, the index -1 means that there is none.
fn at<T>(all: &[T], index: i64) -> Option<&T> {
    all.get(usize::try_from(index).ok()?)
}
