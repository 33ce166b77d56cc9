//! The policy in force, with the rules that hold for each target, defaults included. Also a reference of all rules.

use serde::Serialize;

use super::page::Page;
use super::style::Style;
use crate::policy::{InForce, RULES, Stricter, WIDE_RULES};
use crate::record::kind::policy::{Expected, Policy, Resource};

/// The answer of `policy show`.
#[derive(Debug, Serialize)]
pub struct PolicyView {
    /// The id of the record; without one, every default holds and there is no target.
    pub id: Option<String>,
    /// Its version.
    pub version: u64,
    /// How far clocks may be apart.
    pub clock_skew: String,
    /// How far records may be dated back.
    pub max_backdating: String,
    /// The name and the content of each entry, in words. Entries are quorums, expected exceptions, same and shared root
    /// causes, owners of workflows, and resources.
    pub entries: Vec<(String, String)>,
    /// The rules of each target.
    pub targets: Vec<TargetView>,
}

/// The rules of a target, defaults included.
#[derive(Debug, Serialize)]
pub struct TargetView {
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// Refs to which a push deploys.
    pub refs: Vec<String>,
    /// Paths that belong to the service; empty if every path does.
    pub paths: Vec<String>,
    /// Remotes, besides the ledger's remote, whose refs tell what runs on the target.
    pub remotes: Vec<String>,
    /// Earlier names of the target.
    pub formerly: Vec<String>,
    /// Each rule and its value, in words, in the order of the table of rules.
    pub rules: Vec<(String, String)>,
}

impl PolicyView {
    /// Makes the view of a policy.
    pub fn new(policy: &InForce) -> Self {
        let targets = policy.targets().iter().map(|target| {
            let rules = policy.rules(&target.target());
            let values = RULES.iter().map(|rule| (rule.words.to_owned(), (rule.value)(&rules).to_string()));
            TargetView {
                service: target.service.to_string(),
                environment: target.environment.to_string(),
                refs: target.refs.iter().map(ToString::to_string).collect(),
                paths: target.paths.iter().map(ToString::to_string).collect(),
                remotes: target.remotes.iter().map(ToString::to_string).collect(),
                formerly: target.formerly.iter().map(ToString::to_string).collect(),
                rules: values.collect(),
            }
        });
        Self {
            id: policy.id().map(|id| id.to_string()),
            version: policy.version(),
            clock_skew: policy.clock_skew().to_string(),
            max_backdating: policy.max_backdating().to_string(),
            entries: policy.policy().map(|policy| entries(policy)).unwrap_or_default(),
            targets: targets.collect(),
        }
    }
}

fn entries(policy: &Policy) -> Vec<(String, String)> {
    let quorums = policy.quorum.iter().map(|quorum| {
        let says = format!("{} of the approvals of {} from {}", quorum.count.value(), quorum.of, quorum.team);
        ("quorum".to_owned(), says)
    });
    let expected = policy.expected.iter().map(|entry| (format!("expected {}", entry.name), expected(entry)));
    let causes = policy.same_cause.iter().map(|same| {
        let also: Vec<&str> = same.also.iter().map(crate::value::RootCause::as_str).collect();
        (format!("same cause {}", same.is), also.join(", "))
    });
    let shared = policy.shared_cause.iter().map(|entry| {
        (format!("shared cause {}", entry.root_cause), "one pattern for all workflows".to_owned())
    });
    let workflows = policy.workflow.iter().map(|entry| {
        let within = entry.respond_within.map(|within| format!(" within {within}")).unwrap_or_default();
        (format!("workflow {}", entry.name), format!("{} answers{within}", entry.owner))
    });
    let resources = policy.resource.iter().map(|entry| (format!("resource {}", entry.name), resource(entry)));
    quorums.chain(expected).chain(causes).chain(shared).chain(workflows).chain(resources).collect()
}

