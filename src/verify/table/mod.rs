//! The records and entries that count: records by position and by id, entries in order and by commit.
//!
//! The table holds the newest rows itself, and the bodies of the records that were verified in this run. Earlier rows,
//! and the bodies of cached records, are looked up on demand.

mod numbered;
mod row;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use super::bodies::{Bodies, Unreadable};
use super::earlier::{Earlier, EarlierEntry, EarlierRecord};
use crate::record::{Body, Checkpoint, RecordPath};
use crate::value::{CommitId, MemberName, RecordId, Root, Time};

use numbered::Numbered;
pub(super) use row::EntryRow;

/// The records and entries that count.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordTable {
    /// The source of the rows before those that are held; `None` if there are none.
    earlier: Option<Arc<dyn Earlier>>,
    /// The position of the first record that is held.
    first: u64,
    /// The number of the first entry that is held.
    first_entry: u64,
    records: Vec<EarlierRecord>,
    positions: HashMap<RecordId, u64>,
    entries: Vec<EntryRow>,
    entry_numbers: HashMap<CommitId, u64>,
    pub(super) names: Numbered<MemberName>,
    pub(super) points: Numbered<[u8; 32]>,
    /// Why each void record is void, by position.
    pub(super) found: BTreeMap<u64, String>,
    /// The bodies of the records that were added in this run. Those records follow the cached ones. `None` for a
    /// foreign record.
    bodies: Vec<Option<Arc<Body>>>,
    /// The number of cached records.
    cached: u64,
    /// The source of the bodies of cached records.
    source: Option<Arc<dyn Bodies>>,
}

/// The date of a verified record, with its person and the point of its key.
pub(super) struct RecordDate<'a> {
    pub(super) person: &'a MemberName,
    pub(super) created_at: Time,
    pub(super) point: &'a [u8; 32],
}

/// The cached rows of a table, in order, and the values that they refer to by number.
pub(super) struct CachedRows {
    pub(super) records: Vec<EarlierRecord>,
    pub(super) entries: Vec<EntryRow>,
    pub(super) names: Vec<MemberName>,
    pub(super) points: Vec<[u8; 32]>,
    pub(super) found: BTreeMap<u64, String>,
}

impl RecordTable {
    /// Restores a table from its newest rows. `earlier` provides the rows before them, and `source` the bodies of all
    /// these records.
    pub(super) fn restore(
        rows: CachedRows,
        earlier: Option<Arc<dyn Earlier>>,
        source: Arc<dyn Bodies>,
    ) -> Self {
        let first = earlier.as_ref().map_or(0, |earlier| earlier.records());
        let first_entry = earlier.as_ref().map_or(0, |earlier| earlier.entries());
        Self {
            positions: rows.records.iter().map(|row| row.id).zip(first..).collect(),
            entry_numbers: rows.entries.iter().map(|row| row.commit.clone()).zip(first_entry..).collect(),
            cached: first + length(&rows.records),
            earlier,
            first,
            first_entry,
            records: rows.records,
            entries: rows.entries,
            names: rows.names.into(),
            points: rows.points.into(),
            found: rows.found,
            bodies: Vec::new(),
            source: Some(source),
        }
    }

    /// Returns the records that are held, by position.
    pub(super) fn held_records(&self) -> &[EarlierRecord] {
        &self.records
    }

    /// Returns the entries that are held, in order.
    pub(super) fn held_entries(&self) -> &[EntryRow] {
        &self.entries
    }

    /// Returns the source of the rows before those that are held.
    pub(super) fn earlier(&self) -> Option<&Arc<dyn Earlier>> {
        self.earlier.as_ref()
    }

    /// Returns the number of records.
    pub(super) fn len(&self) -> u64 {
        self.first + length(&self.records)
    }

