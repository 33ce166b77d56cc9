//! The rows of the look-up file. All rows of a section have the same width, and numbers in them are big-endian.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::finding::{Code, Finding};
use crate::record::Kind;
use crate::value::{CommitId, RecordId, Time};
use crate::verify::{BrokenEntry, EarlierEntry, EarlierRecord, VoteOf};

/// The width of the row of a record, in bytes. The width of the row of an entry depends on the hash algorithm of the
/// repository, and is given by [`entry_width`].
pub(super) const RECORD: usize = 45;
/// The width of the row of an index, in bytes.
pub(super) const INDEX: usize = 4;
/// The width of the row of a vote, in bytes.
pub(super) const VOTE: usize = 10;

/// The numbers of an author, of the person behind the author, and of the curve point of the signing key. A ledger has
/// few such triples, so a row refers to its triple by a single number.
pub(super) type RowSigner = (u32, Option<u32>, u32);

/// The signers of a look-up file, by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RowSigners(pub(super) Vec<RowSigner>);

/// Numbers signers in the order in which they occur.
#[derive(Default)]
pub(super) struct SignerNumbers {
    pub(super) signers: RowSigners,
    numbers: HashMap<RowSigner, u16>,
}

impl SignerNumbers {
    fn number(&mut self, signer: RowSigner) -> Option<u16> {
        if let Some(number) = self.numbers.get(&signer) {
            return Some(*number);
        }
        let number = u16::try_from(self.signers.0.len()).ok()?;
        self.signers.0.push(signer);
        self.numbers.insert(signer, number);
        Some(number)
    }
}

/// The layout of the two bytes that hold the kind of a record, whether a proposed key signed the record, and the code
/// of the rule that makes the record void.
const KIND_BITS: u16 = 5;
const NO_KIND: u16 = (1 << KIND_BITS) - 1;
const PROPOSED: u16 = 1 << KIND_BITS;
const VOID_SHIFT: u16 = KIND_BITS + 1;

/// Encodes a record; `None` if a number does not fit. In that case nothing is cached.
pub(super) fn encode_record(row: &EarlierRecord, signers: &mut SignerNumbers) -> Option<[u8; RECORD]> {
    let kind = match row.kind {
        Some(kind) => u16::try_from(Kind::ALL.iter().position(|known| *known == kind)?).ok()?,
        None => NO_KIND,
    };
    let void = match row.void {
        Some(code) => u16::try_from(Code::ALL.iter().position(|known| *known == code)? + 1).ok()?,
        None => 0,
    };
    if (kind >= NO_KIND && row.kind.is_some()) || void >= 1 << (16 - VOID_SHIFT) {
        return None;
    }
    let word = kind | if row.by_proposed_key { PROPOSED } else { 0 } | (void << VOID_SHIFT);
    let signer = signers.number((row.author, row.person, row.point))?;
    let created_at = u64::try_from(row.created_at.unix()).ok()?.to_be_bytes();
    let seen = u32::try_from(row.seen).ok()?;
    let mut bytes = Vec::with_capacity(RECORD);
    bytes.extend_from_slice(row.id.as_bytes());
    bytes.extend_from_slice(&signer.to_be_bytes());
    // Forty bits hold every time that a record can state.
    bytes.extend_from_slice(created_at.get(3..)?);
    bytes.extend_from_slice(&word.to_be_bytes());
    bytes.extend_from_slice(&seen.to_be_bytes());
    bytes.try_into().ok()
}

/// Decodes a record; `None` if the bytes do not encode one.
pub(super) fn decode_record(bytes: &[u8], signers: &RowSigners) -> Option<EarlierRecord> {
    let signer = usize::from(u16::from_be_bytes(bytes.get(32..34)?.try_into().ok()?));
    let (author, person, point) = *signers.0.get(signer)?;
    let mut created_at = [0; 8];
    created_at.get_mut(3..)?.copy_from_slice(bytes.get(34..39)?);
    let word = u16::from_be_bytes(bytes.get(39..41)?.try_into().ok()?);
    let kind = match word & NO_KIND {
        NO_KIND => None,
        kind => Some(*Kind::ALL.get(usize::from(kind))?),
    };
    let void = match word >> VOID_SHIFT {
        0 => None,
        void => Some(*Code::ALL.get(usize::from(void) - 1)?),
    };
    Some(EarlierRecord {
        id: id_of(bytes)?,
        author,
        person,
        point,
        created_at: Time::from_unix(i64::try_from(u64::from_be_bytes(created_at)).ok()?)?,
        kind,
        by_proposed_key: word & PROPOSED != 0,
        seen: u64::from(u32::from_be_bytes(bytes.get(41..45)?.try_into().ok()?)),
        void,
    })
}

