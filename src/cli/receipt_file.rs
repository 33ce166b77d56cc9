//! The files of receipts, with the proof that the ledger holds them: written, named on a command line, and read.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CommandError;
use crate::ledger::{Loaded, prove};
use crate::proof::ReceiptProof;
use crate::render::escape;
use crate::store;
use crate::value::{IdPrefix, RecordId};
use crate::workspace::Workspace;

/// The largest file of a proof that is read, in bytes.
const MOST_PROOF: u64 = 256 * 1024;

/// A receipt, as a command line names it.
#[derive(Debug, Clone)]
pub(crate) enum ReceiptNamed {
    /// By its file.
    File(PathBuf),
    /// By the beginning of its id.
    Id(IdPrefix),
}

impl ReceiptNamed {
    /// Takes what was typed for a file, if there is one of that name, and for an id otherwise.
    pub(crate) fn of(typed: &str, directory: &Path) -> Result<Self, CommandError> {
        let path = directory.join(typed);
        if path.is_file() {
            return Ok(Self::File(path));
        }
        typed.parse().map(Self::Id).map_err(|error| {
            let is_path = typed.contains(['/', '.']);
            let why = if is_path { "not the id of a receipt".to_owned() } else { format!("{error}") };
            CommandError::usage(format!("{} is no file, and {why}", escape(typed)))
        })
    }
}

/// Reads the file of a proof. No signature and no hash is checked.
pub(crate) fn read_proof(path: &Path) -> Result<ReceiptProof, CommandError> {
    let bytes = store::read(path, MOST_PROOF)?.unwrap_or_default();
    ReceiptProof::parse(&bytes)
        .map_err(|error| CommandError::usage(format!("{} is no proof of a receipt: {error}", path.display())))
}

/// Returns the text of the file that proves that the ledger holds a receipt.
pub(crate) fn proof_text(
    context: &Context,
    workspace: &Workspace,
    loaded: &Loaded,
    id: &RecordId,
) -> Result<String, CommandError> {
    let inclusion = prove(workspace, loaded, id)?
        .ok_or_else(|| CommandError::usage(format!("the ledger does not hold {}", id.short())))?;
    if inclusion.note.cosignatures.is_empty() {
        context.ui.note("note: no witness vouches for a ledger that holds it yet");
    }
    let note = inclusion.note.render();
    Ok(ReceiptProof::render(&inclusion.file, inclusion.index, &inclusion.hashes, &note))
}
