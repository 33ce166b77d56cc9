//! `record KIND --like ID`: a draft that starts as a copy of an earlier record.

use super::args::Args;
use super::mistakes;
use super::read::ReadDraft;
use super::recording::Recording;
use crate::cli::error::CommandError;
use crate::draft::DraftValues;
use crate::ledger::find;
use crate::record::amend::{FieldChange, amended};
use crate::record::{Body, Kind, draft_of};
use crate::value::IdPrefix;

/// The fields of records that hold dates. They are not copied.
const DATES: &[&str] =
    &["occurred_at", "expires_at", "started_at", "ended_at", "begins_at", "in_force_from", "due"];

/// Adds the target of an earlier release to the values from options, if these name neither a service nor an
/// environment.
fn of_same_target(body: &Body, values: &DraftValues) -> DraftValues {
    let mut values = values.clone();
    if let (Body::Release(release), true, true) =
        (body, values.services.is_empty(), values.environments.is_empty())
    {
        values.services.push(release.service.clone());
        values.environments.push(release.environment.clone());
    }
    values
}

impl Recording<'_> {
    /// Makes a draft from an earlier record. Values from options, and the dates of a new record, replace the values of
    /// the earlier record. If there are objections to the draft, an editor opens on it. No editor opens without a
    /// terminal, or with `--yes` or `--dry-run`: then the objections are an error. A value that does not fit its field
    /// is always an error.
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
        let values = &of_same_target(&body, values);
        let given = prefilling.draft(kind, values)?;
        let nothing_given = prefilling.draft(kind, &DraftValues::default())?;
        let mut changes: Vec<FieldChange> = DATES.iter().map(|field| FieldChange::new(field, None)).collect();
        changes.extend([given.times(), given.beside(&nothing_given)].concat());
        // A typed value replaces the earlier one even if it equals the default. `beside` leaves such a value out.
        let typed = [
            ("services", !values.services.is_empty()),
            ("environments", !values.environments.is_empty()),
            ("trigger.identity", values.identity.is_some()),
        ];
        changes.extend(
            typed.iter().filter(|(_, is_typed)| *is_typed).filter_map(|(field, _)| given.field(field)),
        );
        if kind == Kind::Release {
            // The plan and the exceptions of the earlier release are not copied: those of today take their place.
            let today = ["rollback_plan", "exceptions"];
            changes.extend(
                today.map(|field| given.field(field).unwrap_or_else(|| FieldChange::new(field, None))),
            );
        }
        let draft = amended(&body, &changes).map_err(|found| mistakes::mistaken(kind, &found))?;
        let objections = self.objections(&draft);
        if objections.is_empty() {
            return Ok(ReadDraft::new(draft, None));
        }
        if args.yes || args.import.dry_run || !self.context.ui.can_ask() {
            return Err(mistakes::mistaken(kind, &objections));
        }
        self.edit(&draft_of(&draft.body))
    }
}
