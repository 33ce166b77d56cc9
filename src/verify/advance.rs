//! The step of verification: the next entry is judged, and taken in if it counts.

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use super::authenticate::AuthenticRecord;
use super::entitle::{self, Case};
use super::examine::Examined;
use super::form;
use super::past::Past;
use crate::finding::Finding;
use crate::record::{Content, Kind};

impl Past {
    /// Judges the next entry, and takes it in if it counts.
    pub fn advance(&mut self, entry: &Examined) -> EntryVerdict {
        let (findings, grown) = form::judge(self, entry);
        if !findings.is_empty() {
            self.unaccounted.insert(entry.id.clone());
            return EntryVerdict::Broken(findings);
        }
        let (Ok(commit), Ok(files), Some(grown)) = (&entry.commit, &entry.files, grown) else {
            // Form has reported both; without them nothing can count.
            self.unaccounted.insert(entry.id.clone());
            return EntryVerdict::Broken(Vec::new());
        };
        let records: Vec<&AuthenticRecord> =
            files.iter().filter_map(|file| file.record.as_ref().ok()).collect();
        let before = self.size();
        self.judge(&records);
        let verified: Vec<_> = (before..self.table.len()).filter_map(|at| self.table.verified(at)).collect();
        self.apply(&verified);
        self.table.put_down(&entry.id, grown.checkpoint.root);
        self.leaves = grown.tree;
        self.tree = Some(commit.tree.clone());
        EntryVerdict::Counted(CountedEntry { verified, void: self.void_from(before).collect() })
    }

    /// Judges each record by the state before the entry, and files it.
    fn judge(&mut self, records: &[&AuthenticRecord]) {
        let before = self.size();
        let only_receipts =
            records.iter().all(|record| record.record().kind().as_str() == Kind::Receipt.as_str());
        let mut judged = Vec::new();
        for (authentic, position) in records.iter().zip(before..) {
            let case = Case { past: self, authentic, position, only_receipts };
            let by_proposed_key = self.roster().is_some_and(|roster| case.is_by_proposed_key(roster));
            let (record, key) = (authentic.record(), authentic.key());
            let body = match record.content() {
                Content::Known { body, .. } => Some(body.clone()),
                Content::Foreign => None,
            };
            let (person, verdict) = match entitle::judge(&case) {
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
                kind: body.as_ref().map(|body| body.kind()),
                verdict,
            };
            judged.push((record, accepted, body));
        }
        for (record, accepted, body) in judged {
            self.table.file(record.id(), accepted, record.kind(), body);
        }
    }
}

/// What is said of an entry.
#[derive(Debug)]
pub enum EntryVerdict {
    /// It counts.
    Counted(CountedEntry),
    /// It is broken, or stands above a broken one: all rules that it breaks.
    Broken(Vec<Finding>),
}

/// An entry that counts.
#[derive(Debug)]
pub struct CountedEntry {
    /// Its records whose authors were entitled, in order.
    pub verified: Vec<VerifiedRecord>,
    /// The void ones.
    pub void: Vec<Finding>,
}
