//! Finds the waiting receipts of moves that took place. A move changes what a ref holds.
//!
//! Each receipt of a server says what its ref holds before the move and what the ref holds afterwards. So for
//! each ref, the moves that took place form a chain. Following this chain back from the current value of the ref also
//! finds moves after which `post-receive` never ran.

use std::collections::BTreeSet;

use super::refs::ReceiveError;
use crate::push::PushedRef;
use crate::record::SignedRecord;
use crate::value::{CommitId, RecordId};
use crate::workspace::Workspace;

/// The receipts that wait, in three lists. Each list is in the order in which the receipts were kept.
#[derive(Debug, Default)]
pub(super) struct SortedReceipts {
    /// The receipts of moves that took place.
    pub ready: Vec<SignedRecord>,
    /// The receipts of moves that did not take place, although a later move of the same ref did: Git refused the
    /// earlier moves.
    pub passed: Vec<SignedRecord>,
    /// The receipts of moves that may still take place.
    pub early: Vec<SignedRecord>,
}

/// Sorts the receipts that wait. `waiting` has them in the order in which they were kept. `moved` has the refs that
/// have just moved.
pub(super) fn sort(
    workspace: &Workspace,
    waiting: Vec<SignedRecord>,
    moved: &[PushedRef],
) -> Result<SortedReceipts, ReceiveError> {
    let refs = waiting.iter().filter_map(|record| record.receipt()?.r#ref.as_ref());
    let refs: BTreeSet<String> = refs.map(|name| name.as_str().to_owned()).collect();
    let (mut took_place, mut passed) = (BTreeSet::new(), BTreeSet::new());
    for name in &refs {
        let of_ref: Vec<&SignedRecord> = waiting.iter().filter(|record| is_of(record, name)).collect();
        let mut values: Vec<CommitId> = workspace.repository.ref_head(name)?.into_iter().collect();
        for one in moved.iter().filter(|one| one.name == *name) {
            values.extend(one.new.iter().chain(&one.old).cloned());
        }
        let chain = chain(workspace, &of_ref, values);
        let newest = of_ref.iter().rposition(|record| chain.contains(&record.id())).unwrap_or(0);
        let before = of_ref.iter().take(newest).map(|record| record.id());
        passed.extend(before.filter(|id| !chain.contains(id)));
        took_place.extend(chain);
    }
    let mut sorted = SortedReceipts::default();
    for record in waiting {
        let id = record.id();
        if took_place.contains(&id) {
            sorted.ready.push(record);
        } else if passed.contains(&id) {
            sorted.passed.push(record);
        } else {
            sorted.early.push(record);
        }
    }
    Ok(sorted)
}

fn is_of(record: &SignedRecord, name: &str) -> bool {
    record.receipt().and_then(|receipt| receipt.r#ref.as_ref()).is_some_and(|named| named.as_str() == name)
}

/// Follows the moves of one ref back from each value in `values`, and returns the ids of the receipts of these moves.
fn chain(workspace: &Workspace, of_ref: &[&SignedRecord], values: Vec<CommitId>) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    for value in values {
        let mut value = workspace.repository.resolve(value.as_str()).ok();
        let mut before = of_ref.len();
        while let Some(commit) = value.take() {
            let leads_there =
                |record: &&SignedRecord| record.receipt().is_some_and(|receipt| receipt.commit == commit);
            let Some(place) = of_ref.iter().take(before).rposition(leads_there) else { break };
            let Some(record) = of_ref.get(place) else { break };
            // If several targets name the ref, each target has its own receipt of this move.
            let previous = record.receipt().and_then(|receipt| receipt.previous.clone());
            let is_same_move = |other: &&&SignedRecord| {
                other.receipt().is_some_and(|other| other.commit == commit && other.previous == previous)
            };
            let mut targets = BTreeSet::new();
            for other in of_ref.iter().take(before).rev().filter(is_same_move) {
                if other.receipt().is_some_and(|other| targets.insert(other.target())) {
                    found.insert(other.id());
                }
            }
            before = place;
            value = previous;
        }
    }
    found
}

/// Whether two receipts belong to one push, so that one entry can hold both. `next` was kept directly after `one`. The
/// records of an entry have no order. But two moves of one ref do have an order, so each of them needs its own entry.
pub(super) fn are_of_one_push(one: &SignedRecord, next: &SignedRecord) -> bool {
    let (Some(this), Some(other)) = (one.receipt(), next.receipt()) else { return false };
    let is_decided_with = one.header().checkpoint == next.header().checkpoint && this.at == other.at;
    let is_other_move = this.r#ref == other.r#ref && this.commit != other.commit;
    is_decided_with && !is_other_move
}
