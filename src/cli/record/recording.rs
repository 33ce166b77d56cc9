//! The context of a recording.

use crate::cli::context::Context;
use crate::draft::SecretLike;
use crate::ledger::Loaded;
use crate::record::Kind;
use crate::state::State;
use crate::workspace::Workspace;
use crate::write::Author;

/// The context of a recording: the author, the ledger, and the kind of record.
pub(super) struct Recording<'a> {
    pub(super) context: &'a Context,
    pub(super) workspace: &'a Workspace,
    pub(super) loaded: &'a Loaded,
    pub(super) state: Option<&'a State>,
    pub(super) author: &'a Author,
    pub(super) kind: Kind,
    pub(super) about_secrets: SecretLike,
}
