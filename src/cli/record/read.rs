//! Reading the draft of a record: from a file, from options, or from an editor.

use std::path::Path;

use super::args::Args;
use super::mistakes;
use super::recording::Recording;
use crate::cli::context::Context;
use crate::cli::edit::Editing;
use crate::cli::error::CommandError;
use crate::cli::input::read_draft;
use crate::cli::ui::Preset;
use crate::draft::{DraftValues, Prefilling, lint, secret_like};
use crate::record::draft::{Draft, DraftError};
use crate::record::field::Elements;
use crate::record::prefilled::Prefilled;
use crate::record::{Body, Evidence};
use crate::value::Time;

/// Whether a record may repeat one that the same author made in the last ten minutes (`--again`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    Asked,
    NotAsked,
}

/// A draft that was read, and the editor session that it came from, if any.
pub(super) struct ReadDraft {
    pub(super) body: Body,
    pub(super) evidence: Elements<Evidence>,
    pub(super) editing: Option<Editing>,
}

impl ReadDraft {
    pub(super) fn new(draft: Draft, editing: Option<Editing>) -> Self {
        Self { body: draft.body, evidence: draft.evidence, editing }
    }
}

impl Recording<'_> {
    pub(super) fn prefilling(&self) -> Result<Prefilling<'_>, CommandError> {
        let (loaded, state, author) = (self.loaded, self.state, &self.author.name);
        Ok(Prefilling { loaded, state, author, now: self.context.now()? })
    }

    pub(super) fn read_file(&self, file: &Path) -> Result<ReadDraft, CommandError> {
        let (bytes, name) = read_draft(file)?;
        let draft = self.check(&bytes).map_err(|error| CommandError::draft(&name, &error))?;
        Ok(ReadDraft::new(draft, None))
    }

    /// Reads a draft from values. If the draft has mistakes, an editor opens on a template that is filled in with the
    /// values. No editor opens with `--yes` or `--dry-run`, or if the values have a summary and there is no terminal:
    /// then the mistakes are an error.
    pub(super) fn read_values(
        &self,
        args: &Args,
        values: &DraftValues,
        prefilled: &Prefilled,
    ) -> Result<ReadDraft, CommandError> {
        let may_edit = !args.yes && !args.import.dry_run;
        let may_edit = may_edit && (values.summary.is_none() || self.context.ui.can_ask());
        let read = prefilled.read().and_then(|draft| match self.objections(&draft) {
            none if none.is_empty() => Ok(draft),
            objections => Err(objections),
        });
        match read {
            Ok(draft) => Ok(ReadDraft::new(draft, None)),
            Err(_) if may_edit => self.edit(&prefilled.template()),
            Err(mistakes) => Err(mistakes::mistaken(self.kind, &mistakes)),
        }
    }

    pub(super) fn edit(&self, text: &str) -> Result<ReadDraft, CommandError> {
        let editing = Editing::begin(self.context, self.workspace, self.kind.as_str(), text)?;
        loop {
            let Some(bytes) = editing.edit(self.workspace)? else {
                return Err(CommandError::usage("the draft is empty; nothing was recorded"));
            };
            match self.check(&bytes) {
                Ok(draft) => return Ok(ReadDraft::new(draft, Some(editing))),
                Err(error) => {
                    let error = CommandError::draft(&editing.name(), &error);
                    if !self.context.ui.can_ask() {
                        return Err(error.hint(editing.kept()));
                    }
                    self.context.ui.error(&error);
                    if !self.context.ui.confirm("Edit again?", Preset::Yes)? {
                        return Err(CommandError::usage("nothing was recorded").hint(editing.kept()));
                    }
                }
            }
        }
    }

    /// Parses a draft, and checks it against the ledger.
    fn check(&self, bytes: &[u8]) -> Result<Draft, DraftError> {
        let draft = Draft::read(bytes, self.kind)?;
        let objections = self.objections(&draft);
        if objections.is_empty() { Ok(draft) } else { Err(Draft::object(bytes, objections)) }
    }

    /// Checks a draft against the ledger, and returns the objections.
    pub(super) fn objections(&self, draft: &Draft) -> Vec<(String, String)> {
        // If the state cannot be read, a later step reports that.
        let state = self.loaded.live_about(&draft.body).ok().flatten();
        let author = &self.author.name;
        lint(self.loaded, state.as_deref(), author, &draft.body, self.now(), self.about_secrets)
    }

    /// Returns the time with which a draft is checked. If the clock is outside the years that a record can state, this
    /// is the ledger time. Nothing is recorded in that case, because [`Context::now`] fails.
    pub(super) fn now(&self) -> Time {
        let ledger_time = || self.loaded.replay.past().ledger_time().unwrap_or(Time::FIRST);
        crate::clock::now().unwrap_or_else(ledger_time)
    }
}

/// Asks about each field whose text looks like a secret. Without a terminal, such a field is an error. The answer
/// leaves no trace in the record.
pub(super) fn accept_secret_like(context: &Context, body: &Body) -> Result<(), CommandError> {
    for (field, message) in secret_like(body) {
        if !context.ui.can_ask() {
            let error = CommandError::usage(format!("`{field}` {message}"));
            return Err(error.hint("--allow-secret-like asks, and there is no terminal to ask at"));
        }
        context.ui.note(&format!("`{field}` {message}."));
        let question = "Are you sure that this is not a secret, and may stay in the ledger for ever?";
        if !context.ui.confirm(question, Preset::No)? {
            return Err(CommandError::usage("nothing was recorded"));
        }
    }
    Ok(())
}
