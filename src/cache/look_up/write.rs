//! Writes a look-up file.

use super::read::{LookUpIndex, RowSection};
use super::row::{self, SignerNumbers};
use crate::cache::page::{Nonce, Pages};
use crate::verify::EarlierRows;

/// Returns the bytes of a look-up file, and what has to be known to read it; `None` if a number is too large for it.
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
    let mut by_id: Vec<u32> = (0..u32::try_from(rows.records.len()).ok()?).collect();
    by_id.sort_unstable_by_key(|at| {
        usize::try_from(*at).ok().and_then(|at| rows.records.get(at)).map(|row| row.id)
    });
    let by_id = section(&mut pages, row::INDEX, &by_id, |at| Some(at.to_be_bytes().to_vec()))?;
    let digits = rows.entries.first().map_or(40, |entry| entry.commit.as_str().len());
    let entries = section(&mut pages, row::entry_width(digits), &rows.entries, row::encode_entry)?;
    let votes: Vec<_> = rows.votes.iter().collect();
    let votes = section(&mut pages, row::VOTE, &votes, |(key, position)| {
        row::encode_vote(key, **position).map(Vec::from)
    })?;
    let index = LookUpIndex { nonce, signers: signers.signers, records, by_id, entries, votes };
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
