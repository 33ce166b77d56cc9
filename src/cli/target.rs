//! How a command line names a target: `payments/production`, or a service and an environment. If the policy has only
//! one target, the command line need not name it.

use super::error::CommandError;
use crate::policy::InForce;
use crate::record::kind::policy::TargetRules;
use crate::value::{EnvironmentName, ServiceName, Target, TargetName, listed};

/// The options that name one target.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TargetArgs {
    /// The target, as SERVICE/ENVIRONMENT [default: the only one of the policy]
    #[arg(value_name = "TARGET", conflicts_with_all = ["service", "environment"])]
    target: Option<TargetName>,
    /// The service, in place of TARGET
    #[arg(short, long)]
    service: Option<ServiceName>,
    /// The environment, in place of TARGET
    #[arg(short, long)]
    environment: Option<EnvironmentName>,
}

impl TargetArgs {
    /// Returns the target if it was named in full; `None` if only the policy can complete it.
    pub(crate) fn named(&self) -> Option<Target> {
        if let Some(named) = &self.target {
            return Some(named.target().clone());
        }
        let (service, environment) = self.service.clone().zip(self.environment.clone())?;
        Some(Target { service, environment })
    }

    /// Returns the target that was named in full. Otherwise returns the only target of the policy that fits the service
    /// or the environment that was named, if any.
    pub(crate) fn resolve(&self, policy: &InForce) -> Result<Target, CommandError> {
        if let Some(named) = self.named() {
            return Ok(named);
        }
        let fits = |target: &Target| {
            self.service.as_ref().is_none_or(|service| *service == target.service)
                && self.environment.as_ref().is_none_or(|environment| *environment == target.environment)
        };
        let all: Vec<Target> = policy.targets().iter().map(TargetRules::target).collect();
        let fitting: Vec<&Target> = all.iter().filter(|target| fits(target)).collect();
        match fitting.as_slice() {
            [only] => Ok((*only).clone()),
            [] if all.is_empty() => Err(CommandError::usage("the policy in force has no target")
                .hint("name one: SERVICE/ENVIRONMENT, e.g. payments/production")),
            [] => Err(which("the policy in force has no such target", &all.iter().collect::<Vec<_>>())),
            several => Err(which("which target?", several)),
        }
    }
}

/// Returns the error for a target that the policy does not have. The error lists the targets that it has.
pub(crate) fn unknown(named: &TargetName, policy: &InForce) -> CommandError {
    let all: Vec<Target> = policy.targets().iter().map(TargetRules::target).collect();
    which(&format!("the policy in force has no target {named}"), &all.iter().collect::<Vec<_>>())
}

/// The maximum number of targets that an error lists.
const MOST_LISTED: usize = 12;

/// Returns an error with the targets to choose from.
fn which(question: &str, targets: &[&Target]) -> CommandError {
    let names = targets.iter().map(|target| format!("{}/{}", target.service, target.environment));
    CommandError::usage(question).hint(format!("choose one of: {}", listed(names, MOST_LISTED)))
}

/// Turns targets that were named as SERVICE/ENVIRONMENT into services and environments. Refuses them if services or
/// environments were named as well. A record is about each of its services in each of its environments, so every such
/// pair must be among the targets.
pub(crate) fn add_targets(
    targets: &[TargetName],
    services: &mut Vec<ServiceName>,
    environments: &mut Vec<EnvironmentName>,
) -> Result<(), CommandError> {
    if targets.is_empty() {
        return Ok(());
    }
    if !services.is_empty() || !environments.is_empty() {
        return Err(CommandError::usage(
            "name targets as SERVICE/ENVIRONMENT, or services and environments, not both",
        ));
    }
    for named in targets {
        let Target { service, environment } = named.target();
        if !services.contains(service) {
            services.push(service.clone());
        }
        if !environments.contains(environment) {
            environments.push(environment.clone());
        }
    }
    let is_named = |service: &ServiceName, environment: &EnvironmentName| {
        targets.iter().any(|one| one.target().service == *service && one.target().environment == *environment)
    };
    for service in &*services {
        if let Some(missing) = environments.iter().find(|environment| !is_named(service, environment)) {
            let found = format!("one record would also be about {service}/{missing}, which is not named");
            return Err(CommandError::usage(found).hint("make a record for each target"));
        }
    }
    Ok(())
}
