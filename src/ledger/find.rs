//! Finds the record that a person names by the first digits of its id.

use super::loaded::Loaded;
use crate::value::{IdPrefix, RecordId};
use crate::verify::Unreadable;

/// Why an id prefix does not name exactly one record.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// No id begins with the prefix.
    #[error("no record of this ledger has an id that begins with `{0}`")]
    Unknown(IdPrefix),
    /// Several ids begin with the prefix.
    #[error("`{prefix}` is ambiguous: {}", list(.candidates))]
    Ambiguous {
        /// The prefix.
        prefix: IdPrefix,
        /// The ids that begin with it.
        candidates: Vec<RecordId>,
    },
    /// A part of the cache cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

fn list(candidates: &[RecordId]) -> String {
    let mut shown: Vec<String> =
        candidates.iter().take(8).map(|id| id.to_string().chars().take(16).collect()).collect();
    if candidates.len() > 8 {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// Finds the one record whose id begins with a prefix.
pub fn find(loaded: &Loaded, prefix: &IdPrefix) -> Result<RecordId, FindError> {
    let past = loaded.replay.past();
    let ids = past.ids().filter(|id| id.as_ref().map_or(true, |id| prefix.matches(id)));
    let candidates = ids.collect::<Result<Vec<RecordId>, _>>()?;
    match candidates.as_slice() {
        [] => Err(FindError::Unknown(prefix.clone())),
        [only] => Ok(*only),
        _ => Err(FindError::Ambiguous { prefix: prefix.clone(), candidates }),
    }
}
