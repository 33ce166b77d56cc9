//! Who records what, and on which ledger.

use crate::cli::context::Context;
use crate::cli::edit::Editing;
use crate::cli::error::CommandError;
use crate::ledger::Loaded;
use crate::record::draft::DraftError;
use crate::record::{Body, Kind};
use crate::state::State;
use crate::workspace::Workspace;
use crate::write::Author;

pub(super) fn of_options(error: &DraftError) -> CommandError {
    CommandError::draft("options", error).hint("the lines are those of the template that the options fill in")
}

pub(super) type ReadDraft = (Body, crate::record::field::Elements<crate::record::Evidence>, Option<Editing>);

/// Who records what, and on which ledger.
pub(super) struct Recording<'a> {
    pub(super) context: &'a Context,
    pub(super) workspace: &'a Workspace,
    pub(super) loaded: &'a Loaded,
    pub(super) state: Option<&'a State>,
    pub(super) author: &'a Author,
    pub(super) kind: Kind,
}
