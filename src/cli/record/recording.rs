//! [`Recording`]: the context that the steps of `countersign record` share.

use crate::cli::context::Context;
use crate::draft::SecretLike;
use crate::ledger::Loaded;
use crate::record::Kind;
use crate::state::State;
use crate::workspace::Workspace;
use crate::write::Author;

/// The context in which a record is made: the author, the ledger, and the kind of the record.
pub(super) struct Recording<'a> {
    pub(super) context: &'a Context,
    pub(super) workspace: &'a Workspace,
    pub(super) loaded: &'a Loaded,
    pub(super) state: Option<&'a State>,
    pub(super) author: &'a Author,
    pub(super) kind: Kind,
    pub(super) about_secrets: SecretLike,
}
