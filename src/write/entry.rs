//! Writes one entry: the commit that holds signed records.

use super::error::AppendError;
use super::sign::Author;
use crate::entry::{beyond_limits, message, signed_commit, unsigned_commit};
use crate::git::NewEntry;
use crate::merkle::Tree;
use crate::record::{Body, Checkpoint, SignedRecord, draft_of};
use crate::sshsig::COMMIT_NAMESPACE;
use crate::value::{CommitId, MemberName, Time};
use crate::workspace::Workspace;

/// The base of an entry: its parent commit, and the tree to which it adds files.
#[derive(Clone, Copy, Default)]
pub(super) struct On<'a> {
    pub(super) parent: Option<&'a CommitId>,
    pub(super) tree: Option<&'a CommitId>,
}

/// Writes the objects of an entry and signs its commit, without moving the ref. Appends the records to
/// `leaves`.
pub(super) fn write_entry(
    workspace: &Workspace,
    entry: &mut NewEntry,
    leaves: &mut Tree,
    on: On<'_>,
    author: &mut Author,
    records: &[SignedRecord],
    now: Time,
) -> Result<CommitId, AppendError> {
    let repository = &workspace.repository;
    let mut files: Vec<(String, &[u8])> =
        records.iter().map(|record| (record.path().to_string(), &**record.bytes())).collect();
    files.sort();
    files.iter().for_each(|(_, bytes)| leaves.append(bytes));
    let after = Checkpoint { size: leaves.size(), root: leaves.root() };
    let tree = repository.write_tree(entry, on.tree, &files)?;
    let identity = workspace.config.user()?.identity();
    let who = identity_line(identity.name.as_deref(), identity.email.as_deref(), &author.name, now);
    let unsigned = unsigned_commit(tree.as_str(), on.parent, &who, &message(records, &after));
    let blob = author.signer.sign(COMMIT_NAMESPACE, unsigned.as_bytes())?;
    let commit = signed_commit(&unsigned, &blob, repository.object_format());
    Ok(repository.write_commit(entry, &commit)?)
}

/// Returns the commit's identity, `Name <email> seconds +0000`. It is for people, and verification ignores
/// it.
fn identity_line(name: Option<&str>, email: Option<&str>, member: &MemberName, now: Time) -> String {
    let clean = |text: &str| -> String {
        text.chars()
            .filter(|character| !matches!(character, '<' | '>') && !character.is_control())
            .collect::<String>()
            .trim()
            .to_owned()
    };
    let name = name.map(clean).filter(|name| !name.is_empty()).unwrap_or_else(|| member.to_string());
    let email = email.map(clean).unwrap_or_default();
    format!("{name} <{email}> {} +0000", now.unix())
}

/// The number of bytes that the header and the signature block add to a record, at most.
const HEADER_AND_SIGNATURE_BYTES: usize = 1_024;

/// Splits the bodies of records that are not signed yet into runs, each of which fits into one entry.
pub fn in_entries(bodies: impl Iterator<Item = Body>) -> Vec<Vec<Body>> {
    let (mut runs, mut run, mut together) = (Vec::new(), Vec::new(), 0);
    for body in bodies {
        let bytes = draft_of(&body).len() + HEADER_AND_SIGNATURE_BYTES;
        if beyond_limits(run.len() + 1, together + bytes).is_some() && !run.is_empty() {
            runs.push(std::mem::take(&mut run));
            together = 0;
        }
        run.push(body);
        together += bytes;
    }
    runs.extend(Some(run).filter(|run| !run.is_empty()));
    runs
}
