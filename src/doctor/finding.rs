//! [`Symptom`]: one thing that an examination finds.

use serde::Serialize;

/// Whether something is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// As it should be.
    Good,
    /// Worth knowing, but nothing has to be done.
    Note,
    /// Something has to be done.
    Wrong,
}

/// One thing that an examination found.
#[derive(Debug, Clone, Serialize)]
pub struct Symptom {
    /// Whether it is as it should be.
    pub health: Health,
    /// What was found, as a phrase.
    pub found: String,
    /// The command that mends it or says more about it, if there is one.
    pub next: Option<String>,
}

impl Symptom {
    /// Makes a symptom of something that is as it should be.
    pub(super) fn good(found: impl Into<String>) -> Self {
        Self { health: Health::Good, found: found.into(), next: None }
    }

    /// Makes a symptom of something that is worth knowing.
    pub(super) fn note(found: impl Into<String>) -> Self {
        Self { health: Health::Note, found: found.into(), next: None }
    }

    /// Makes a symptom of something that has to be mended.
    pub(super) fn wrong(found: impl Into<String>) -> Self {
        Self { health: Health::Wrong, found: found.into(), next: None }
    }

    /// Adds the command that mends it or says more about it.
    pub(super) fn next(self, command: impl Into<String>) -> Self {
        Self { next: Some(command.into()), ..self }
    }
}
