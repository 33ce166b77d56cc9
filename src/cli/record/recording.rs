//! The context of a recording.

use crate::cli::context::Context;
use crate::cli::edit::Editing;
use crate::cli::error::CommandError;
use crate::ledger::Loaded;
use crate::record::draft::DraftError;
use crate::record::{Body, Kind};
use crate::state::State;
use crate::workspace::Workspace;
use crate::write::Author;

/// Returns an error about a draft that was generated from options.
pub(super) fn of_options(error: &DraftError) -> CommandError {
    CommandError::draft("options", error).hint("line numbers refer to the draft generated from your options")
}

/// A parsed draft, its evidence, and the editor session that it came from, if any.
pub(super) type ReadDraft = (Body, crate::record::field::Elements<crate::record::Evidence>, Option<Editing>);

/// The context of a recording: the author, the ledger, and the kind of record.
pub(super) struct Recording<'a> {
    pub(super) context: &'a Context,
    pub(super) workspace: &'a Workspace,
    pub(super) loaded: &'a Loaded,
    pub(super) state: Option<&'a State>,
    pub(super) author: &'a Author,
    pub(super) kind: Kind,
}
