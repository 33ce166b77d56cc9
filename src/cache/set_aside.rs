//! [`SetAsideFile`]: a file with what the cached live state has set aside, with its dormant patterns, and with the names
//! of what the state leaves out. A run reads only the parts that it needs.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::page::{Nonce, PagedFile, Pages};
use crate::state::{Aside, AsideStore, Delivered, Dormant, ExceptionItem};
use crate::value::{CommitId, Target, Time};
use crate::verify::Unreadable;

/// How the name of every such file begins.
pub(super) const SET_ASIDE: &str = "set-aside";

/// What is needed to read such a file. It is stored, and authenticated, with the live state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct SetAsideIndex {
    pub(super) nonce: Nonce,
    /// For each exception, its place in the state, and the length of its encoding in bytes. The file begins with these
    /// encodings, one after the other.
    exceptions: Vec<(usize, usize)>,
    /// The part with the encoded dormant patterns.
    dormant: Stretch,
    /// The part with the names of the dormant patterns, and of the causes of the redesigns that are stored with these:
    /// numbers of eight bytes, in ascending order.
    dormant_names: Stretch,
    /// The part with the names of what the state leaves out: numbers of eight bytes, in ascending order.
    names: Stretch,
    /// For each target, the part with the deployments that ran there and are left out of the state. A deployment is
    /// stored as the time of its decision, one byte with the length of the commit's hash, and the hash.
    ran: BTreeMap<Target, Stretch>,
    /// For each target, the part with what the reports need of the deployments that are left out of the state.
    delivered: BTreeMap<Target, Stretch>,
}

/// A part of the bytes of a file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Stretch {
    offset: usize,
    length: usize,
}

/// The length of a number in bytes.
const NUMBER: usize = 8;

/// Returns the bytes of a new file, and the index that is needed to read the file.
pub(super) fn encode(aside: &Aside, key: &[u8], nonce: Nonce) -> Option<(Vec<u8>, SetAsideIndex)> {
    let mut exceptions = Vec::with_capacity(aside.exceptions.len());
    let mut all: Vec<u8> = Vec::new();
    for (place, item) in &aside.exceptions {
        let before = all.len();
        all = postcard::to_extend(item, all).ok()?;
        exceptions.push((*place, all.len() - before));
    }
    let before = all.len();
    all = postcard::to_extend(&aside.dormant, all).ok()?;
    let dormant = Stretch { offset: before, length: all.len() - before };
    let numbers = |all: &mut Vec<u8>, numbers: &[u64]| {
        stretch(all, |all| all.extend(numbers.iter().flat_map(|number| number.to_be_bytes())))
    };
    let dormant_names = numbers(&mut all, &aside.dormant_names);
    let names = numbers(&mut all, &aside.names);
    let mut ran = BTreeMap::new();
    for (target, commits) in &aside.ran {
        let of_target = stretch(&mut all, |all| {
            for (at, commit) in commits {
                let hash = commit.hash();
                all.extend(at.unix().to_be_bytes());
                all.extend(u8::try_from(hash.len()));
                all.extend(hash);
            }
        });
        ran.insert(target.clone(), of_target);
    }
    let mut delivered = BTreeMap::new();
    for (target, of_target) in &aside.delivered {
        let offset = all.len();
        all = postcard::to_extend(of_target, all).ok()?;
        delivered.insert(target.clone(), Stretch { offset, length: all.len() - offset });
    }
    let mut pages = Pages::new(key, nonce);
    pages.add_bytes(&all)?;
    Some((
        pages.finish()?,
        SetAsideIndex { nonce, exceptions, dormant, dormant_names, names, ran, delivered },
    ))
}

fn stretch(all: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) -> Stretch {
    let offset = all.len();
    write(all);
    Stretch { offset, length: all.len() - offset }
}

/// Takes the time and the commit of one deployment from the front of some bytes.
fn take(bytes: &mut &[u8]) -> Option<(Time, CommitId)> {
    let (at, rest) = bytes.split_first_chunk::<NUMBER>()?;
    let (length, rest) = rest.split_first()?;
    let (hash, rest) = rest.split_at_checked(usize::from(*length))?;
    *bytes = rest;
    Some((Time::from_unix(i64::from_be_bytes(*at))?, CommitId::of_hash(hash)?))
}

/// An open file with what a live state has set aside.
#[derive(Debug)]
pub(super) struct SetAsideFile {
    index: SetAsideIndex,
    file: PagedFile,
}

impl SetAsideFile {
    pub(super) fn new(index: SetAsideIndex, file: PagedFile) -> Self {
        Self { index, file }
    }

    fn bytes(&self, Stretch { offset, length }: Stretch) -> Result<Vec<u8>, Unreadable> {
        self.file.bytes(0, offset, length)
    }

    /// Whether one of the ascending numbers in a part of the file is `number`.
    fn has(&self, part: Stretch, number: u64) -> Result<bool, Unreadable> {
        let (mut low, mut high) = (0, part.length / NUMBER);
        while low < high {
            let at = low.midpoint(high);
            let bytes = self.bytes(Stretch { offset: part.offset + at * NUMBER, length: NUMBER })?;
            let found = u64::from_be_bytes(bytes.try_into().map_err(|_| Unreadable::LookUp)?);
            match found.cmp(&number) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = at + 1,
                std::cmp::Ordering::Greater => high = at,
            }
        }
        Ok(false)
    }
}

impl AsideStore for SetAsideFile {
    fn exceptions(&self, places: &BTreeSet<usize>) -> Result<Vec<(usize, ExceptionItem)>, Unreadable> {
        let mut found = Vec::with_capacity(places.len());
        let mut offset: usize = 0;
        for (place, length) in &self.index.exceptions {
            if places.contains(place) {
                let bytes = self.bytes(Stretch { offset, length: *length })?;
                found.push((*place, postcard::from_bytes(&bytes).map_err(|_| Unreadable::LookUp)?));
            }
            offset = offset.checked_add(*length).ok_or(Unreadable::LookUp)?;
        }
        Ok(found)
    }

    fn dormant(&self) -> Result<Dormant, Unreadable> {
        postcard::from_bytes(&self.bytes(self.index.dormant)?).map_err(|_| Unreadable::LookUp)
    }

    fn has_dormant_name(&self, name: u64) -> Result<bool, Unreadable> {
        self.has(self.index.dormant_names, name)
    }

    fn has_name(&self, name: u64) -> Result<bool, Unreadable> {
        self.has(self.index.names, name)
    }

    fn names(&self) -> Result<Vec<u64>, Unreadable> {
        let bytes = self.bytes(self.index.names)?;
        let number = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).map_err(|_| Unreadable::LookUp);
        bytes.chunks(NUMBER).map(number).collect()
    }

    fn ran(&self, target: &Target) -> Result<Vec<(Time, CommitId)>, Unreadable> {
        let Some(of_target) = self.index.ran.get(target) else { return Ok(Vec::new()) };
        let bytes = self.bytes(*of_target)?;
        let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            found.push(take(&mut rest).ok_or(Unreadable::LookUp)?);
        }
        Ok(found)
    }

    fn delivered(&self, target: &Target) -> Result<Vec<Delivered>, Unreadable> {
        let Some(of_target) = self.index.delivered.get(target) else { return Ok(Vec::new()) };
        postcard::from_bytes(&self.bytes(*of_target)?).map_err(|_| Unreadable::LookUp)
    }
}
