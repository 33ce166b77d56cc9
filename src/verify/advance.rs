//! The step of verification: checks the next entry, and adds it to the past if it counts.

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use super::authenticate::AuthenticRecord;
use super::bodies::Unreadable;
use super::earlier::BrokenEntry;
use super::entitle::{self, Case};
use super::examine::Examined;
use super::form;
use super::past::Past;
use crate::finding::Finding;
use crate::record::Content;

impl Past {
    /// Verifies the next entry, and adds it if it counts.
    ///
    /// A broken entry halts the ledger, and changes nothing else. Returns an error if something that was verified
    /// before can no longer be read; this past must then be discarded.
    pub fn advance(&mut self, entry: &Examined) -> Result<EntryVerdict, Unreadable> {
        if self.note_earlier_format(entry) {
            self.break_entry(entry, &[]);
            self.broken.account_for(&entry.id)?;
            return Ok(EntryVerdict::Broken(Vec::new()));
        }
        let (findings, grown) = form::check(self, entry)?;
        if !findings.is_empty() {
            self.break_entry(entry, &findings);
            return Ok(EntryVerdict::Broken(findings));
        }
        let (Ok(commit), Ok(files), Some(grown)) = (&entry.commit, &entry.files, grown) else {
            // Only an entry whose files were not examined gets here: `form::check` has findings for anything else that
            // is missing. Without its files, the entry cannot count.
            self.break_entry(entry, &[]);
            return Ok(EntryVerdict::Broken(Vec::new()));
        };
        let records: Vec<&AuthenticRecord> =
            files.iter().filter_map(|file| file.record.as_ref().ok()).collect();
        let before = self.size();
        self.accept(&records)?;
        let verified = self.verified_from(before).collect::<Result<Vec<_>, _>>()?;
        self.apply(&verified)?;
        self.table.add_entry(&entry.id, grown.checkpoint.root);
        self.leaves = grown.tree;
        self.tree = Some(commit.tree.clone());
        let void = self.void_from(before).collect::<Result<_, _>>()?;
        Ok(EntryVerdict::Counted(CountedEntry { verified, void }))
    }

    /// Adds an entry that does not count.
    fn break_entry(&mut self, entry: &Examined, findings: &[Finding]) {
        let (commit, size, findings) = (entry.id.clone(), self.size(), findings.to_vec());
        self.broken.add(BrokenEntry { commit, size, findings });
    }

    /// Decides the verdict on each record by the state before the entry, and adds the records to the table.
    fn accept(&mut self, records: &[&AuthenticRecord]) -> Result<(), Unreadable> {
        let before = self.size();
        let mut decided = Vec::new();
        for (authentic, position) in records.iter().zip(before..) {
            let case = Case::new(self, (*authentic).into(), position, records)?;
            let by_proposed_key = self.roster().is_some_and(|roster| case.is_by_proposed_key(roster));
            let (record, key) = (authentic.record(), authentic.key());
            let body = match record.content() {
                Content::Known { body, .. } => Some(body.clone()),
                Content::Foreign => None,
            };
            let (person, verdict) = match entitle::evaluate(&case) {
                Ok(person) => (Some(person), Verdict::Verified),
                Err((code, found)) => (None, Verdict::Void { code, found }),
            };
            let accepted = Accepted {
                position,
                judged_at: before,
                entry: None,
                author: record.author().clone(),
                person,
                created_at: record.created_at(),
                point: key.point,
                by_proposed_key,
                seen: record.header().checkpoint.map_or(0, |checkpoint| checkpoint.size),
                kind: body.as_ref().map(|body| body.kind()),
                verdict,
            };
            decided.push((record.id(), accepted, body));
        }
        for (id, accepted, body) in decided {
            self.table.add(id, accepted, body);
        }
        Ok(())
    }
}

/// The verdict on an entry.
#[derive(Debug)]
pub enum EntryVerdict {
    /// The entry counts.
    Counted(CountedEntry),
    /// The entry does not count: it is broken, or comes after a broken one. Holds a finding for each rule that the
    /// entry breaks. There may be none if the ledger is of an earlier format, or if the files of the entry were not
    /// examined.
    Broken(Vec<Finding>),
}

/// An entry that counts.
#[derive(Debug)]
pub struct CountedEntry {
    /// Its verified records, in order of position.
    pub verified: Vec<VerifiedRecord>,
    /// A finding for each of its void records.
    pub void: Vec<Finding>,
}
