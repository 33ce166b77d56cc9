//! [`Delivered`]: what the results of deployments are computed from.

use serde::{Deserialize, Serialize};

use super::deployment::Deployment;
use super::outcome::OutcomeItem;
use crate::record::kind::outcome::DeploymentResult;
use crate::value::Time;

/// The part of a gate decision that the results of deployments depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivered {
    /// The position of the receipt.
    pub(in crate::state) position: u64,
    /// The time of the decision.
    pub(in crate::state) at: Time,
    pub(in crate::state) is_allowed: bool,
    pub(in crate::state) is_allowed_expansion: bool,
    /// The latest outcome.
    pub(in crate::state) outcome: Option<DeliveredOutcome>,
}

/// The part of an outcome that the results of deployments depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::state) struct DeliveredOutcome {
    pub(in crate::state) result: DeploymentResult,
    pub(in crate::state) created_at: Time,
    pub(in crate::state) started_at: Time,
    pub(in crate::state) ended_at: Time,
}

impl Delivered {
    pub(in crate::state) fn new(deployment: &Deployment, outcome: Option<&OutcomeItem>) -> Self {
        Self {
            position: deployment.position,
            at: deployment.says.at,
            is_allowed: deployment.is_allowed(),
            is_allowed_expansion: deployment.is_allowed_expansion(),
            outcome: outcome.map(|outcome| DeliveredOutcome {
                result: outcome.says.result,
                created_at: outcome.created_at,
                started_at: outcome.says.started_at,
                ended_at: outcome.says.ended_at,
            }),
        }
    }
}
