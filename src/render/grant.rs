//! The answer to whether an override in force allows an action.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::show::approvers;
use super::style::Style;
use crate::policy::FreshnessRules;
use crate::record::kind::policy::TargetRules;
use crate::sshsig::KeyLine;
use crate::state::{ExceptionItem, LISTED_GRANTS, Life, State};
use crate::value::{Ascii, EnvironmentName, MemberName, ServiceName, Targets, Time};
use crate::verify::Past;

/// The question that `grant` asks.
#[derive(Debug)]
pub struct GrantQuestion {
    /// The member who asks for access.
    pub to: MemberName,
    /// The action, as the grant names it.
    pub action: Ascii,
    /// The resource, as the grant names it.
    pub resource: Ascii,
    /// The service that the resource belongs to; required unless the policy names it.
    pub service: Option<ServiceName>,
    /// The environment that the resource belongs to; required unless the policy names it.
    pub environment: Option<EnvironmentName>,
}

impl GrantQuestion {
    /// Returns which options are missing, as a phrase. The service and the environment of the resource must be given,
    /// unless an entry of the policy for the resource names them. Otherwise an override of one service could give
    /// access to the resources of another.
    pub fn missing_target(&self, state: &State) -> Option<&'static str> {
        let entries = || state.policy.resources(&self.resource);
        let has_service = self.service.is_some() || entries().any(|entry| !entry.services.is_empty());
        let has_environment =
            self.environment.is_some() || entries().any(|entry| !entry.environments.is_empty());
        match (has_service, has_environment) {
            (true, true) => None,
            (false, true) => Some("--service is"),
            (true, false) => Some("--environment is"),
            (false, false) => Some("--service and --environment are"),
        }
    }

    /// Whether an override touches the target that is asked about.
    fn is_about(&self, item: &ExceptionItem) -> bool {
        item.targets.iter().any(|target| {
            self.service.as_ref().is_none_or(|service| *service == target.service)
                && self.environment.as_ref().is_none_or(|environment| *environment == target.environment)
        })
    }
}

/// The answer of `grant`.
#[derive(Debug, Serialize)]
pub struct GrantView {
    /// Whether the action is allowed.
    pub allowed: bool,
    /// The member who asks.
    pub to: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The service that was asked about.
    pub service: Option<String>,
    /// The environment that was asked about.
    pub environment: Option<String>,
    /// The time of the evaluation.
    pub at: String,
    /// The override that allows the action.
    pub r#override: Option<String>,
    /// The time until which the action is allowed.
    pub until: Option<String>,
    /// A reference to the credential that was issued for the action.
    pub credential: Option<String>,
    /// Why the action is not allowed: one sentence about the member, or a sentence for each of the newest grants of the
    /// action (at most `LISTED_GRANTS`). Empty if the action is allowed.
    pub because: Vec<String>,
}

impl GrantView {
    /// Makes the answer as of `now`. If several grants allow the action, the answer names the one that lasts longest.
    ///
    /// Also returns the freshness rules for the head. If a grant in force covers the action, these are the strictest
    /// rules of the targets of its override, else the strictest rules of all targets.
    pub fn new(state: &State, past: &Past, asked: &GrantQuestion, now: Time) -> (Self, FreshnessRules) {
        let all: Targets = state.policy.targets().iter().map(TargetRules::target).collect();
        let mut rules = state.policy.strictest(&all).freshness;
        let mut view = Self {
            allowed: false,
            to: asked.to.to_string(),
            action: asked.action.to_string(),
            resource: asked.resource.to_string(),
            service: asked.service.as_ref().map(ToString::to_string),
            environment: asked.environment.as_ref().map(ToString::to_string),
            at: now.to_string(),
            r#override: None,
            until: None,
            credential: None,
            because: Vec::new(),
        };
        let mut best: Option<Time> = None;
        let given = state.grants_of(&asked.to, &asked.action, &asked.resource, now);
        for (item, grant) in given {
            let end = state.grant_end(item, grant);
            if item.life(&state.policy, now) != Life::Live || end <= now {
                view.because.push(why_not(state, item, end, now));
            } else if !asked.is_about(item) {
                view.because.push(format!(
                    "override {} does not touch the target that is asked about",
                    item.id.short()
                ));
            } else if let Some(objection) =
                state.policy.grant_objection(grant, &item.targets, item.created_at)
            {
                view.because.push(format!("override {}: {objection}", item.id.short()));
            } else if best.is_none_or(|best| best < end) {
                best = Some(end);
                view.allowed = true;
                rules = state.policy.strictest(&item.targets).freshness;
                view.r#override = Some(item.id.to_string());
                view.until = Some(end.to_string());
                view.credential = grant.credential.as_ref().map(ToString::to_string);
            }
        }
        // A member who has left is refused, whatever was granted. So is a member without a key that is believed.
        if let Some(reason) = no_member(past, &asked.to) {
            (view.allowed, view.r#override, view.until, view.credential) = (false, None, None, None);
            view.because = vec![reason];
        }
        if view.allowed {
            view.because.clear();
        }
        let old = view.because.len().saturating_sub(LISTED_GRANTS);
        view.because.drain(..old);
        (view, rules)
    }
}

/// Returns why nobody can act under a name: the roster in force does not have it, or no key of that member is
/// believed. `None` if somebody can.
fn no_member(past: &Past, name: &MemberName) -> Option<String> {
    let Some(member) = past.roster().and_then(|roster| roster.member(name)) else {
        return Some(format!("{name} is not a member of the trust in force"));
    };
    // A key that an earlier trust distrusted stays distrusted.
    let is_believed = |line: &KeyLine| past.is_believed(&line.key.point, past.size());
    let has_key = member.keys.iter().any(is_believed);
    (!has_key).then(|| format!("no key of {name} is believed"))
}

fn why_not(state: &State, item: &ExceptionItem, end: Time, now: Time) -> String {
    let short = item.id.short();
    match item.life(&state.policy, now) {
        Life::Undecided => {
            let who = approvers(state, item);
            let who = if who.is_empty() { "nobody".to_owned() } else { who.join(", ") };
            format!("override {short} waits for an approval; who can approve it: {who}")
        }
        Life::Rejected => format!("override {short} was rejected"),
        Life::NotYet => format!("override {short} is dated after now"),
        Life::Live | Life::Over => format!("override {short} was over at {}", end.min(now)),
    }
}

/// Renders the answer as text.
pub fn grant_text(view: &GrantView) -> Page {
    let mut page = Page::default();
    let what = format!("{} may {} {}", view.to, escape(&view.action), escape(&view.resource));
    if let (Some(id), Some(until)) = (&view.r#override, &view.until) {
        let short: String = id.chars().take(8).collect();
        page.wrapped(
            "",
            &format!("{}: {what} until {until}, by override {short}.", Style::Good.paint("ALLOWED")),
        );
        if let Some(credential) = &view.credential {
            page.wrapped("  issued  ", &escape(credential));
        }
        return page;
    }
    let refused = Style::Bad.paint("REFUSED");
    page.wrapped("", &format!("{refused}: no override in force says that {what}."));
    for line in &view.because {
        page.wrapped("  ", line);
    }
    page
}
