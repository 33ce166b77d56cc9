//! The record that a person means by the first digits of its id.

use super::loaded::Loaded;
use crate::value::{IdPrefix, RecordId};

/// Why digits name no record.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// None begins so.
    #[error("no record of this ledger has an id that begins with `{0}`")]
    Unknown(IdPrefix),
    /// Several do.
    #[error("`{prefix}` is ambiguous: {}", list(.candidates))]
    Ambiguous {
        /// What was typed.
        prefix: IdPrefix,
        /// What it could mean.
        candidates: Vec<RecordId>,
    },
}

fn list(candidates: &[RecordId]) -> String {
    let mut shown: Vec<String> =
        candidates.iter().take(8).map(|id| id.to_string().chars().take(16).collect()).collect();
    if candidates.len() > 8 {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// Finds the one record whose id begins with these digits.
pub fn find(loaded: &Loaded, prefix: &IdPrefix) -> Result<RecordId, FindError> {
    let past = loaded.replay.past();
    let ids = (0..past.size()).filter_map(|position| past.id_at(position));
    let candidates: Vec<RecordId> = ids.filter(|id| prefix.matches(id)).collect();
    match candidates.as_slice() {
        [] => Err(FindError::Unknown(prefix.clone())),
        [only] => Ok(*only),
        _ => Err(FindError::Ambiguous { prefix: prefix.clone(), candidates }),
    }
}
