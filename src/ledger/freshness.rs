//! What vouches for the head of a ledger: cosigned checkpoints, and when the remote was asked last.

use std::collections::BTreeMap;
use std::path::Path;

use super::given::Given;
use crate::record::Checkpoint;
use crate::record::kind::trust::Role;
use crate::sshsig::{PublicKey, Verifier};
use crate::value::{MemberName, Time};
use crate::verify::Past;
use crate::witness::{Note, Vouch, key_name};
use crate::workspace::Workspace;

/// The branch of a witness, below `refs/heads/` or a remote's refs.
pub(crate) fn witness_branch(witness: &MemberName) -> String {
    format!("ledger-witness/{witness}")
}

/// Checkpoints of this ledger that witnesses have cosigned: those of the trust in force, and the verifier's own.
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
                found.push((Vouch { witness: witness.clone(), person, size, at }, note.checkpoint));
            }
        }
    }
    found
}

/// The witnesses who have cosigned a note: those of the trust in force, and the verifier's own.
pub(crate) fn vouchers(past: &Past, given: &Given, note: &Note) -> Vec<MemberName> {
    let mut verifier = Verifier::default();
    let mut vouches = |(witness, (keys, _)): &(MemberName, (Vec<PublicKey>, MemberName))| {
        let name = key_name(&note.ledger, witness);
        keys.iter().any(|key| note.vouched(&name, key, &mut verifier).is_some())
    };
    witnesses(past, given).into_iter().filter(&mut vouches).map(|(witness, _)| witness).collect()
}

/// Each witness with its keys, and the person behind it.
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

/// What a witness has published, here and as it was fetched last; what is no note is passed over.
fn notes(workspace: &Workspace, witness: &MemberName) -> Vec<Note> {
    let branch = witness_branch(witness);
    let remote = workspace.config.ledger_remote();
    let mut notes = Vec::new();
    for name in [format!("refs/heads/{branch}"), format!("refs/remotes/{remote}/{branch}")] {
        // A ref or note that is not in form vouches for nothing; it is not the ledger that is damaged.
        let Ok(Some(head)) = workspace.repository.ref_head(&name) else { continue };
        let file = workspace.repository.reader().file(&head, "checkpoint");
        if let Ok(Some(bytes)) = file {
            notes.extend(Note::parse(&bytes));
        }
    }
    notes
}

/// When the ledger's remote was asked last, by the files that Git leaves.
pub(super) fn fetched_at(workspace: &Workspace) -> Option<Time> {
    let (own, shared) = (workspace.repository.git_directory(), workspace.repository.common_directory());
    let tracking = workspace.tracking_ref();
    // A clone leaves nothing but the log of the remote's HEAD.
    let cloned = format!("refs/remotes/{}/HEAD", workspace.config.ledger_remote());
    let logs = shared.join("logs");
    let files = [own.join("FETCH_HEAD"), shared.join(&tracking), logs.join(&tracking), logs.join(cloned)];
    files.iter().filter_map(|file| modified(file)).max()
}

fn modified(file: &Path) -> Option<Time> {
    let modified = std::fs::metadata(file).ok()?.modified().ok()?;
    let since = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    Time::from_unix(i64::try_from(since.as_secs()).ok()?)
}
