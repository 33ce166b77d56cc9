//! The records and entries that count: records by position and by id, entries in order and by commit.
//!
//! The table holds the bodies of the records that were verified in this run. Those of cached records are read
//! from their source when they are needed.

mod numbered;
mod row;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use super::bodies::{Bodies, MissingBody};
use crate::record::{Body, Checkpoint, RecordPath};
use crate::value::{CommitId, MemberName, RecordId, Root, Time};

use numbered::Numbered;
pub(super) use row::{EntryRow, RecordRow};

/// The records and entries that count.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordTable {
    records: Vec<RecordRow>,
    positions: HashMap<RecordId, u64>,
    entries: Vec<EntryRow>,
    entry_numbers: HashMap<CommitId, u64>,
    pub(super) names: Numbered<MemberName>,
    pub(super) points: Numbered<[u8; 32]>,
    /// What was found against each void record, by position.
    pub(super) found: BTreeMap<u64, String>,
    /// The bodies of the records that were verified in this run, which follow the cached ones; `None` for a
    /// foreign record.
    bodies: Vec<Option<Arc<Body>>>,
    /// The number of cached records, and where their bodies are read.
    cached: u64,
    source: Option<Arc<dyn Bodies>>,
}

impl RecordTable {
    /// Restores a table from its rows. The bodies of its records are read from `source`.
    pub(super) fn restore(
        records: Vec<RecordRow>,
        entries: Vec<EntryRow>,
        names: Vec<MemberName>,
        points: Vec<[u8; 32]>,
        found: BTreeMap<u64, String>,
        source: Arc<dyn Bodies>,
    ) -> Self {
        Self {
            positions: records.iter().map(|row| row.id).zip(0..).collect(),
            entry_numbers: entries.iter().map(|row| row.commit.clone()).zip(0..).collect(),
            cached: length(&records),
            records,
            entries,
            names: names.into(),
            points: points.into(),
            found,
            bodies: Vec::new(),
            source: Some(source),
        }
    }

    /// Returns the rows of the records, by position.
    pub(super) fn records(&self) -> &[RecordRow] {
        &self.records
    }

    /// Returns the rows of the entries, in order.
    pub(super) fn entries(&self) -> &[EntryRow] {
        &self.entries
    }

    /// Returns the number of records.
    pub(super) fn len(&self) -> u64 {
        length(&self.records)
    }

    /// Adds a record of the entry that [`RecordTable::add_entry`] adds next.
    pub(super) fn add(&mut self, id: RecordId, accepted: Accepted, body: Option<Arc<Body>>) {
        let position = self.len();
        let void = match accepted.verdict {
            Verdict::Verified => None,
            Verdict::Void { code, found } => {
                self.found.insert(position, found);
                Some(code)
            }
        };
        let row = RecordRow {
            id,
            entry: length(&self.entries),
            author: self.names.number(&accepted.author),
            person: accepted.person.as_ref().map(|person| self.names.number(person)),
            point: self.points.number(&accepted.point),
            created_at: accepted.created_at,
            kind: accepted.kind,
            by_proposed_key: accepted.by_proposed_key,
            seen: accepted.seen,
            void,
        };
        self.positions.insert(id, position);
        self.records.push(row);
        self.bodies.push(body);
    }

    /// Adds the entry of the records that were added last.
    pub(super) fn add_entry(&mut self, commit: &CommitId, root: Root) {
        self.entry_numbers.insert(commit.clone(), length(&self.entries));
        let size = self.len();
        self.entries.push(EntryRow { commit: commit.clone(), size, root });
    }

    /// Returns the position of a record.
    pub(super) fn position(&self, id: &RecordId) -> Option<u64> {
        self.positions.get(id).copied()
    }

    /// Returns the id of the record at a position.
    pub(super) fn id_at(&self, position: u64) -> Option<RecordId> {
        Some(self.row(position)?.id)
    }

    /// Returns the record at a position.
    pub(super) fn at(&self, position: u64) -> Option<Accepted> {
        let row = self.row(position)?;
        let found = || self.found.get(&position).cloned().unwrap_or_default();
        Some(Accepted {
            position,
            judged_at: self.size_before(row.entry),
            entry: self.entry(row.entry).map(|entry| entry.commit.clone()),
            author: self.names.value(row.author)?.clone(),
            person: row.person.and_then(|person| self.names.value(person)).cloned(),
            created_at: row.created_at,
            point: *self.points.value(row.point)?,
            by_proposed_key: row.by_proposed_key,
            seen: row.seen,
            kind: row.kind,
            verdict: row.void.map_or(Verdict::Verified, |code| Verdict::Void { code, found: found() }),
        })
    }

