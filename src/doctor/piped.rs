//! [`Piped`]: a pipeline to examine.

use crate::ci::Forge;
use crate::value::TargetName;

/// A pipeline to examine.
pub struct Piped<'a> {
    /// The forge that runs it.
    pub forge: Forge,
    /// The target that it deploys to.
    pub target: &'a TargetName,
    /// Those variables of [`super::JOB_VARIABLES`] that are not set, if this program runs in a CI job; `None` if it
    /// does not.
    pub lacking: Option<Vec<&'static str>>,
}
