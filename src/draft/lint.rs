//! Client-side checks of a draft, stricter than the format. They refuse drafts that a ledger would accept but
//! that are probably mistakes, because a mistake cannot be corrected once the record is in the ledger.

use std::collections::HashMap;

use crate::finding::CheckCode;
use crate::import::{Secret, secrets};
use crate::ledger::Loaded;
use crate::policy::beyond_bounds;
use crate::record::kind::exception::Exception;
use crate::record::kind::policy::Policy;
use crate::record::{Body, draft_of};
use crate::state::{ExceptionItem, State};
use crate::trust::Roster;
use crate::value::{MemberName, PathPattern, RecordId, Targets, Time};
use crate::verify::Past;

/// What happens with text that looks like a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretLike {
    /// It is an objection.
    Refused,
    /// A person has read it, and says that it is not a secret.
    Accepted,
}

/// Returns an objection, as (field, message), for each text in a record that looks like a secret. The message does not
/// repeat that text.
pub fn secret_like(body: &Body) -> Vec<(String, String)> {
    let text = draft_of(body);
    let objection = |secret: &Secret| {
        let length = secret.place.len();
        let kind = secret.kind;
        let message = format!(
            "seems to hold a secret ({kind}, {length} characters): a record is permanent, so give a reference instead"
        );
        (field_at(&text, secret.place.start), message)
    };
    secrets(&text).iter().map(objection).collect()
}

/// Returns the path of the field that holds the byte at the offset `place` in the text of a draft.
fn field_at(text: &str, place: usize) -> String {
    let (mut table, mut field, mut at) = ("", "", 0);
    for line in text.split_inclusive('\n') {
        if at > place {
            break;
        }
        at += line.len();
        let is_key =
            |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if line.starts_with('[') {
            (table, field) = (line.trim_end().trim_matches(['[', ']']), "");
        } else if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| is_key(key)) {
            field = key;
        }
    }
    if field.is_empty() { table.to_owned() } else { format!("{table}.{field}") }
}

/// Returns the objections to a draft, as (field, message). Without a state, those that need it are left out.
pub fn lint(
    loaded: &Loaded,
    state: Option<&State>,
    author: &MemberName,
    body: &Body,
    now: Time,
    about_secrets: SecretLike,
) -> Vec<(String, String)> {
    let mut found = objections(loaded, author, body, now, about_secrets);
    if let (Body::Exception(exception), Some(state)) = (body, state)
        && let Some(other) = Reported::of(state).before(loaded.replay.past(), exception, now)
    {
        let message = format!("is already recorded with the same task: {}", other.short());
        found.push((format!("{}.symptom", body.kind()), message));
    }
    if let (Body::Review(review), Some(state)) = (body, state)
        && let Some(item) = state.exception(&review.of)
        && item.approvals.is_approved_by(author)
    {
        let reviewers = state.reviewers(item);
        if !reviewers.approvers.contains(author) {
            let others: Vec<&str> = reviewers.separated.iter().map(MemberName::as_str).collect();
            let others = if others.is_empty() { "nobody yet".to_owned() } else { others.join(", ") };
            let message = format!("names an override that {author} approved; it can be reviewed by {others}");
            found.push((format!("{}.of", body.kind()), message));
        }
    }
    found
}

/// An index, by symptom and task, of the exceptions that have a symptom. It finds duplicates: a job that is retried
/// reports its failure again.
pub struct Reported<'a>(HashMap<(&'a str, &'a str), Vec<&'a ExceptionItem>>);

impl<'a> Reported<'a> {
    /// Indexes those exceptions of a state that have a symptom.
    pub fn of(state: &'a State) -> Self {
        let mut all: HashMap<_, Vec<_>> = HashMap::new();
        for item in state.held_exceptions() {
            if let Some(key) = key(&item.says.exception) {
                all.entry(key).or_default().push(item);
            }
        }
        Self(all)
    }

