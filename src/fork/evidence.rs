//! Evidence of a fork: a bundle with both views. It can be checked without the local ledger.

use std::path::Path;

use super::compare::{
    CompareError, Compared, HEAD_BYTES, ONE_REF, OTHER_REF, Standpoint, View, WITNESS_REF, of_chains,
    of_checkpoint, replay,
};
use super::scratch::{Scratch, bundle_format};
use crate::ledger::{Given, vouchers};
use crate::store;
use crate::witness::Note;

/// Checks evidence of a fork without the local ledger. If a ledger id is given, the evidence must be of the
/// ledger with this id.
pub fn check_evidence(path: &Path, given: &Given) -> Result<Compared, CompareError> {
    let no = |reason: &str| CompareError::NoEvidence { path: path.to_owned(), reason: reason.to_owned() };
    let bytes = store::read_head(path, HEAD_BYTES)?.ok_or_else(|| no("there is no such file"))?;
    let format = bundle_format(&bytes).ok_or_else(|| no("it is not a Git bundle"))?;
    let scratch = Scratch::new(format, None)?;
    scratch.fetch(path, "refs/fork/*:refs/fork/*").map_err(|_| no("it is damaged or incomplete"))?;
    let damaged = |error| if let CompareError::Git(error) = error { no(&error.to_string()) } else { error };
    let one = replay(&scratch, ONE_REF, given.ledger_id).map_err(damaged)?;
    let Some(ledger) = one.past().ledger_id().filter(|_| one.past().size() > 0) else {
        return Err(no("its first chain founds no ledger, or not the one that was given"));
    };
    let repository = &scratch.workspace.repository;
    let compared = if let Some(commit) = repository.ref_head(WITNESS_REF)? {
        let file = repository.reader().file(&commit, "checkpoint")?.unwrap_or_default();
        let note = Note::parse(&file).map_err(|error| no(&error.to_string()))?;
        let witness = vouchers(one.past(), given, &note).into_iter().next();
        let view =
            witness.map(View::Witness).ok_or_else(|| no("no known witness has cosigned its checkpoint"))?;
        of_checkpoint(ledger, one.past(), view, Some(note.ledger), note.checkpoint)?
    } else {
        let other = replay(&scratch, OTHER_REF, Some(ledger)).map_err(damaged)?;
        of_chains(ledger, one.past(), other.past())?
    };
    match compared.standpoint {
        Standpoint::Forked => Ok(compared),
        Standpoint::OtherLedger => Err(no("its two views are of different ledgers")),
        Standpoint::Same | Standpoint::Ahead | Standpoint::Behind => {
            Err(no("its two views do not contradict each other"))
        }
    }
}

/// Writes evidence to a file that does not exist yet.
pub fn write_evidence(path: &Path, bytes: &[u8]) -> Result<(), CompareError> {
    if path.exists() {
        return Err(CompareError::Exists(path.to_owned()));
    }
    Ok(store::write(path, bytes)?)
}