    /// Returns the number of entries.
    pub(super) fn number_of_entries(&self) -> u64 {
        self.first_entry + length(&self.entries)
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
        let row = EarlierRecord {
            id,
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

    /// Adds the entry that holds the records added since the last entry.
    pub(super) fn add_entry(&mut self, commit: &CommitId, root: Root) {
        self.entry_numbers.insert(commit.clone(), self.number_of_entries());
        let size = self.len();
        self.entries.push(EntryRow { commit: commit.clone(), size, root });
    }

    /// Returns the position of a record.
    pub(super) fn position(&self, id: &RecordId) -> Result<Option<u64>, Unreadable> {
        match (self.positions.get(id), &self.earlier) {
            (Some(position), _) => Ok(Some(*position)),
            (None, Some(earlier)) => earlier.position(id),
            (None, None) => Ok(None),
        }
    }

    /// Returns the id of the record at a position.
    pub(super) fn id_at(&self, position: u64) -> Result<Option<RecordId>, Unreadable> {
        Ok(self.row(position)?.map(|row| row.id))
    }

    /// Returns the record at a position.
    pub(super) fn at(&self, position: u64) -> Result<Option<Accepted>, Unreadable> {
        let Some(row) = self.row(position)? else { return Ok(None) };
        let found = || self.found.get(&position).cloned().unwrap_or_default();
        let (Some(author), Some(point)) = (self.names.value(row.author), self.points.value(row.point)) else {
            return Err(Unreadable::LookUp);
        };
        let (judged_at, entry) = self.entry_of(position)?;
        Ok(Some(Accepted {
            position,
            judged_at,
            entry,
            author: author.clone(),
            person: row.person.and_then(|person| self.names.value(person)).cloned(),
            created_at: row.created_at,
            point: *point,
            by_proposed_key: row.by_proposed_key,
            seen: row.seen,
            kind: row.kind,
            verdict: row.void.map_or(Verdict::Verified, |code| Verdict::Void { code, found: found() }),
        }))
    }

    /// Returns the body of the record at a position; `None` for a foreign record.
    pub(super) fn body(&self, position: u64) -> Result<Option<Arc<Body>>, Unreadable> {
        if let Some(fresh) = position.checked_sub(self.cached) {
            let fresh = usize::try_from(fresh).ok().and_then(|fresh| self.bodies.get(fresh));
            return Ok(fresh.cloned().flatten());
        }
        let (Some(row), Some(source)) = (self.row(position)?, &self.source) else { return Ok(None) };
        path_of(&row).map(|path| source.body(&row.id, &path)).transpose()
    }

    /// Announces to the source that the bodies of the verified cached records at these positions will be read.
    pub(super) fn prefetch(&self, positions: Range<u64>) -> Result<(), Unreadable> {
        let Some(source) = &self.source else { return Ok(()) };
        let mut wanted = Vec::new();
        for position in positions.start..positions.end.min(self.cached) {
            let row = self.row(position)?.filter(|row| row.void.is_none());
            wanted.extend(row.and_then(|row| Some((row.id, path_of(&row)?))));
        }
        source.prefetch(&wanted);
        Ok(())
    }

    /// Returns the record at a position if it is verified.
    pub(super) fn verified(&self, position: u64) -> Result<Option<VerifiedRecord>, Unreadable> {
        let Some(row) = self.row(position)?.filter(|row| row.void.is_none()) else { return Ok(None) };
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
            judged_at: self.entry_of(position)?.0,
            record,
            author: author.clone(),
            person: person.clone(),
            created_at: row.created_at,
            point: *point,
            by_proposed_key: row.by_proposed_key,
            seen: row.seen,
        }))
    }

    /// Returns the date of the verified record at a position, with its person and the point of its key. `None` if the
    /// record is void or was signed with a proposed key, because such a record does not count for ledger time.
    pub(super) fn date(&self, position: u64) -> Result<Option<RecordDate<'_>>, Unreadable> {
        let row = self.row(position)?.filter(|row| row.void.is_none() && !row.by_proposed_key);
        Ok(row.and_then(|row| {
            Some(RecordDate {
                person: self.names.value(row.person?)?,
                created_at: row.created_at,
                point: self.points.value(row.point)?,
            })
        }))
    }

    /// Returns the positions of an entry: the first, and one past the last.
    pub(super) fn counting(&self, commit: &CommitId) -> Result<Option<(u64, u64)>, Unreadable> {
        let number = match (self.entry_numbers.get(commit), &self.earlier) {
            (Some(number), _) => Some(*number),
            (None, Some(earlier)) => earlier.entry_number(commit)?,
            (None, None) => None,
        };
        let Some(number) = number else { return Ok(None) };
        let Some(entry) = self.entry(number)? else { return Ok(None) };
        Ok(Some((self.size_before(number)?, entry.size)))
    }

    /// Returns an entry by its number, with the checkpoint after it.
    pub(super) fn checkpoint(&self, number: u64) -> Result<Option<(CommitId, Checkpoint)>, Unreadable> {
        let Some(entry) = self.entry(number)? else { return Ok(None) };
        let root = self.root_after(number, &entry)?;
        Ok(Some((entry.commit, Checkpoint { size: entry.size, root })))
    }

    /// Returns the last entry.
    pub(super) fn last_entry(&self) -> Option<CommitId> {
        self.entries.last().map(|row| row.commit.clone())
    }

    /// Returns the root at a boundary.
    pub(super) fn boundary(&self, size: u64) -> Result<Option<Root>, Unreadable> {
        let Some(before) = size.checked_sub(1) else { return Ok(None) };
        let number = self.entry_with(before)?;
        let entry = self.entry(number)?.filter(|entry| entry.size == size);
        entry.map(|entry| self.root_after(number, &entry)).transpose()
    }

    /// Returns the number of the entry that holds the record at a position. For a position beyond the last entry,
    /// returns the number that the next entry will get.
    fn entry_with(&self, position: u64) -> Result<u64, Unreadable> {
        if let Some(earlier) = self.earlier.as_ref().filter(|_| position < self.first) {
            return earlier.entry_beyond(position);
        }
        let held = self.entries.partition_point(|row| row.size <= position);
        Ok(self.first_entry + u64::try_from(held).unwrap_or(u64::MAX))
    }

    /// Returns the size of the ledger before the entry that holds the record at a position, and the commit of that
    /// entry. The commit is `None` while the entry is being added.
    fn entry_of(&self, position: u64) -> Result<(u64, Option<CommitId>), Unreadable> {
        let number = self.entry_with(position)?;
        Ok((self.size_before(number)?, self.entry(number)?.map(|entry| entry.commit)))
    }

    fn row(&self, position: u64) -> Result<Option<EarlierRecord>, Unreadable> {
        match (position.checked_sub(self.first), &self.earlier) {
            (Some(held), _) => {
                Ok(usize::try_from(held).ok().and_then(|held| self.records.get(held)).copied())
            }
            (None, Some(earlier)) => earlier.record(position).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn held_entry(&self, number: u64) -> Option<&EntryRow> {
        self.entries.get(usize::try_from(number.checked_sub(self.first_entry)?).ok()?)
    }

    fn entry(&self, number: u64) -> Result<Option<EarlierEntry>, Unreadable> {
        match &self.earlier {
            Some(earlier) if number < self.first_entry => earlier.entry(number).map(Some),
            Some(_) | None => Ok(self
                .held_entry(number)
                .map(|row| EarlierEntry { commit: row.commit.clone(), size: row.size })),
        }
    }

    fn root_after(&self, number: u64, entry: &EarlierEntry) -> Result<Root, Unreadable> {
        match (self.held_entry(number), &self.earlier) {
            (Some(row), _) => Ok(row.root),
            (None, Some(earlier)) => earlier.root(entry),
            (None, None) => Err(Unreadable::LookUp),
        }
    }

    /// Returns the size of the ledger before an entry, by its number.
    fn size_before(&self, number: u64) -> Result<u64, Unreadable> {
        let Some(before) = number.checked_sub(1) else { return Ok(0) };
        Ok(self.entry(before)?.map_or(0, |entry| entry.size))
    }
}

/// Returns the path of a record's file; `None` for a foreign record.
fn path_of(row: &EarlierRecord) -> Option<RecordPath> {
    row.kind.map(|kind| RecordPath::new(kind.name(), row.created_at, row.id))
}

fn length<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).unwrap_or(u64::MAX)
}
