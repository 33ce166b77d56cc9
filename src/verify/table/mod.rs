//! What counts, as tables: entries in order, records by position and by id.
//!
//! Rows are of fixed length, so that a remembered table is used as its bytes were read: nothing is made of a
//! hundred thousand records to look at ten of them. Bodies are not in a row; those of remembered records are
//! read again, where somebody asks for one.

mod row;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::accepted::{Accepted, Verdict, VerifiedRecord};
use crate::finding::Code;
use crate::packed::Rows;
use crate::record::{Body, Checkpoint, Kind, RecordPath};
use crate::value::{CommitId, KindName, MemberName, RecordId, Root, Time};

use row::{EntryRow, NOBODY, RecordRow};

/// In a row, the verdict that its author was entitled to say it; any other number is that of a code.
const VERIFIED: u8 = 0;

/// Where the bodies of remembered records are read again.
pub trait Bodies: std::fmt::Debug + Send + Sync {
    /// What a record says; none where it cannot be had. That is not forgotten: see [`Bodies::has_lost`].
    fn body(&self, id: &RecordId, path: &RecordPath) -> Option<Arc<Body>>;

    /// Told that all of these will be asked for.
    fn prepare(&self, wanted: &[(RecordId, RecordPath)]);

    /// Whether a body could not be had: then nothing that was judged since can be believed.
    fn has_lost(&self) -> bool;
}

/// Values that occur in many rows, which name them by a number.
#[derive(Debug, Clone)]
pub(super) struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    pub(super) fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(NOBODY);
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }

    pub(super) fn known(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    pub(super) fn value(&self, number: u32) -> Option<&T> {
        self.values.get(usize::try_from(number).ok()?)
    }

    pub(super) fn values(&self) -> &[T] {
        &self.values
    }
}

/// Everything that counts.
#[derive(Debug, Clone, Default)]
pub(super) struct RecordTable {
    pub(super) records: Rows<RecordRow>,
    pub(super) entries: Rows<EntryRow>,
    pub(super) names: Numbered<MemberName>,
    pub(super) points: Numbered<[u8; 32]>,
    /// What was found against each void record.
    pub(super) found: BTreeMap<u64, String>,
    /// The kinds of records of another format.
    pub(super) foreign: BTreeMap<u64, KindName>,
    /// Bodies of what was judged in this run, behind the remembered ones.
    pub(super) bodies: Vec<Option<Arc<Body>>>,
    /// Where those of remembered records are read again.
    pub(super) source: Option<Arc<dyn Bodies>>,
}

impl RecordTable {
    /// Whether something that was remembered could not be read again.
    pub(super) fn has_lost(&self) -> bool {
        let rows = self.records.has_lost() || self.entries.has_lost();
        rows || self.source.as_ref().is_some_and(|source| source.has_lost())
    }

    /// The number of records.
    pub(super) fn len(&self) -> u64 {
        self.records.len()
    }

    /// The number of entries.
    pub(super) fn entries(&self) -> u64 {
        self.entries.len()
    }

    /// Files a record of the entry that is put down next.
    pub(super) fn file(
        &mut self,
        id: RecordId,
        accepted: Accepted,
        kind: &KindName,
        body: Option<Arc<Body>>,
    ) {
        let position = self.records.len();
        let verdict = match accepted.verdict {
            Verdict::Verified => VERIFIED,
            Verdict::Void { code, found } => {
                self.found.insert(position, found);
                code_number(code)
            }
        };
        if accepted.kind.is_none() {
            self.foreign.insert(position, kind.clone());
        }
        self.records.push(
            id.digest().as_bytes(),
            RecordRow {
                id,
                entry: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
                author: self.names.number(&accepted.author),
                person: accepted.person.as_ref().map_or(NOBODY, |person| self.names.number(person)),
                point: self.points.number(&accepted.point),
                created_at: accepted.created_at,
                kind: accepted.kind.map_or(row::FOREIGN, kind_number),
                by_proposed_key: accepted.by_proposed_key,
                verdict,
            },
        );
        self.bodies.push(body);
    }

    /// Puts down the entry of the records that were accepted last.
    pub(super) fn put_down(&mut self, commit: &CommitId, root: Root) {
        let row = EntryRow::new(commit, self.records.len(), root);
        self.entries.push(&row.commit, row);
    }

    /// The position of a record.
    pub(super) fn position(&self, id: &RecordId) -> Option<u64> {
        self.records.find(id.digest().as_bytes())
    }

    /// The id at a position.
    pub(super) fn id_at(&self, position: u64) -> Option<RecordId> {
        Some(self.records.get(position)?.id)
    }

