//! Cosigning: a witness vouches for a checkpoint, after verifying that the checkpoint extends the one that the witness
//! cosigned last.

use super::sign::Author;
use crate::finding::Code;
use crate::git::{GitError, NewEntry, RefMove};
use crate::key::KeyError;
use crate::ledger::{Loaded, witness_branch};
use crate::record::Checkpoint;
use crate::record::kind::trust::Role;
use crate::trust::Coverage;
use crate::value::{MemberName, Targets, Time};
use crate::verify::{Relation, Unreadable};
use crate::witness::{Note, body, cosigned_message, encode, key_name};
use crate::workspace::Workspace;

/// Why nothing was cosigned.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// Something that was verified before cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The member is not a witness.
    #[error("{0} does not have the role of a witness in the trust in force")]
    NoWitness(MemberName),
    /// The ledger does not extend the checkpoint that was cosigned last.
    #[error("the ledger does not extend the checkpoint of size {size}, which {witness} cosigned last")]
    Contradiction {
        /// `rewound` or `forked`.
        code: Code,
        /// The witness.
        witness: MemberName,
        /// The size of the checkpoint that was cosigned last.
        size: u64,
    },
    /// The branch does not hold a note for this ledger.
    #[error("{0} holds no checkpoint of this ledger")]
    Note(String),
    /// Another process cosigned at the same time.
    #[error("the branch {0} was moved by another process")]
    Overtaken(String),
    /// Signing failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// A checkpoint that was cosigned.
#[derive(Debug)]
pub struct Cosigned {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The branch that holds the note.
    pub branch: String,
}

/// Cosigns the newest shared checkpoint; if none is known, that of the loaded ledger.
///
/// The branch is moved only if it still holds the commit whose checkpoint was compared. So a witness never cosigns less
/// than before. If two processes cosign at the same time, only one of them moves the branch.
pub fn cosign(
    workspace: &Workspace,
    loaded: &Loaded,
    author: &mut Author,
    now: Time,
) -> Result<Cosigned, CosignError> {
    let past = loaded.replay.past();
    let role = past.trust().map(|roster| roster.coverage(&author.name, Role::Witness, &Targets::default()));
    let (Some(Coverage::Covered), Some(ledger)) = (role, past.ledger_id()) else {
        return Err(CosignError::NoWitness(author.name.clone()));
    };
    let checkpoint = loaded.shared.unwrap_or_else(|| past.checkpoint());
    let repository = &workspace.repository;
    let branch = witness_branch(&author.name);
    let name = format!("refs/heads/{branch}");
    let before = repository.ref_head(&name)?;
    if let Some(head) = &before {
        let file = repository.reader().file(head, "checkpoint")?.unwrap_or_default();
        let note = Note::parse(&file).ok().filter(|note| note.ledger == ledger);
        let last = note.ok_or_else(|| CosignError::Note(name.clone()))?.checkpoint;
        let code = match Relation::of(past, &last)? {
            Relation::Same | Relation::Extended if last.size <= checkpoint.size => None,
            Relation::Same | Relation::Extended | Relation::Rewound => Some(Code::Rewound),
            Relation::Forked => Some(Code::Forked),
        };
        if let Some(code) = code {
            return Err(CosignError::Contradiction { code, witness: author.name.clone(), size: last.size });
        }
    }
    let body = body(&ledger, &checkpoint);
    let signature = author.signer.sign_raw(cosigned_message(&body, now).as_bytes())?;
    let note = encode(&body, &key_name(&ledger, &author.name), author.signer.key(), now, &signature);
    let mut entry = NewEntry::default();
    let tree = repository.write_tree(&mut entry, None, &[("checkpoint".to_owned(), note.as_bytes())])?;
    let who = format!("{} <> {} +0000", author.name, now.unix());
    let message = format!("checkpoint: size {}\n", checkpoint.size);
    let commit = crate::entry::unsigned_commit(tree.as_str(), before.as_ref(), &who, &message);
    let commit = repository.write_commit(&mut entry, &commit)?;
    match repository.move_ref(&entry, &name, before.as_ref(), &commit)? {
        RefMove::Landed => Ok(Cosigned { checkpoint, branch }),
        RefMove::Overtaken => Err(CosignError::Overtaken(branch)),
    }
}
