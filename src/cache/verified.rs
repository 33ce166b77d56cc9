//! The verified prefix that is remembered, so that verifying again costs what is new.
//!
//! It lies in a file that is sealed (see [`super::sealed`]); losing it costs time and nothing else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::sealed::{self, CacheFile as File};
use crate::finding::{Code, Finding, Place};
use crate::git::{ObjectReader, ObjectReaders};
use crate::packed::Packed;
use crate::record::{Body, Content, RecordPath, SignedRecord};
use crate::replay::{Replay, Report};
use crate::value::{CommitId, RecordId};
use crate::verify::{Bodies, Past};
use crate::workspace::Workspace;

/// Changes with every change of what a file holds or of how a history is judged.
const FORM: &str = concat!("countersign remembered prefix 2, program ", env!("CARGO_PKG_VERSION"), "\n");
/// The file.
const FILE: &str = "verified";

/// What stands before the snapshot of the past.
#[derive(Debug, Serialize, Deserialize)]
struct PrefixLabel {
    ledger: String,
    head: String,
    size: u64,
    root: String,
    trust: String,
    broken: Vec<BrokenLabel>,
    passed: Vec<(String, u64)>,
}

/// A finding against an entry that was broken, and is quarantined since.
#[derive(Debug, Serialize, Deserialize)]
struct BrokenLabel {
    code: String,
    entry: Option<String>,
    record: Option<String>,
    field: Option<String>,
    found: String,
    expected: String,
}

/// A prefix that was verified before.
pub(crate) struct Cached {
    pub(crate) replay: Replay,
    /// Its last entry.
    pub(crate) head: CommitId,
}

/// The prefix that was verified before; none where there is none to believe.
pub(crate) fn recall(workspace: &Workspace, anchor: Option<RecordId>) -> Option<Cached> {
    let content = sealed::read(&File::new(workspace, FILE), FORM)?;
    let [label, snapshot] = <[Packed; 2]>::try_from(content.parts()?).ok()?;
    let label: PrefixLabel = serde_json::from_slice(&label.all()?).ok()?;
    if anchor.is_some_and(|anchor| anchor.to_string() != label.ledger) {
        return None;
    }
    let head: CommitId = label.head.parse().ok()?;
    let tree = workspace.repository.tree_of(&head).ok()?;
    let past = Past::restore(&snapshot, Arc::new(FromGit::new(workspace.repository.readers(), tree)))?;
    let checkpoint = past.checkpoint();
    let agrees = past.ledger_id().is_some_and(|id| id.to_string() == label.ledger)
        && past.last_entry().as_ref() == Some(&head)
        && (checkpoint.size, checkpoint.root.to_string()) == (label.size, label.root)
        && past.trust().is_some_and(|roster| roster.id().to_string() == label.trust);
    let broken = label.broken.into_iter().map(BrokenLabel::finding).collect::<Option<_>>()?;
    let passed = label.passed.into_iter().map(|(entry, size)| Some((entry.parse().ok()?, size)));
    let report = Report { broken, passed: passed.collect::<Option<_>>()? };
    agrees.then(|| Cached { replay: Replay::resume(past, report), head })
}

/// New entries after which the prefix is written down again: a few are verified faster than that.
fn worth_while(known: u64) -> u64 {
    64 + known / 512
}

/// Remembers what was verified of a sound ledger. That it cannot be written costs time only.
pub(crate) fn remember(workspace: &Workspace, replay: &Replay, known: u64) {
    let new = replay.past().entries().saturating_sub(known);
    if new < worth_while(known) {
        return;
    }
    if let Some(parts) = content(replay) {
        _ = sealed::write(&File::new(workspace, FILE), FORM, &parts);
    }
}

fn content(replay: &Replay) -> Option<[Vec<u8>; 2]> {
    let past = replay.past();
    let checkpoint = past.checkpoint();
    let label = PrefixLabel {
        ledger: past.ledger_id()?.to_string(),
        head: past.last_entry()?.to_string(),
        size: checkpoint.size,
        root: checkpoint.root.to_string(),
        trust: past.trust()?.id().to_string(),
        broken: replay.report().broken.iter().map(BrokenLabel::new).collect(),
        passed: replay.report().passed.iter().map(|(entry, size)| (entry.to_string(), *size)).collect(),
    };
    Some([serde_json::to_vec(&label).ok()?, past.snapshot()?])
}

impl BrokenLabel {
    fn new(finding: &Finding) -> Self {
        Self {
            code: finding.code.to_string(),
            entry: finding.at.entry.as_ref().map(ToString::to_string),
            record: finding.at.record.map(|id| id.to_string()),
            field: finding.at.field.clone(),
            found: finding.found.clone(),
            expected: finding.expected.clone(),
        }
    }

    fn finding(self) -> Option<Finding> {
        let code: Code = self.code.parse().ok()?;
        let at = Place {
            entry: self.entry.map(|id| id.parse()).transpose().ok()?,
            position: None,
            record: self.record.map(|id| id.parse()).transpose().ok()?,
            field: self.field,
        };
        Some(Finding { code, at, found: self.found, expected: self.expected })
    }
}

/// Bodies of remembered records, read again from the ledger's tree; each is known by its own hash.
struct FromGit {
    readers: ObjectReaders,
    reader: Mutex<ObjectReader>,
    tree: CommitId,
    known: Mutex<HashMap<RecordId, Arc<Body>>>,
    lost: AtomicBool,
}

impl std::fmt::Debug for FromGit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FromGit").field("tree", &self.tree).finish_non_exhaustive()
    }
}

impl FromGit {
    fn new(readers: ObjectReaders, tree: CommitId) -> Self {
        let (reader, known) = (Mutex::new(readers.reader()), Mutex::default());
        Self { readers, reader, tree, known, lost: AtomicBool::new(false) }
    }

    fn read(&self, reader: &ObjectReader, id: &RecordId, path: &RecordPath) -> Option<Arc<Body>> {
        let file = reader.file_under(&self.tree, &path.to_string()).ok().flatten();
        let record =
            file.and_then(|file| SignedRecord::parse(&file).ok()).filter(|record| record.id() == *id);
        match record.as_ref().map(SignedRecord::content) {
            Some(Content::Known { body, .. }) => Some(Arc::clone(body)),
            Some(Content::Foreign) | None => {
                self.lost.store(true, Ordering::Relaxed);
                None
            }
        }
    }
}

impl Bodies for FromGit {
    fn body(&self, id: &RecordId, path: &RecordPath) -> Option<Arc<Body>> {
        let known = |map: &Mutex<HashMap<_, _>>| -> Option<Arc<Body>> {
            map.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
        };
        if let Some(body) = known(&self.known) {
            return Some(body);
        }
        let body = self.read(&self.reader.lock().unwrap_or_else(PoisonError::into_inner), id, path)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(*id, Arc::clone(&body));
        Some(body)
    }

    fn prepare(&self, wanted: &[(RecordId, RecordPath)]) {
        let read: Vec<_> = wanted
            .par_chunks(256)
            .flat_map_iter(|some| {
                let reader = self.readers.reader();
                some.iter().filter_map(move |(id, path)| Some((*id, self.read(&reader, id, path)?)))
            })
            .collect();
        self.known.lock().unwrap_or_else(PoisonError::into_inner).extend(read);
    }

    fn has_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}