    /// The record at a position.
    pub(super) fn at(&self, position: u64) -> Option<Accepted> {
        let row = self.records.get(position)?;
        let number = u64::from(row.entry);
        let verdict = match row.verdict {
            VERIFIED => Verdict::Verified,
            number => Verdict::Void {
                code: code_of(number)?,
                found: self.found.get(&position).cloned().unwrap_or_default(),
            },
        };
        Some(Accepted {
            position,
            judged_at: self.size_before(number),
            entry: self.entries.get(number).map(|entry| entry.commit_id()),
            author: self.names.value(row.author)?.clone(),
            person: self.names.value(row.person).cloned(),
            created_at: row.created_at,
            point: *self.points.value(row.point)?,
            by_proposed_key: row.by_proposed_key,
            kind: kind_of(row.kind),
            verdict,
        })
    }

    /// What the record at a position says; none for one of another format.
    pub(super) fn body(&self, position: u64) -> Option<Arc<Body>> {
        let remembered = self.records.remembered();
        if let Some(fresh) = position.checked_sub(remembered) {
            return self.bodies.get(usize::try_from(fresh).ok()?)?.clone();
        }
        let row = self.records.get(position)?;
        let kind = kind_of(row.kind)?;
        self.source.as_ref()?.body(&row.id, &RecordPath::new(kind.name(), row.created_at, row.id))
    }

    /// Has the bodies of all remembered records that are verified, from a position on, made ready.
    pub(super) fn prepare(&self, first: u64) {
        let Some(source) = &self.source else { return };
        let wanted: Vec<_> = (first..self.records.remembered())
            .filter_map(|position| {
                let row = self.records.get(position).filter(|row| row.verdict == VERIFIED)?;
                let kind = kind_of(row.kind)?;
                Some((row.id, RecordPath::new(kind.name(), row.created_at, row.id)))
            })
            .collect();
        source.prepare(&wanted);
    }

    /// The verified record at a position.
    pub(super) fn verified(&self, position: u64) -> Option<VerifiedRecord> {
        let row = self.records.get(position).filter(|row| row.verdict == VERIFIED)?;
        Some(VerifiedRecord {
            id: row.id,
            position,
            judged_at: self.size_before(u64::from(row.entry)),
            record: self.body(position)?,
            author: self.names.value(row.author)?.clone(),
            person: self.names.value(row.person)?.clone(),
            created_at: row.created_at,
            point: *self.points.value(row.point)?,
            by_proposed_key: row.by_proposed_key,
        })
    }

    /// Who wrote the verified record at a position, when, and with which point: none if it was signed with a
    /// proposed key, which dates nothing.
    pub(super) fn date(&self, position: u64) -> Option<(&MemberName, Time, &[u8; 32])> {
        let row = self.records.get(position).filter(|row| row.verdict == VERIFIED && !row.by_proposed_key)?;
        Some((self.names.value(row.person)?, row.created_at, self.points.value(row.point)?))
    }

    /// The positions of an entry: the first, and the one behind the last.
    pub(super) fn counting(&self, commit: &CommitId) -> Option<(u64, u64)> {
        let number = self.entries.find(&EntryRow::key(commit))?;
        let row = self.entries.get(number).filter(|row| row.commit_id() == *commit)?;
        Some((self.size_before(number), row.size))
    }

    /// Each entry, with the checkpoint after it.
    pub(super) fn checkpoints(&self) -> impl Iterator<Item = (CommitId, Checkpoint)> {
        let rows = (0..self.entries.len()).filter_map(|number| self.entries.get(number));
        rows.map(|row| (row.commit_id(), Checkpoint { size: row.size, root: row.root }))
    }

    /// The last entry.
    pub(super) fn last_entry(&self) -> Option<CommitId> {
        Some(self.entries.get(self.entries.len().checked_sub(1)?)?.commit_id())
    }

    /// The root at a boundary.
    pub(super) fn boundary(&self, size: u64) -> Option<Root> {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self.entries.get(middle)?;
            match row.size.cmp(&size) {
                std::cmp::Ordering::Equal => return Some(row.root),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The size before an entry, by its number.
    fn size_before(&self, number: u64) -> u64 {
        let before = number.checked_sub(1).and_then(|before| self.entries.get(before));
        before.map_or(0, |row| row.size)
    }
}

fn kind_number(kind: Kind) -> u8 {
    let place = Kind::ALL.iter().position(|known| *known == kind);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(row::FOREIGN)
}

fn kind_of(number: u8) -> Option<Kind> {
    Kind::ALL.get(usize::from(number)).copied()
}

/// The number of a code in a row.
fn code_number(code: Code) -> u8 {
    let place = Code::ALL.iter().position(|known| *known == code).unwrap_or(usize::MAX);
    place.checked_add(1).and_then(|number| u8::try_from(number).ok()).unwrap_or(u8::MAX)
}

fn code_of(number: u8) -> Option<Code> {
    Code::ALL.get(usize::from(number).checked_sub(1)?).copied()
}
