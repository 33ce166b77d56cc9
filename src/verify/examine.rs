//! What can be said of one entry by itself: the work that can be done on many entries at once.

use super::authenticate::{AuthenticRecord, authenticate};
use crate::entry::{AddedFile, Commit, CommitError, ObjectFormat, RawEntry};
use crate::finding::Code;
use crate::merkle::{LeafHash, leaf_hash};
use crate::record::{Problem, Rejected, SignedRecord};
use crate::sshsig::{COMMIT_NAMESPACE, Verifier};
use crate::value::{CommitId, RecordId};

/// An entry whose bytes were looked at, without any history. It is made by [`examine`] alone.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The commit's id.
    pub(super) id: CommitId,
    /// The commit, its signature verified; or which rule it breaks, and how.
    pub(super) commit: Result<Commit, (Code, String)>,
    /// The added files in bytewise order of their paths; or why the tree does not just add.
    pub(super) files: Result<Vec<ExaminedFile>, NoFiles>,
}

/// Why there are no files of an entry.
#[derive(Debug, Clone)]
pub(super) enum NoFiles {
    /// The tree does not just add.
    Tree(String),
    /// Nobody looked: its commit breaks it.
    NotLookedAt,
}

impl Examined {
    /// The commit's id.
    pub fn id(&self) -> &CommitId {
        &self.id
    }
}

/// A file of an entry that was looked at.
#[derive(Debug, Clone)]
pub struct ExaminedFile {
    /// Its full path.
    pub path: String,
    /// Its hash as a leaf of the Merkle tree.
    pub leaf: LeafHash,
    /// The record, its signature verified; or every problem of it.
    pub record: Result<AuthenticRecord, Rejected>,
}

impl ExaminedFile {
    /// The record's id, as far as one can be made out.
    pub fn id(&self) -> Option<RecordId> {
        match &self.record {
            Ok(record) => Some(record.record().id()),
            Err(rejected) => rejected.id,
        }
    }
}

/// Looks at the commit of an entry alone.
pub fn examine_commit(
    id: &CommitId,
    bytes: &[u8],
    format: ObjectFormat,
    verifier: &mut Verifier,
) -> Examined {
    let commit = Commit::parse(bytes, format).map_err(|error| match error {
        CommitError::Form(message) => (Code::Commit, message),
        CommitError::Signature(message) => (Code::CommitSignature, message),
    });
    let commit = commit.and_then(|commit| {
        let verified = verifier.verify(&commit.signature, COMMIT_NAMESPACE, &commit.payload);
        verified.map_err(|error| (Code::CommitSignature, error.to_string())).map(|()| commit)
    });
    Examined { id: id.clone(), commit, files: Err(NoFiles::NotLookedAt) }
}

/// Looks at an entry by itself: form and signatures, each checked one by one.
pub fn examine(entry: &RawEntry, format: ObjectFormat, verifier: &mut Verifier) -> Examined {
    let commit = examine_commit(&entry.id, &entry.commit, format, verifier);
    examine_files(commit, entry, verifier)
}

/// Looks at the files of an entry whose commit was looked at alone, out of the same bytes.
pub fn examine_files(commit: Examined, entry: &RawEntry, verifier: &mut Verifier) -> Examined {
    let files = entry.added.as_ref().map_err(|message| NoFiles::Tree(message.clone())).map(|files| {
        let mut files: Vec<_> = files.iter().map(|file| examine_file(file, verifier)).collect();
        files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        files
    });
    Examined { files, ..commit }
}

fn examine_file(file: &AddedFile, verifier: &mut Verifier) -> ExaminedFile {
    let bytes = file.bytes.as_deref().unwrap_or_default();
    let record = match &file.bytes {
        Err(message) => Err(rejected(None, None, Code::Record, message.clone())),
        Ok(bytes) => SignedRecord::parse(bytes).and_then(|record| {
            let (id, header) = (record.id(), record.header().clone());
            authenticate(record, verifier)
                .map_err(|error| rejected(Some(id), Some(header), Code::Signature, error.to_string()))
        }),
    };
    ExaminedFile { path: file.path.clone(), leaf: leaf_hash(bytes), record }
}

fn rejected(
    id: Option<RecordId>,
    header: Option<crate::record::Header>,
    code: Code,
    message: String,
) -> Rejected {
    Rejected { id, header, problems: vec![Problem { code, field: None, message }] }
}