    /// Returns the newest recorded exception that `exception` would duplicate. The two have the same symptom and task,
    /// and happened less than `same_occasion` apart.
    pub fn before(&self, past: &Past, exception: &Exception, now: Time) -> Option<RecordId> {
        let same = self.0.get(&key(exception)?)?;
        let targets = Targets::product(exception.services.as_slice(), exception.environments.as_slice());
        let within = past.policy().strictest(&targets).recurrence.same_occasion.seconds();
        let at = exception.occurred_at.unwrap_or(now);
        let near = |other: &&&ExceptionItem| at.since(other.happened_at()).abs() < within;
        same.iter().rev().find(near).map(|other| other.id)
    }
}

fn key(exception: &Exception) -> Option<(&str, &str)> {
    Some((exception.symptom.as_ref()?.as_str(), exception.trigger.0.task.as_str()))
}

/// Returns those objections to a draft that can be found without the state of the ledger. [`lint()`] adds objections to
/// duplicates of earlier reports, and to reviews by a person who approved the override.
pub(super) fn objections(
    loaded: &Loaded,
    author: &MemberName,
    body: &Body,
    now: Time,
    about_secrets: SecretLike,
) -> Vec<(String, String)> {
    let past = loaded.replay.past();
    let mut lint = Lint { past, found: Vec::new(), now, kind: body.kind().as_str() };
    if about_secrets == SecretLike::Refused {
        lint.found.extend(secret_like(body));
    }
    lint.targets(body);
    if let Some(roster) = past.roster() {
        lint.members(body, roster, author);
    }
    lint.times(body);
    lint.found
}

struct Lint<'a> {
    past: &'a Past,
    found: Vec<(String, String)>,
    now: Time,
    kind: &'static str,
}