fn expected(entry: &Expected) -> String {
    let mut says = vec![
        format!("{}, approvals {}", entry.r#type, entry.approvals.value()),
        format!("longest {}, review within {}", entry.max_lifetime, entry.review_within),
    ];
    says.extend(entry.team.as_ref().map(|team| format!("for {team} only")));
    says.push(format!("up to {} within {} count in no pattern", entry.max_per_window.value(), entry.window));
    if !entry.may_waive.is_empty() {
        let codes: Vec<String> = entry.may_waive.iter().map(ToString::to_string).collect();
        says.push(format!("may waive {}", codes.join(", ")));
    }
    says.join("; ")
}

fn resource(entry: &Resource) -> String {
    let names = |list: Vec<String>| if list.is_empty() { "all".to_owned() } else { list.join(", ") };
    let mut says = vec![
        format!("of services {}", names(entry.services.iter().map(ToString::to_string).collect())),
        format!("in environments {}", names(entry.environments.iter().map(ToString::to_string).collect())),
        format!("actions {}", names(entry.actions.iter().map(ToString::to_string).collect())),
    ];
    says.extend(entry.max_lifetime.map(|longest| format!("a grant lasts at most {longest}")));
    if entry.one_resource == Some(true) {
        says.push("everything that matches counts as one resource".to_owned());
    }
    says.join("; ")
}

/// Renders the policy as text.
pub fn policy_text(view: &PolicyView) -> Page {
    let mut page = Page::default();
    match &view.id {
        Some(id) => {
            page.line(format!("policy version {}, {}", view.version, id.chars().take(8).collect::<String>()));
        }
        None => page.line("no policy is in force: every default holds, and there is no target"),
    }
    page.line(format!(
        "clocks may differ by {}; records may be dated back {}",
        view.clock_skew, view.max_backdating
    ));
    for (what, says) in &view.entries {
        page.wrapped(&format!("{what}  "), says);
    }
    for target in &view.targets {
        page.gap();
        page.line(Style::Strong.paint(&format!("{} in {}", target.service, target.environment)));
        let list =
            |items: &[String], none: &str| if items.is_empty() { none.to_owned() } else { items.join(" ") };
        page.wrapped("  refs   ", &list(&target.refs, "none: no push deploys it"));
        page.wrapped("  paths  ", &list(&target.paths, "all"));
        if !target.remotes.is_empty() {
            page.wrapped("  remotes  ", &target.remotes.join(" "));
        }
        if !target.formerly.is_empty() {
            page.wrapped("  formerly  ", &target.formerly.join(" "));
        }
        for (words, value) in &target.rules {
            page.line(format!("  {words:<38}  {value}"));
        }
    }
    page.line("countersign help policy  names each rule as a policy does");
    page
}

/// Renders a reference of all rules: field, default, bound, stricter direction and meaning of each.
pub fn policy_reference() -> Page {
    let mut page = Page::default();
    page.line("Rules of a policy: field, default, bound, which way it is stricter, meaning.");
    page.line("A policy beyond a bound is void.");
    page.line("A number may be 0; warn_at, threshold, after_redesign and max_occasions");
    page.line("then count as 1.");
    page.line("Of the two modes, enforce is the higher one.");
    page.line("  [policy]");
    for rule in WIDE_RULES {
        let bounds = (rule.default.to_string(), rule.longest.to_string());
        row(&mut page, rule.field, [&bounds.0, &bounds.1], rule.stricter, rule.help);
    }
    let mut section = "";
    for rule in RULES {
        if rule.section != section {
            section = rule.section;
            page.line(format!("  [policy.{section}], [policy.target.{section}]"));
        }
        let default = if rule.default.is_empty() { "none" } else { rule.default };
        row(&mut page, rule.field, [default, rule.longest], rule.stricter, rule.help);
    }
    page
}

fn row(page: &mut Page, field: &str, [default, most]: [&str; 2], stricter: Stricter, help: &str) {
    page.wrapped(&format!("    {field:<16} {default:<7} {most:<4} {:<6} ", stricter.as_str()), help.trim());
}
