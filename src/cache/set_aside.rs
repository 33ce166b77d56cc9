//! [`SetAsideFile`]: the exceptions that the cached live state has set aside, in a file of which only those are read that
//! a run brings back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::page::{Nonce, PAYLOAD, PagedFile, Pages};
use crate::state::{ExceptionItem, ExceptionStore};
use crate::verify::Unreadable;

/// How the name of every such file begins.
pub(super) const SET_ASIDE: &str = "exceptions";

/// What has to be known of such a file to read it. It is stored, and authenticated, with the live state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SetAsideIndex {
    pub(super) nonce: Nonce,
    /// The place of each exception, and the number of its bytes. They come one after the other.
    lengths: Vec<(usize, usize)>,
}

/// Returns the bytes of a file, and what has to be known to read it.
pub(super) fn encode(
    aside: &[(usize, ExceptionItem)],
    key: &[u8],
    nonce: Nonce,
) -> Option<(Vec<u8>, SetAsideIndex)> {
    let mut lengths = Vec::with_capacity(aside.len());
    let mut all: Vec<u8> = Vec::new();
    for (place, item) in aside {
        let before = all.len();
        all = postcard::to_extend(item, all).ok()?;
        lengths.push((*place, all.len() - before));
    }
    let mut pages = Pages::new(key, nonce);
    for payload in all.chunks(PAYLOAD) {
        pages.add(payload)?;
    }
    Some((pages.finish()?, SetAsideIndex { nonce, lengths }))
}

/// The exceptions that a live state has set aside.
#[derive(Debug)]
pub(super) struct SetAsideFile {
    index: SetAsideIndex,
    file: PagedFile,
}

impl SetAsideFile {
    pub(super) fn new(index: SetAsideIndex, file: PagedFile) -> Self {
        Self { index, file }
    }

    fn bytes(&self, mut offset: usize, length: usize) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::with_capacity(length.min(PAYLOAD));
        while bytes.len() < length {
            let number = u64::try_from(offset / PAYLOAD).map_err(|_| Unreadable::LookUp)?;
            let page = self.file.page(number)?;
            let rest = page.get(offset % PAYLOAD..).unwrap_or_default();
            let taken = rest.get(..rest.len().min(length - bytes.len())).unwrap_or_default();
            bytes.extend_from_slice(taken);
            offset += taken.len();
        }
        Ok(bytes)
    }
}

impl ExceptionStore for SetAsideFile {
    fn read(&self, places: &BTreeSet<usize>) -> Result<Vec<(usize, ExceptionItem)>, Unreadable> {
        let mut found = Vec::with_capacity(places.len());
        let mut offset: usize = 0;
        for (place, length) in &self.index.lengths {
            if places.contains(place) {
                let bytes = self.bytes(offset, *length)?;
                found.push((*place, postcard::from_bytes(&bytes).map_err(|_| Unreadable::LookUp)?));
            }
            offset = offset.checked_add(*length).ok_or(Unreadable::LookUp)?;
        }
        Ok(found)
    }
}
