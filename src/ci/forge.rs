//! [`Forge`]: the forges that a pipeline can be written for, and where the file of the pipeline goes on each forge.

use crate::value::{Target, TargetName};

/// Returns a name for a target that files, jobs and groups can have. Different targets have different names.
pub(super) fn slug(target: &TargetName) -> String {
    let Target { service, environment } = target.target();
    let is_plain = |name: &str| !name.contains('-');
    let between = if is_plain(service.as_str()) && is_plain(environment.as_str()) { "-" } else { "+" };
    format!("{service}{between}{environment}")
}

/// A forge, or any other place that runs a shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forge {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
    /// Gitea Actions, or Forgejo Actions.
    Gitea,
    /// A shell script.
    Generic,
}

impl Forge {
    /// Every forge.
    pub const ALL: &'static [Self] = &[Self::Github, Self::Gitlab, Self::Gitea, Self::Generic];

    /// The name of the forge on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Gitea => "gitea",
            Self::Generic => "generic",
        }
    }

    /// Returns the forge with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|forge| forge.name() == name)
    }

    /// The folder for the files of this forge's pipelines, from the top of the repository.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows",
            Self::Gitlab => ".gitlab",
            Self::Gitea => ".gitea/workflows",
            Self::Generic => "ci",
        }
    }

    /// The path of the file with a target's pipeline, from the top of the repository.
    pub fn path(self, target: &TargetName) -> String {
        let ending = match self {
            Self::Github | Self::Gitlab | Self::Gitea => "yml",
            Self::Generic => "sh",
        };
        format!("{}/countersign-{}.{ending}", self.folder(), slug(target))
    }
}
