//! Examination of one entry on its own, without history; many entries can be examined in parallel.

use super::authenticate::{AuthenticRecord, authenticate};
use crate::entry::{AddedFile, Commit, CommitError, ObjectFormat, RawEntry, beyond_limits};
use crate::finding::Code;
use crate::merkle::{LeafHash, leaf_hash};
use crate::record::{Kind, Problem, Rejected, SignedRecord};
use crate::sshsig::{COMMIT_NAMESPACE, Verifier};
use crate::value::{CommitId, RecordId, limit};

/// An entry whose bytes were examined without any history. Only the functions of this module create it.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The commit's id.
    pub(super) id: CommitId,
    /// The commit with a verified signature; or the rule that it breaks, and how.
    pub(super) commit: Result<Commit, (Code, String)>,
    /// The added files in bytewise order of their paths; or why they are not available.
    pub(super) files: Result<Vec<ExaminedFile>, NoFiles>,
    /// The total size of the added files, in bytes.
    bytes: usize,
}

/// Why the files of an entry are not available.
#[derive(Debug, Clone)]
pub(super) enum NoFiles {
    /// The tree does more than add files, or adds too many files or bytes; the message says which.
    Tree(String),
    /// The files have not been examined yet, or never will be, because the commit alone breaks the entry.
    NotExamined,
}

impl Examined {
    /// Returns the commit's id.
    pub fn id(&self) -> &CommitId {
        &self.id
    }

    /// Returns the schema of the entry's record if this can be the first entry of a ledger of an earlier format. Then
    /// the entry has exactly one record: a trust whose schema is below the format that this program knows. If `asked`
    /// is given, it must be the id of that record.
    pub(super) fn first_of_earlier_format(&self, asked: Option<RecordId>) -> Option<u64> {
        let (Ok(_), Ok(files)) = (&self.commit, &self.files) else { return None };
        let [file] = files.as_slice() else { return None };
        let record = file.record.as_ref().ok()?.record();
        let schema = record.header().schema;
        let is_first = *record.kind() == Kind::Trust.name() && asked.is_none_or(|id| id == record.id());
        Some(schema).filter(|schema| is_first && *schema < limit::FORMAT)
    }

    /// Returns the total size of the examined files, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// An examined file of an entry.
#[derive(Debug, Clone)]
pub struct ExaminedFile {
    /// Its full path.
    pub path: String,
    /// Its hash as a leaf of the Merkle tree.
    pub leaf: LeafHash,
    /// The record with a verified signature; or every problem found in it.
    pub record: Result<AuthenticRecord, Rejected>,
}

impl ExaminedFile {
    /// Returns the record's id, if it can be determined.
    pub fn id(&self) -> Option<RecordId> {
        match &self.record {
            Ok(record) => Some(record.record().id()),
            Err(rejected) => rejected.id,
        }
    }
}

/// Examines only the commit of an entry, not its files.
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
    Examined { id: id.clone(), commit, files: Err(NoFiles::NotExamined), bytes: 0 }
}

/// Examines an entry on its own: its form, and each of its signatures individually.
pub fn examine(entry: &RawEntry, format: ObjectFormat, verifier: &mut Verifier) -> Examined {
    let commit = examine_commit(&entry.id, &entry.commit, format, verifier);
    examine_files(commit, entry, verifier)
}

/// Examines the files of `entry`; `commit` is the result of examining the commit of the same entry.
pub fn examine_files(commit: Examined, entry: &RawEntry, verifier: &mut Verifier) -> Examined {
    let added = entry.added.as_ref().map_err(String::clone);
    let bytes = entry.bytes_of_files();
    let within_limits = |added: &Vec<AddedFile>| beyond_limits(added.len(), bytes).map_or(Ok(()), Err);
    let files = added.and_then(|added| within_limits(added).map(|()| added)).map_err(NoFiles::Tree);
    let files = files.map(|added| {
        let mut files: Vec<_> = added.iter().map(|file| examine_file(file, verifier)).collect();
        files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        files
    });
    Examined { files, bytes, ..commit }
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