impl Lint<'_> {
    fn report(&mut self, field: &str, message: impl Into<String>) {
        let at = if field.is_empty() { self.kind.to_owned() } else { format!("{}.{field}", self.kind) };
        self.found.push((at, message.into()));
    }

    /// Refuses a record if the policy has none of its targets. A typo in a target must not fail open: a pause of a
    /// mistyped target, for example, would stop no deployment.
    fn targets(&mut self, body: &Body) {
        let touching = matches!(
            body,
            Body::Exception(_)
                | Body::RollbackPlan(_)
                | Body::Redesign(_)
                | Body::Release(_)
                | Body::Pause(_)
        );
        let policy = self.past.policy();
        let targets = body.targets();
        if !touching || targets.iter().any(|target| policy.target(&target).is_some()) {
            return;
        }
        let known: Vec<String> = policy.targets().iter().map(|rules| rules.target().to_string()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let first = targets.iter().next().map(|target| target.to_string()).unwrap_or_default();
        self.report("services", format!("names no target of the policy ({first}); the policy has: {known}"));
    }

    fn members(&mut self, body: &Body, roster: &Roster, author: &MemberName) {
        if let Some(owner) = body.owner().filter(|owner| roster.member(owner).is_none()) {
            self.report("owner", format!("is \"{owner}\", who is not a member"));
        }
        let Body::Exception(exception) = body else { return };
        let human = roster
            .member(author)
            .is_some_and(|member| member.r#type == crate::record::kind::trust::MemberType::Human);
        let missing = |value: bool| human && exception.expected.is_none() && !value;
        let required = [
            ("failure", missing(exception.failure.is_some())),
            ("origin", missing(exception.origin.is_some())),
            ("root_cause", missing(exception.root_cause.is_some())),
        ];
        for (field, _) in required.into_iter().filter(|(_, missing)| *missing) {
            self.report(field, "is missing: why did it happen?");
        }
        let trigger = roster.member(&exception.trigger.0.identity);
        let service =
            trigger.is_some_and(|member| member.r#type == crate::record::kind::trust::MemberType::Service);
        if (service || exception.is_override()) && exception.trigger.0.credential.is_none() {
            self.report("trigger.credential", "is missing: which credential did the trigger use?");
        }
        if exception.is_override() {
            if trigger.is_none() {
                self.report("trigger.identity", "is not a member; in an override it must be one");
            }
            for (index, grant) in exception.grant.iter().enumerate() {
                if roster.member(&grant.to).is_none() {
                    let message = format!("is \"{}\", who is not a member", grant.to);
                    self.report(&format!("grant[{index}].to"), message);
                }
            }
        }
    }

    fn times(&mut self, body: &Body) {
        let (policy, now) = (self.past.policy(), self.now);
        if body.occurred_at().is_some_and(|at| at > now) {
            self.report("occurred_at", "is in the future");
        }
        match body {
            Body::Exception(exception) => {
                let Some(end) = exception.expires_at else { return };
                let longest = now.plus(policy.max_lifetime(exception, &body.targets()));
                if end <= now {
                    self.report("expires_at", "is in the past");
                } else if end > longest {
                    self.report("expires_at", format!("is later than the policy allows: at most {longest}"));
                }
                for (index, grant) in exception.grant.iter().enumerate() {
                    let objection = policy.grant_objection(grant, &body.targets(), now);
                    if let Some(objection) = objection {
                        self.report(&format!("grant[{index}]"), objection);
                    }
                    if grant.expires_at > end {
                        let message = format!("is later than the exception's own end ({end})");
                        self.report(&format!("grant[{index}].expires_at"), message);
                    } else if grant.expires_at <= now {
                        self.report(&format!("grant[{index}].expires_at"), "is in the past");
                    }
                }
            }
            Body::RollbackPlan(plan) => {
                let rules = policy.strictest(&body.targets()).rollback;
                let longest = now.plus(rules.max_lifetime);
                if plan.expires_at <= now {
                    self.report("expires_at", "is in the past");
                } else if plan.expires_at > longest {
                    self.report("expires_at", format!("is later than the policy allows: at most {longest}"));
                }
                if u64::try_from(plan.criterion.len()).unwrap_or(u64::MAX) < rules.min_criteria {
                    let message = format!("has too few: the policy asks for {}", rules.min_criteria);
                    self.report("criterion", message);
                }
            }
            Body::Redesign(redesign) if redesign.due <= now && redesign.in_force_from.is_none() => {
                self.report("due", "is in the past");
            }
            Body::Policy(policy) => self.policy(policy),
            Body::Redesign(_)
            | Body::Trust(_)
            | Body::Approval(_)
            | Body::Closure(_)
            | Body::Receipt(_)
            | Body::Triage(_)
            | Body::Release(_)
            | Body::Review(_)
            | Body::Pause(_)
            | Body::Resume(_)
            | Body::Outcome(_)
            | Body::Audit(_)
            | Body::Quarantine(_) => {}
        }
    }

    fn policy(&mut self, policy: &Policy) {
        for (field, message) in beyond_bounds(policy) {
            self.report(&field, message);
        }
        self.found.extend(unmatched_refs(policy));
        let mut targets = Vec::new();
        for (index, rules) in policy.target.iter().enumerate() {
            if targets.contains(&rules.target()) {
                self.report(&format!("target[{index}]"), format!("repeats the target {}", rules.target()));
            }
            targets.push(rules.target());
        }
        for (index, entry) in policy.expected.iter().enumerate() {
            let never = |code: &&CheckCode| code.is_never_waived();
            if let Some(code) = entry.may_waive.iter().find(never) {
                self.report(
                    &format!("expected[{index}].may_waive"),
                    format!("holds {code}, which cannot be waived"),
                );
            }
        }
    }
}

/// Returns an objection, as (field, message), for each ref pattern of a policy that no ref in a push can match. A push
/// names refs in full (gitglossary, "ref").
pub fn unmatched_refs(policy: &Policy) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (index, target) in policy.target.iter().enumerate() {
        // Whether the full name of a ref can match depends on the text before the first star.
        let can_match = |pattern: &str| match pattern.split_once('*') {
            Some((before, _)) => before.starts_with("refs/") || "refs/".starts_with(before),
            None => pattern.starts_with("refs/"),
        };
        for pattern in target.refs.iter().map(PathPattern::as_str).filter(|pattern| !can_match(pattern)) {
            let message = format!("has \"{pattern}\", which no push matches: write \"refs/heads/{pattern}\"");
            found.push((format!("policy.target[{index}].refs"), message));
        }
    }
    found
}
