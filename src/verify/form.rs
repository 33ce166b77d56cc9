//! The form of an entry (ledger-schema/verify.md): the rules whose violation makes the entry broken.
//!
//! Form depends on the bytes and the anchor, on the ids, boundaries and keys in the ledger so far, and on whether the
//! ledger is halted. Any other rule, such as one about roles, the policy or references between records, only makes a
//! record void, and the entry still counts. Otherwise an honest signer who was overtaken would halt the ledger.

use std::collections::BTreeSet;

use super::authenticate::AuthenticRecord;
use super::bodies::Unreadable;
use super::examine::{Examined, ExaminedFile, NoFiles};
use super::past::Past;
use crate::entry::Commit;
use crate::finding::{Code, Finding, Place};
use crate::merkle::Tree;
use crate::record::{Body, Checkpoint, Content, Kind};
use crate::trust::Register;
use crate::value::RecordId;

/// Checks the form of an entry against the state before it.
///
/// Returns a finding for each rule that the entry breaks (see [`MOST_FINDINGS`]). If there are none, and the files of
/// the entry were examined, the entry counts. Also returns the resulting Merkle tree if it could be computed.
pub(super) fn check(past: &Past, entry: &Examined) -> Result<(Vec<Finding>, Option<Grown>), Unreadable> {
    let mut form = FormCheck { past, entry, findings: Vec::new() };
    form.commit();
    form.tree();
    form.records()?;
    let grown = form.trailer();
    if past.is_halted() && !form.is_way_out()? {
        form.report(
            Code::AfterHalt,
            None,
            "the entry comes after a broken one",
            "only quarantines and approvals of them",
        );
    } else if past.rosters.is_empty() {
        form.first();
    }
    Ok((form.findings, grown))
}

/// The Merkle tree after the records of an entry, and its checkpoint.
pub(super) struct Grown {
    pub(super) tree: Tree,
    pub(super) checkpoint: Checkpoint,
}

/// The number of findings that are reported for one entry. After so many, only the first finding of each further code
/// is reported.
const MOST_FINDINGS: usize = 64;

struct FormCheck<'a> {
    past: &'a Past,
    entry: &'a Examined,
    findings: Vec<Finding>,
}

impl<'a> FormCheck<'a> {
    fn report(
        &mut self,
        code: Code,
        file: Option<&ExaminedFile>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let at = Place {
            entry: Some(self.entry.id.clone()),
            position: None,
            record: file.and_then(ExaminedFile::id),
            field: file.map(|file| file.path.clone()),
        };
        let is_enough = self.findings.len() >= MOST_FINDINGS;
        if is_enough && self.findings.iter().any(|known| known.code == code) {
            return;
        }
        self.findings.push(Finding { code, at, found: found.into(), expected: expected.into() });
    }