    /// Returns the body of the record at a position; `None` for a foreign record.
    pub(super) fn body(&self, position: u64) -> Result<Option<Arc<Body>>, MissingBody> {
        if let Some(fresh) = position.checked_sub(self.cached) {
            let fresh = usize::try_from(fresh).ok().and_then(|fresh| self.bodies.get(fresh));
            return Ok(fresh.cloned().flatten());
        }
        let (Some(row), Some(source)) = (self.row(position), &self.source) else { return Ok(None) };
        path_of(row).map(|path| source.body(&row.id, &path)).transpose()
    }

    /// Announces to the source that the bodies of all cached records from a position on will be read, as far
    /// as these are verified.
    pub(super) fn prefetch(&self, first: u64) {
        let Some(source) = &self.source else { return };
        let cached = (first..self.cached).filter_map(|position| self.row(position));
        let verified = cached.filter(|row| row.void.is_none());
        let wanted: Vec<_> = verified.filter_map(|row| Some((row.id, path_of(row)?))).collect();
        source.prefetch(&wanted);
    }

    /// Returns the record at a position if it is verified.
    pub(super) fn verified(&self, position: u64) -> Result<Option<VerifiedRecord>, MissingBody> {
        let Some(row) = self.row(position).filter(|row| row.void.is_none()) else { return Ok(None) };
        let Some(record) = self.body(position)? else { return Ok(None) };
        let person = row.person.and_then(|person| self.names.value(person));
        let (Some(author), Some(person), Some(point)) =
            (self.names.value(row.author), person, self.points.value(row.point))
        else {
            return Ok(None);
        };
        Ok(Some(VerifiedRecord {
            id: row.id,
            position,
            judged_at: self.size_before(row.entry),
            record,
            author: author.clone(),
            person: person.clone(),
            created_at: row.created_at,
            point: *point,
            by_proposed_key: row.by_proposed_key,
            seen: row.seen,
        }))
    }

    /// Returns the person, the date and the key point of the verified record at a position; `None` if it was
    /// signed with a proposed key, because such a record does not count for ledger time.
    pub(super) fn date(&self, position: u64) -> Option<(&MemberName, Time, &[u8; 32])> {
        let row = self.row(position).filter(|row| row.void.is_none() && !row.by_proposed_key)?;
        Some((self.names.value(row.person?)?, row.created_at, self.points.value(row.point)?))
    }

    /// Returns the positions of an entry: the first, and one past the last.
    pub(super) fn counting(&self, commit: &CommitId) -> Option<(u64, u64)> {
        let number = *self.entry_numbers.get(commit)?;
        Some((self.size_before(number), self.entry(number)?.size))
    }

    /// Returns each entry, with the checkpoint after it.
    pub(super) fn checkpoints(&self) -> impl Iterator<Item = (CommitId, Checkpoint)> {
        let checkpoint = |row: &EntryRow| Checkpoint { size: row.size, root: row.root };
        self.entries.iter().map(move |row| (row.commit.clone(), checkpoint(row)))
    }

    /// Returns the last entry.
    pub(super) fn last_entry(&self) -> Option<CommitId> {
        self.entries.last().map(|row| row.commit.clone())
    }

    /// Returns the root at a boundary.
    pub(super) fn boundary(&self, size: u64) -> Option<Root> {
        let number = self.entries.binary_search_by_key(&size, |row| row.size).ok()?;
        self.entries.get(number).map(|row| row.root)
    }

    fn row(&self, position: u64) -> Option<&RecordRow> {
        self.records.get(usize::try_from(position).ok()?)
    }

    fn entry(&self, number: u64) -> Option<&EntryRow> {
        self.entries.get(usize::try_from(number).ok()?)
    }

    /// Returns the size of the ledger before an entry, by its number.
    fn size_before(&self, number: u64) -> u64 {
        number.checked_sub(1).and_then(|before| self.entry(before)).map_or(0, |row| row.size)
    }
}

/// Returns the path of a record's file; `None` for a foreign record.
fn path_of(row: &RecordRow) -> Option<RecordPath> {
    row.kind.map(|kind| RecordPath::new(kind.name(), row.created_at, row.id))
}

fn length<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}
