//! The policy in force: what holds for each target, defaults included.

use serde::Serialize;

use super::page::{Page, Style};
use crate::policy::{InForce, Rules};

/// What `policy show` answers.
#[derive(Debug, Serialize)]
pub struct PolicyView {
    /// The record; none = every default, and no target.
    pub id: Option<String>,
    /// Its version.
    pub version: u64,
    /// How far clocks may be apart.
    pub clock_skew: String,
    /// How far records may be dated back.
    pub max_backdating: String,
    /// What holds for each target.
    pub targets: Vec<TargetView>,
}

/// What holds for a target.
#[derive(Debug, Serialize)]
pub struct TargetView {
    /// The service.
    pub service: String,
    /// The environment.
    pub environment: String,
    /// Refs whose pushes deploy.
    pub refs: Vec<String>,
    /// Paths that belong to it.
    pub paths: Vec<String>,
    /// Rule and value, in the order of the policy.
    pub rules: Vec<(String, String)>,
}

impl PolicyView {
    /// The view of a policy.
    pub fn new(policy: &InForce) -> Self {
        let targets = policy.targets().iter().map(|target| TargetView {
            service: target.service.to_string(),
            environment: target.environment.to_string(),
            refs: target.refs.iter().map(ToString::to_string).collect(),
            paths: target.paths.iter().map(ToString::to_string).collect(),
            rules: rules(&policy.rules(&target.target())),
        });
        Self {
            id: policy.id().map(|id| id.to_string()),
            version: policy.version(),
            clock_skew: policy.clock_skew().to_string(),
            max_backdating: policy.max_backdating().to_string(),
            targets: targets.collect(),
        }
    }
}

fn rules(rules: &Rules) -> Vec<(String, String)> {
    let (a, e, r) = (&rules.approvals, &rules.exceptions, &rules.recurrence);
    let rehearsed = rules.rollback.rehearsed_within.map_or("not asked for".to_owned(), |it| it.to_string());
    let pairs = [
        ("approvals of overrides", a.overrides.to_string()),
        ("approvals of rollback plans", a.rollback_plans.to_string()),
        ("approvals of redesigns", a.redesigns.to_string()),
        ("approvals of releases", a.releases.to_string()),
        ("reviews", a.reviews.to_string()),
        ("longest exception", e.max_lifetime.to_string()),
        ("renewals", e.max_renewals.to_string()),
        ("grace for credentials", e.credential_grace.to_string()),
        ("repeating exceptions", r.mode.to_string()),
        ("warn from occasions", r.warn_at.to_string()),
        ("repeats from occasions", format!("{} within {}", r.threshold, r.window)),
        ("retries are one within", r.same_occasion.to_string()),
        ("understood for", r.understood_for.to_string()),
        ("redesign fails after", r.after_redesign.to_string()),
        ("criteria of a plan", rules.rollback.min_criteria.to_string()),
        ("longest plan", rules.rollback.max_lifetime.to_string()),
        ("rehearsed within", rehearsed),
        ("a receipt is good for", rules.receipts.lifetime.to_string()),
        ("witnesses", rules.freshness.witnesses.to_string()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The policy as text.
pub fn policy_text(view: &PolicyView) -> String {
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
    for target in &view.targets {
        page.gap();
        page.line(Style::Strong.paint(&format!("{} in {}", target.service, target.environment)));
        let list =
            |items: &[String], none: &str| if items.is_empty() { none.to_owned() } else { items.join(" ") };
        page.wrapped("  refs   ", &list(&target.refs, "none: no push deploys it"));
        page.wrapped("  paths  ", &list(&target.paths, "all"));
        for (name, value) in &target.rules {
            page.line(format!("  {name:<28} {value}"));
        }
    }
    page.finish()
}
