//! Writes a look-up file.

use std::collections::HashMap;
use std::ops::Range;

use super::read::{LookUpIndex, RowSection};
use super::row::{self, SignerNumbers};
use crate::cache::page::{Nonce, Pages};
use crate::verify::EarlierRows;

/// Returns the bytes of a look-up file, and the index that is needed to read it; `None` if a number does not fit.
pub(in crate::cache) fn encode(
    rows: &EarlierRows,
    key: &[u8],
    nonce: Nonce,
) -> Option<(Vec<u8>, LookUpIndex)> {
    let mut pages = Pages::new(key, nonce);
    let mut signers = SignerNumbers::default();
    let records = section(&mut pages, row::RECORD, &rows.records, |record| {
        row::encode_record(record, &mut signers).map(Vec::from)
    })?;
    let by_id = in_order_of(&rows.records, |record| record.id)?;
    let by_id = section(&mut pages, row::INDEX, &by_id, |at| Some(at.to_be_bytes().to_vec()))?;
    let digits = rows.entries.first().map_or(40, |entry| entry.commit.as_str().len());
    let entries = section(&mut pages, row::entry_width(digits), &rows.entries, row::encode_entry)?;
    let votes: Vec<_> = rows.votes.iter().collect();
    let votes = section(&mut pages, row::VOTE, &votes, |(key, position)| {
        row::encode_vote(key, **position).map(Vec::from)
    })?;
    let mut texts = FindingTexts::default();
    let digits = rows.broken.first().map_or(40, |entry| entry.commit.as_str().len());
    let broken = section(&mut pages, row::broken_width(digits), &rows.broken, |entry| {
        row::encode_broken(entry, &texts.add(row::encode_findings(entry)?))
    })?;
    let by_commit = in_order_of(&rows.broken, |entry| &entry.commit)?;
    let broken_by_commit = section(&mut pages, row::INDEX, &by_commit, |at| Some(at.to_be_bytes().to_vec()))?;
    let findings_page = pages.add_bytes(&texts.bytes)?;
    let index = LookUpIndex {
        nonce,
        signers: signers.signers,
        records,
        by_id,
        entries,
        votes,
        broken,
        broken_by_commit,
        findings_page,
    };
    Some((pages.finish()?, index))
}

fn section<T>(
    pages: &mut Pages<'_>,
    width: usize,
    rows: &[T],
    mut encode: impl FnMut(&T) -> Option<Vec<u8>>,
) -> Option<RowSection> {
    let first_page = pages.next_page()?;
    for row in rows {
        let bytes = encode(row).filter(|bytes| bytes.len() == width)?;
        pages.add(&bytes)?;
    }
    Some(RowSection { first_page, width, count: u64::try_from(rows.len()).ok()? })
}

/// Returns the numbers of rows, in the order of a key of theirs.
fn in_order_of<'a, T, K: Ord>(rows: &'a [T], key: impl Fn(&'a T) -> K) -> Option<Vec<u32>> {
    u32::try_from(rows.len()).ok()?;
    let mut numbered: Vec<(K, u32)> = rows.iter().map(key).zip(0..).collect();
    numbered.sort_unstable();
    Some(numbered.into_iter().map(|(_, number)| number).collect())
}

/// The encoded findings of entries. Equal findings are stored once.
#[derive(Default)]
struct FindingTexts {
    bytes: Vec<u8>,
    known: HashMap<Vec<u8>, Range<usize>>,
}

impl FindingTexts {
    /// Returns the place of an entry's encoded findings, and adds them if they are new.
    fn add(&mut self, findings: Vec<u8>) -> Range<usize> {
        let place = self.known.entry(findings).or_insert_with_key(|findings| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(findings);
            start..self.bytes.len()
        });
        place.clone()
    }
}
