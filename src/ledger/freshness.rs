//! Cosigned checkpoints, which vouch for the head of a ledger.

use std::collections::BTreeMap;

use super::asked::WITNESS_BRANCHES;
use super::given::Given;
use crate::record::Checkpoint;
use crate::record::kind::trust::Role;
use crate::sshsig::{PublicKey, Verifier};
use crate::value::MemberName;
use crate::verify::Past;
use crate::witness::{Note, Vouch, key_name};
use crate::workspace::Workspace;

/// Returns the name of a witness's branch, relative to `refs/heads/` or a remote's refs.
pub(crate) fn witness_branch(witness: &MemberName) -> String {
    format!("{WITNESS_BRANCHES}{witness}")
}

/// Returns the cosignatures that the [`witnesses`] made on checkpoints of this ledger, each with its checkpoint. If
/// several keys of a witness signed one note, only the latest of these cosignatures is returned.
pub(super) fn cosigned(workspace: &Workspace, past: &Past, given: &Given) -> Vec<(Vouch, Checkpoint)> {
    let Some(ledger) = past.ledger_id() else { return Vec::new() };
    let mut verifier = Verifier::default();
    let mut found = Vec::new();
    for (witness, (keys, person)) in witnesses(past, given) {
        for note in notes(workspace, &witness) {
            let name = key_name(&ledger, &witness);
            let at = keys.iter().filter_map(|key| note.vouched(&name, key, &mut verifier)).max();
            if let Some(at) = at.filter(|_| note.ledger == ledger) {
                let (size, person) = (note.checkpoint.size, person.clone());
                let vouch = (Vouch { witness: witness.clone(), person, size, at }, note.checkpoint);
                // The witness's local branch and its branch as last fetched often hold the same note.
                if !found.contains(&vouch) {
                    found.push(vouch);
                }
            }
        }
    }
    found
}

/// Returns the notes of this ledger that at least one of the [`witnesses`] vouches for.
pub(super) fn cosigned_notes(workspace: &Workspace, past: &Past, given: &Given) -> Vec<Note> {
    let ledger = past.ledger_id();
    let named = witnesses(past, given).into_keys().flat_map(|witness| notes(workspace, &witness));
    named.filter(|note| Some(note.ledger) == ledger && !vouchers(past, given, note).is_empty()).collect()
}

/// Returns those of the [`witnesses`] who have cosigned a note.
pub(crate) fn vouchers(past: &Past, given: &Given, note: &Note) -> Vec<MemberName> {
    let mut verifier = Verifier::default();
    let mut vouches = |(witness, (keys, _)): &(MemberName, (Vec<PublicKey>, MemberName))| {
        let name = key_name(&note.ledger, witness);
        keys.iter().any(|key| note.vouched(&name, key, &mut verifier).is_some())
    };
    witnesses(past, given).into_iter().filter(&mut vouches).map(|(witness, _)| witness).collect()
}

/// Returns the witnesses of the trust in force and the verifier's own witnesses, with their keys and the persons behind
/// them. Keys of the trust that are no longer believed are left out.
fn witnesses(past: &Past, given: &Given) -> BTreeMap<MemberName, (Vec<PublicKey>, MemberName)> {
    let mut all = BTreeMap::new();
    let roster = past.trust();
    for member in roster.map(|roster| roster.members()).unwrap_or_default() {
        if member.role.iter().any(|table| table.role == Role::Witness) {
            let believed = |key: &PublicKey| past.is_believed(&key.point, past.size());
            let keys = member.keys.iter().map(|line| line.key.clone()).filter(believed).collect();
            let person = roster.and_then(|roster| roster.person(&member.name)).unwrap_or(&member.name);
            all.insert(member.name.clone(), (keys, person.clone()));
        }
    }
    for (name, key) in &given.witnesses {
        let entry = all.entry(name.clone()).or_insert_with(|| (Vec::new(), name.clone()));
        entry.0.push(key.clone());
    }
    all
}

/// Returns the notes that a witness has published. They are read from the witness's local branch, and from its branch
/// at the remote as last fetched. Anything malformed is skipped.
fn notes(workspace: &Workspace, witness: &MemberName) -> Vec<Note> {
    let branch = witness_branch(witness);
    let remote = workspace.config.ledger_remote();
    let mut notes = Vec::new();
    for name in [format!("refs/heads/{branch}"), format!("refs/remotes/{remote}/{branch}")] {
        // A malformed ref or note vouches for nothing, but it is no damage to the ledger itself.
        let Ok(Some(head)) = workspace.repository.ref_head(&name) else { continue };
        let file = workspace.repository.reader().file(&head, "checkpoint");
        if let Ok(Some(bytes)) = file {
            notes.extend(Note::parse(&bytes));
        }
    }
    notes
}
