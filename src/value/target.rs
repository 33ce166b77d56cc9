//! Targets of deployments.

use std::fmt;

use super::{EnvironmentName, ServiceName};

/// What a deployment is made to: a service in an environment, e.g. `payments` in `production`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Target {
    /// The service.
    pub service: ServiceName,
    /// The environment.
    pub environment: EnvironmentName,
}

impl Target {
    /// Every service in every environment: the targets of a record with these two lists.
    pub fn product(services: &[ServiceName], environments: &[EnvironmentName]) -> Vec<Self> {
        let pairs = services
            .iter()
            .flat_map(|service| environments.iter().map(move |environment| (service, environment)));
        pairs
            .map(|(service, environment)| Self { service: service.clone(), environment: environment.clone() })
            .collect()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.service, self.environment)
    }
}