    fn files(&self) -> &'a [ExaminedFile] {
        self.entry.files.as_deref().unwrap_or_default()
    }

    fn authentic(&self) -> impl Iterator<Item = (&'a ExaminedFile, &'a AuthenticRecord)> {
        self.files().iter().filter_map(|file| Some((file, file.record.as_ref().ok()?)))
    }

    /// Whether the entry holds only quarantines and approvals of them, which lead out of a halt.
    fn is_way_out(&self) -> Result<bool, Unreadable> {
        for file in self.files() {
            let helps = match file.record.as_ref().map(|record| record.record().content()) {
                Ok(Content::Known { body, .. }) => self.past.leads_out_of_halt(body)?,
                Ok(Content::Foreign) | Err(_) => false,
            };
            if !helps {
                return Ok(false);
            }
        }
        Ok(!self.files().is_empty())
    }

    fn commit(&mut self) {
        match &self.entry.commit {
            Err((code, message)) => {
                let (code, message) = (*code, message.clone());
                self.report(code, None, format!("the commit {message}"), "");
            }
            Ok(commit) => {
                let has_parent = self.past.tree.is_some() || self.past.is_halted();
                if commit.parent.is_some() != has_parent {
                    let expected = if has_parent { "one parent" } else { "no parent" };
                    self.report(Code::Commit, None, "the commit has the wrong number of parents", expected);
                }
                self.commit_signer(commit);
            }
        }
    }

    /// Checks that the commit is signed with a key that a member holds or once held. In an entry that holds only
    /// approvals of one open trust proposal, a key that this proposal lists is good too.
    fn commit_signer(&mut self, commit: &Commit) {
        let key = commit.signature.key();
        let held = self.register().holder(key).is_some();
        let proposed = self.past.proposals.iter().any(|proposal| {
            let listed = proposal.roster().and_then(|roster| roster.holder(key)).is_some();
            let mut approvals = self.authentic().map(|(_, record)| approves(record) == Some(proposal.id));
            listed && !self.files().is_empty() && approvals.all(|is_approval| is_approval)
        });
        if !held && !proposed {
            let found = format!("the commit is signed with {}, which no member ever held", key.fingerprint());
            self.report(Code::CommitSignature, None, found, "a member's key");
        }
    }

    /// Returns the register; for the first entry, one made from the roster in that entry.
    fn register(&self) -> std::borrow::Cow<'a, Register> {
        if !self.past.rosters.is_empty() {
            return std::borrow::Cow::Borrowed(&self.past.register);
        }
        let mut register = Register::default();
        for (_, record) in self.authentic() {
            if let Content::Known { body, .. } = record.record().content()
                && let Body::Trust(trust) = &**body
            {
                register.enrol(trust);
            }
        }
        std::borrow::Cow::Owned(register)
    }

    fn tree(&mut self) {
        match &self.entry.files {
            Err(NoFiles::Tree(message)) => {
                let found = format!("the tree {message}");
                self.report(Code::Tree, None, found, "the parent's tree and new record files");
            }
            Ok(files) if files.is_empty() => {
                self.report(Code::Tree, None, "the entry adds nothing", "at least one record");
            }
            Ok(_) | Err(NoFiles::NotExamined) => {}
        }
    }

    fn records(&mut self) -> Result<(), Unreadable> {
        let register = self.register();
        let mut ids = BTreeSet::new();
        for file in self.files() {
            self.record(file);
            if let Some(id) = file.id()
                && (!ids.insert(id) || self.past.position(&id)?.is_some())
            {
                self.report(Code::Duplicate, Some(file), "the record is in the ledger already", "");
            }
            let header = match &file.record {
                Ok(record) => Some(record.record().header()),
                Err(rejected) => rejected.header.as_ref(),
            };
            if let Some(header) = header {
                self.ledger(file, header.ledger);
                self.checkpoint(file, header.checkpoint)?;
            }
            if let Ok(record) = &file.record {
                self.signer(file, record, &register);
            }
        }
        Ok(())
    }

    fn record(&mut self, file: &ExaminedFile) {
        let path = match &file.record {
            Ok(record) => Some(record.record().path()),
            Err(rejected) => {
                for problem in &rejected.problems {
                    let field = problem.field.as_ref().map(|field| format!("`{field}` ")).unwrap_or_default();
                    self.report(problem.code, Some(file), format!("{field}{}", problem.message), "");
                }
                rejected.path()
            }
        };
        if let Some(path) = path.map(|path| path.to_string()).filter(|path| *path != file.path) {
            self.report(Code::Path, Some(file), "the record is at the wrong path", path);
        }
    }

    fn ledger(&mut self, file: &ExaminedFile, ledger: Option<RecordId>) {
        let first = self.past.rosters.is_empty();
        let good = if first { ledger.is_none() } else { ledger.is_some() && ledger == self.past.anchor };
        if !good {
            let found = ledger.map_or("the record names no ledger".to_owned(), |id| {
                format!("the record belongs to the ledger {id}")
            });
            let expected = self.past.anchor.map(|id| id.to_string()).unwrap_or_default();
            self.report(Code::LedgerId, Some(file), found, expected);
        }
    }

    fn signer(&mut self, file: &ExaminedFile, record: &AuthenticRecord, register: &Register) {
        let author = record.record().author();
        let held = register.holder(record.key()) == Some(author);
        let proposal = approves(record).and_then(|id| self.past.proposals.get(&id));
        let proposed = proposal.is_some_and(|proposal| proposal.lists(author, record.key()));
        if !held && !proposed {
            let found =
                format!("it is signed with {}, which {author} never held", record.key().fingerprint());
            self.report(Code::Signer, Some(file), found, "a key of its author");
        }
    }

    fn checkpoint(&mut self, file: &ExaminedFile, checkpoint: Option<Checkpoint>) -> Result<(), Unreadable> {
        let Some(Checkpoint { size, root }) = checkpoint else { return Ok(()) };
        let known = self.past.boundary(size)?;
        if known != Some(root) {
            let expected = known
                .map_or("a boundary of the history before".to_owned(), |root| format!("the root {root}"));
            self.report(
                Code::Checkpoint,
                Some(file),
                format!("its author saw size {size} with root {root}"),
                expected,
            );
        }
        Ok(())
    }

    fn trailer(&mut self) -> Option<Grown> {
        // The root depends on the added files, so it cannot be checked without them.
        let (Ok(commit), Ok(_)) = (&self.entry.commit, &self.entry.files) else { return None };
        let mut tree = self.past.leaves.clone();
        self.files().iter().for_each(|file| tree.append_hash(file.leaf));
        let (claimed, actual) = (commit.trailers.0, Checkpoint { size: tree.size(), root: tree.root() });
        if claimed != actual {
            let found = format!("the message says size {} and root {}", claimed.size, claimed.root);
            self.report(Code::Trailer, None, found, format!("size {} and root {}", actual.size, actual.root));
        }
        Some(Grown { tree, checkpoint: actual })
    }

    /// Checks the first entry. It must hold exactly one record: a consistent trust with version 1, whose author is one
    /// of its own human admins. If an anchor was given, it must be the id of this record.
    fn first(&mut self) {
        let mut wrong = Vec::new();
        let files = self.files();
        match files {
            [ExaminedFile { record: Ok(record), .. }] => {
                let (id, content) = (record.record().id(), record.record().content());
                match content {
                    Content::Known { body, .. } if body.kind() == Kind::Trust => {
                        wrong.extend(founding_objections(body, record));
                    }
                    Content::Known { .. } | Content::Foreign => {
                        wrong.push("it is not a trust record".to_owned());
                    }
                }
                if self.past.anchor.is_some_and(|anchor| anchor != id) {
                    wrong.push(format!("it founds the ledger {id}, which is not the one asked for"));
                }
            }
            [_] => wrong.push("its record is malformed".to_owned()),
            files => wrong.push(format!("it holds {} records; expected one", files.len())),
        }
        let only = if let [file] = files { Some(file) } else { None };
        for found in wrong {
            self.report(Code::FirstEntry, only, found, "");
        }
    }
}

fn founding_objections(body: &Body, record: &AuthenticRecord) -> Vec<String> {
    let Body::Trust(trust) = body else { return Vec::new() };
    let mut objections = Register::default().objections(trust, 0, &|_| false);
    if trust.version.value() != 1 {
        objections.push(format!("its version is {}; expected 1", trust.version.value()));
    }
    let roster = crate::trust::Roster::new(record.record().id(), trust.clone());
    if !roster.is_admin(record.record().author()) {
        objections.push(format!("its author {} is not a human admin in it", record.record().author()));
    }
    objections
}

/// Returns the id of the record that an approval votes on; `None` for any other record.
fn approves(record: &AuthenticRecord) -> Option<RecordId> {
    let Content::Known { body, .. } = record.record().content() else { return None };
    let Body::Approval(approval) = &**body else { return None };
    Some(approval.of)
}
