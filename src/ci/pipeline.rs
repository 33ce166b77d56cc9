//! [`Pipeline`]: the settings from which a pipeline is written.

use super::forge::{Forge, slug};
use crate::value::TargetName;

/// How changes are merged into the branch that deploys. This determines which commit is deployed, and which commits it
/// contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merging {
    /// By a merge commit, which contains the commits of the change.
    Merge,
    /// By one new commit, which contains none of them.
    Squash,
    /// By copies of the commits of the change. The copies are other commits.
    Rebase,
    /// The branch moves to the last commit of the change.
    FastForward,
}

impl Merging {
    /// Every way to merge.
    pub const ALL: &'static [Self] = &[Self::Merge, Self::Squash, Self::Rebase, Self::FastForward];

    /// The name of this way to merge on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Squash => "squash",
            Self::Rebase => "rebase",
            Self::FastForward => "fast-forward",
        }
    }

    /// Returns the way to merge that has this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|merging| merging.name() == name)
    }

    /// Returns the option `--merge` that names this way to merge, with a space before it; empty for the default.
    pub fn option(self) -> String {
        if self == Self::Merge { String::new() } else { format!(" --merge {}", self.name()) }
    }

    /// Describes the commit that the check of a change asks about.
    pub(super) fn asks_about(self) -> &'static str {
        match self {
            Self::Merge => "the merge commit that would be made",
            Self::Squash => "the one commit that squashing makes, without the commits of the change",
            Self::Rebase => "what rebasing makes, without the commits of the change themselves",
            Self::FastForward => "the last commit of the change, to which the branch moves",
        }
    }
}

/// The settings from which a pipeline is written.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The forge that runs the pipeline.
    pub forge: Forge,
    /// The target.
    pub target: TargetName,
    /// The branches that deploy to the target, as patterns, without `refs/heads/`.
    pub branches: Vec<String>,
    /// How changes are merged into these branches.
    pub merging: Merging,
    /// The command that puts countersign on a runner; `None` if every runner has countersign already.
    pub install: Option<String>,
    /// The command that builds what is deployed.
    pub build: Option<String>,
    /// The files that are deployed.
    pub artifacts: Vec<String>,
    /// The command that deploys.
    pub deploy: String,
    /// The command that wrote the file.
    pub written_by: String,
}

impl Pipeline {
    /// A name for the target that files, jobs and groups can have.
    pub(super) fn slug(&self) -> String {
        slug(&self.target)
    }

    /// The command that prints how to set up what the pipeline needs.
    pub(super) fn setup(&self) -> String {
        format!("countersign ci setup {} {}", self.forge.name(), self.target)
    }
}
