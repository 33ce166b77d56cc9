//! Changes of targets, made on the policy in force.

use crate::record::Body;
use crate::record::amend::{FieldChange, amended};
use crate::record::field::{List, OptionalSection};
use crate::record::kind::policy::{Policy, TargetRules};
use crate::value::{PathPattern, Target, TargetName};

/// A change of the targets of a policy.
#[derive(Debug, Clone)]
pub enum TargetChange {
    /// Targets are added, all with the same refs and paths.
    Add {
        /// The targets.
        targets: Vec<TargetName>,
        /// The refs of the targets: a push to one of these refs deploys the targets.
        refs: Vec<PathPattern>,
        /// The paths of the repository that belong to the targets; none = all.
        paths: Vec<PathPattern>,
    },
    /// Targets are removed.
    Remove(Vec<TargetName>),
    /// Rules of a target are set.
    Set {
        /// The target.
        target: TargetName,
        /// The rules.
        rules: Vec<RuleSetting>,
    },
}

/// A rule of a target, and the value that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSetting {
    /// The name of the rule as in a policy, e.g. `approvals.overrides`.
    pub rule: String,
    /// The value in TOML; `None` takes the rule out of the target, so that the rule for all targets applies.
    pub value: Option<String>,
}

/// Why a change of targets cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TargetsError {
    /// A target to be added exists already.
    #[error("the policy has {0} already")]
    Already(TargetName),
    /// A target to be changed or removed does not exist.
    #[error("the policy has no target {target}; it has: {}", crate::value::listed(.known.iter().map(ToString::to_string), 12))]
    Unknown {
        /// The target.
        target: TargetName,
        /// The targets of the policy.
        known: Vec<TargetName>,
    },
    /// A rule does not exist, or cannot have the value. The field, and the problem as a phrase that follows the field.
    #[error("{0} {1}")]
    Rule(String, String),
    /// No policy is in force.
    #[error("no policy is in force")]
    NoPolicy,
}

impl TargetChange {
    /// Makes the change on a policy.
    ///
    /// # Errors
    ///
    /// If a target to be added exists, if a target to be changed or removed does not exist, or if a rule does not exist
    /// or cannot have its new value.
    pub fn apply(self, mut policy: Policy) -> Result<Policy, TargetsError> {
        let mut targets: Vec<TargetRules> = policy.target.iter().cloned().collect();
        match self {
            Self::Add { targets: new, refs, paths } => {
                for named in new {
                    if targets.iter().any(|rules| rules.are_of(named.target())) {
                        return Err(TargetsError::Already(named));
                    }
                    targets.push(new_target(named.target(), &refs, &paths));
                }
            }
            Self::Remove(names) => {
                for named in names {
                    let at = position(&targets, &named)?;
                    targets.remove(at);
                }
            }
            Self::Set { target, rules } => {
                let at = position(&targets, &target)?;
                return set(policy, at, &rules);
            }
        }
        policy.target = targets.into();
        Ok(policy)
    }
}

fn new_target(target: &Target, refs: &[PathPattern], paths: &[PathPattern]) -> TargetRules {
    TargetRules {
        service: target.service.clone(),
        environment: target.environment.clone(),
        refs: List::from(refs.to_vec()),
        paths: List::from(paths.to_vec()),
        repository: None,
        remotes: List::from(Vec::new()),
        formerly: List::from(Vec::new()),
        approvals: OptionalSection(None),
        exceptions: OptionalSection(None),
        credentials: OptionalSection(None),
        recurrence: OptionalSection(None),
        rollback: OptionalSection(None),
        receipts: OptionalSection(None),
        freshness: OptionalSection(None),
    }
}

fn position(targets: &[TargetRules], named: &TargetName) -> Result<usize, TargetsError> {
    let known = || targets.iter().map(|rules| TargetName::from(rules.target())).collect();
    let at = targets.iter().position(|rules| rules.are_of(named.target()));
    at.ok_or_else(|| TargetsError::Unknown { target: named.clone(), known: known() })
}

fn set(policy: Policy, at: usize, rules: &[RuleSetting]) -> Result<Policy, TargetsError> {
    let change = |setting: &RuleSetting| FieldChange {
        path: ["target".to_owned(), at.to_string()]
            .into_iter()
            .chain(setting.rule.split('.').map(str::to_owned))
            .collect(),
        value: setting.value.clone(),
    };
    let changes: Vec<FieldChange> = rules.iter().map(change).collect();
    let draft = amended(&Body::Policy(std::sync::Arc::new(policy)), &changes).map_err(|mistakes| {
        let (field, message) = mistakes.into_iter().next().unwrap_or_default();
        TargetsError::Rule(field, message)
    })?;
    if let Body::Policy(policy) = draft.body { Ok((*policy).clone()) } else { Err(TargetsError::NoPolicy) }
}
