//! Files that hold a receipt and the proof that the ledger holds it: how they are written and read, and how a command
//! line names a receipt.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CommandError;
use crate::ledger::{Inclusion, Loaded, prove};
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
    /// Takes what was typed for the name of a file if that file exists, otherwise for an id.
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

/// What is at the path to which a receipt is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutFile {
    /// Nothing is there yet.
    New,
    /// A file is there that holds an earlier receipt, or is empty.
    Ours,
}

/// Refuses a path that holds anything but an earlier receipt or an empty file, so that nothing else is overwritten.
pub(crate) fn may_be_written(path: &Path) -> Result<OutFile, CommandError> {
    let Ok(found) = path.symlink_metadata() else { return Ok(OutFile::New) };
    let head = if found.is_file() { store::read_head(path, 64)? } else { None };
    let is_ours = |head: &[u8]| {
        head.is_empty()
            || [&b"c2sp.org/tlog-proof@"[..], b"{\"payload"].iter().any(|start| head.starts_with(start))
    };
    if head.as_deref().is_some_and(is_ours) {
        return Ok(OutFile::Ours);
    }
    Err(CommandError::usage(format!(
        "{} exists, and is not a receipt: it was not overwritten",
        path.display()
    )))
}

/// Proves that the ledger holds a receipt.
pub(crate) fn proven(
    workspace: &Workspace,
    loaded: &Loaded,
    id: &RecordId,
) -> Result<Inclusion, CommandError> {
    prove(workspace, loaded, id)?
        .ok_or_else(|| CommandError::usage(format!("the ledger does not hold {}", id.short())))
}

/// Returns the text of the file that proves that the ledger holds a receipt.
pub(crate) fn proof_text(
    context: &Context,
    workspace: &Workspace,
    loaded: &Loaded,
    id: &RecordId,
) -> Result<String, CommandError> {
    let inclusion = proven(workspace, loaded, id)?;
    if inclusion.note.cosignatures.is_empty() {
        context.ui.note("note: no witness has cosigned the ledger since this receipt was added");
    }
    let note = inclusion.note.render();
    Ok(ReceiptProof::render(&inclusion.file, inclusion.index, &inclusion.hashes, &note))
}
