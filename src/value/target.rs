//! Targets of deployments.

use std::fmt;
use std::str::FromStr;

use super::{EnvironmentName, FormError, ServiceName};

/// What a deployment is made to: a service in an environment, e.g. `payments` in `production`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Target {
    /// The service.
    pub service: ServiceName,
    /// The environment.
    pub environment: EnvironmentName,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.service, self.environment)
    }
}

/// A target as records write it: `payments/production`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetName(Target);

impl TargetName {
    /// The target.
    pub fn target(&self) -> &Target {
        &self.0
    }
}

impl From<Target> for TargetName {
    fn from(target: Target) -> Self {
        Self(target)
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.service, self.0.environment)
    }
}

impl FromStr for TargetName {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let form = || FormError::expected("expected a target: its service, a slash, and its environment");
        let (service, environment) = text.split_once('/').ok_or_else(form)?;
        Ok(Self(Target { service: service.parse()?, environment: environment.parse()? }))
    }
}