/// Returns the id in a record's row.
pub(super) fn id_of(bytes: &[u8]) -> Option<RecordId> {
    Some(RecordId::from_bytes(bytes.get(..32)?.try_into().ok()?))
}

/// Returns the width of an entry's row. The row holds the entry's commit, and the size of the ledger after the entry.
pub(super) fn entry_width(commit_digits: usize) -> usize {
    commit_digits / 2 + 4
}

pub(super) fn encode_entry(entry: &EarlierEntry) -> Option<Vec<u8>> {
    let mut bytes = entry.commit.hash();
    bytes.extend_from_slice(&u32::try_from(entry.size).ok()?.to_be_bytes());
    Some(bytes)
}

pub(super) fn decode_entry(bytes: &[u8]) -> Option<EarlierEntry> {
    let (commit, size) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let commit = CommitId::of_hash(commit)?;
    Some(EarlierEntry { commit, size: u64::from(u32::from_be_bytes(size.try_into().ok()?)) })
}

pub(super) fn encode_vote(of: &VoteOf, position: u64) -> Option<[u8; VOTE]> {
    let person = u16::try_from(of.person).ok().filter(|person| *person < 1 << 15)?;
    let mut bytes = Vec::with_capacity(VOTE);
    bytes.extend_from_slice(&u32::try_from(of.subject).ok()?.to_be_bytes());
    bytes.extend_from_slice(&((person << 1) | u16::from(of.by_proposed_key)).to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(position).ok()?.to_be_bytes());
    bytes.try_into().ok()
}

pub(super) fn decode_vote(bytes: &[u8]) -> Option<(VoteOf, u64)> {
    let subject = u64::from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?));
    let person = u16::from_be_bytes(bytes.get(4..6)?.try_into().ok()?);
    let position = u64::from(u32::from_be_bytes(bytes.get(6..10)?.try_into().ok()?));
    let of = VoteOf { subject, person: u32::from(person >> 1), by_proposed_key: person & 1 != 0 };
    Some((of, position))
}

/// The row of an entry that does not count.
pub(super) struct BrokenRow {
    pub(super) commit: CommitId,
    size: u64,
    /// Where the encoded findings of the entry are, counted from the beginning of the first page of findings.
    pub(super) findings: Range<usize>,
}

/// Returns the width of the row of an entry that does not count.
pub(super) fn broken_width(commit_digits: usize) -> usize {
    commit_digits / 2 + 12
}

/// Encodes the findings of an entry. The bytes do not name the entry, so that equal findings of several entries have
/// equal bytes. `None` if a finding is not about the entry.
pub(super) fn encode_findings(entry: &BrokenEntry) -> Option<Vec<u8>> {
    let mut findings = entry.findings.clone();
    for finding in &mut findings {
        finding.at.entry.take_if(|of| *of == entry.commit)?;
    }
    postcard::to_allocvec(&findings).ok()
}

pub(super) fn encode_broken(entry: &BrokenEntry, findings: &Range<usize>) -> Option<Vec<u8>> {
    let mut bytes = entry.commit.hash();
    bytes.extend_from_slice(&u32::try_from(entry.size).ok()?.to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(findings.start).ok()?.to_be_bytes());
    bytes.extend_from_slice(&u32::try_from(findings.len()).ok()?.to_be_bytes());
    Some(bytes)
}

pub(super) fn decode_broken(bytes: &[u8]) -> Option<BrokenRow> {
    let (commit, rest) = bytes.split_at_checked(bytes.len().checked_sub(12)?)?;
    let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    let (size, start) = (u64::from(number(0)?), usize::try_from(number(4)?).ok()?);
    let findings = start..start.checked_add(usize::try_from(number(8)?).ok()?)?;
    Some(BrokenRow { commit: CommitId::of_hash(commit)?, size, findings })
}

impl BrokenRow {
    /// Returns the entry with its findings; `None` if the bytes do not encode findings.
    pub(super) fn with_findings(self, bytes: &[u8]) -> Option<BrokenEntry> {
        let mut findings: Vec<Finding> = postcard::from_bytes(bytes).ok()?;
        for finding in &mut findings {
            finding.at.entry = Some(self.commit.clone());
        }
        Some(BrokenEntry { commit: self.commit, size: self.size, findings })
    }
}
