//! `record KIND --like ID`: a draft that begins with what an earlier record says.

use super::args::Args;
use super::mistakes;
use super::read::ReadDraft;
use super::recording::Recording;
use crate::cli::error::CommandError;
use crate::draft::{DraftValues, lint};
use crate::ledger::find;
use crate::record::amend::amended;
use crate::record::draft_of;
use crate::value::IdPrefix;

impl Recording<'_> {
    /// Reads a draft like an earlier record. What options say, and the dates that a new record has, take the place of
    /// what that one says. If that does not suffice, an editor opens on it, unless `--yes` was given.
    pub(super) fn read_like(
        &self,
        args: &Args,
        values: &DraftValues,
        like: &IdPrefix,
    ) -> Result<ReadDraft, CommandError> {
        let kind = self.kind;
        let id = find(self.loaded, like)?;
        let body = self.loaded.replay.past().body(&id)?.filter(|body| body.kind() == kind);
        let Some(body) = body else {
            let hint = format!("next: countersign show {}", id.short());
            return Err(CommandError::usage(format!("--like: {} is no {kind}", id.short())).hint(hint));
        };
        let prefilling = self.prefilling()?;
        let given = prefilling.draft(kind, values)?;
        let nothing_given = prefilling.draft(kind, &DraftValues::default())?;
        let changes = [given.times(), given.beside(&nothing_given)].concat();
        let draft = amended(&body, &changes).map_err(|found| mistakes::mistaken(kind, &found))?;
        let objections =
            lint(self.loaded, self.state, &self.author.name, &draft.body, self.now(), self.about_secrets);
        if objections.is_empty() {
            return Ok(ReadDraft::new(draft, None));
        }
        if args.yes || args.import.dry_run || !self.context.ui.can_ask() {
            return Err(mistakes::mistaken(kind, &objections));
        }
        self.edit(&draft_of(&draft.body))
    }
}
