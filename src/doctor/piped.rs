//! [`Piped`]: the pipeline that is examined.

use crate::ci::Forge;
use crate::value::TargetName;

/// The pipeline that is examined.
pub struct Piped<'a> {
    /// The forge that runs it.
    pub forge: Forge,
    /// The target.
    pub target: &'a TargetName,
    /// The variables of [`super::JOB_VARIABLES`] that are not set in the CI job that runs this program; `None` outside
    /// a job.
    pub lacking: Option<Vec<&'static str>>,
}
