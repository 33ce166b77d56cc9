//! [`Cache`]: the verified prefix and the folded state of an earlier run.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bodies::GitBodies;
use super::file::{AuthenticatedFile, CorruptFile};
use super::key::NoKey;
use super::look_up::{LOOK_UP, LookUp, LookUpIndex, encode};
use super::page::{Nonce, PagedFile};
use super::set_aside::{self, SET_ASIDE, SetAsideFile, SetAsideIndex};
use crate::finding::Code;
use crate::record::Kind;
use crate::replay::Replay;
use crate::state::{KeptFor, NoState, State, StateSnapshot};
use crate::value::{CommitId, Duration, RecordId};
use crate::verify::{Earlier, EarlierCounts, Past, PastSnapshot};
use crate::workspace::Workspace;

/// What a run leaves in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// The verified prefix and the folded state.
    WhatIsVerified,
    /// Nothing.
    Nothing,
}

/// The cache of a repository.
#[derive(Debug)]
pub(crate) struct Cache {
    file: AuthenticatedFile,
    keeps: Keeps,
    /// The index of the look-up file, if an earlier run wrote one.
    look_up: RefCell<Option<LookUpIndex>>,
    /// The encoded live state of the earlier run, until [`Cache::live`] takes it. Empty if there is none.
    state: RefCell<Vec<u8>>,
    /// The nonce of the set-aside file, which holds what the live state has set aside.
    aside: RefCell<Option<Nonce>>,
    /// The set-aside file, opened, until [`Cache::live`] takes it.
    aside_file: RefCell<Option<PagedFile>>,
}

/// The first part of the content. The encoded state, if there is one, follows it.
#[derive(Serialize, Deserialize)]
struct VerifiedPrefix<'a> {
    past: PastSnapshot<'a>,
    /// The index of the look-up file. That file has the entries before those in `past`.
    look_up: Option<LookUpIndex>,
    /// The newest entry of the prefix.
    last: Cow<'a, CommitId>,
    /// The nonce of the set-aside file.
    aside: Option<Nonce>,
}

/// A prefix of the ledger that was verified in an earlier run.
pub(crate) struct Cached {
    pub(crate) replay: Replay,
    /// The last entry of the prefix.
    pub(crate) head: CommitId,
}

/// How much of a ledger was read, beyond the cached prefix.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NewlyRead {
    /// The number of cached entries that count.
    pub(crate) cached_entries: u64,
    /// The number of entries that were read.
    pub(crate) entries: usize,
    /// The total size of the commits and files of these entries, in bytes.
    pub(crate) bytes: usize,
}

impl NewlyRead {
    /// Whether enough was read to make it worth writing the cache again. Reading a few entries again in the next run is
    /// faster than writing the cache.
    fn is_worth_writing(self) -> bool {
        let entries = worth_writing(self.cached_entries);
        let most = usize::try_from(entries).unwrap_or(usize::MAX);
        self.entries >= most || self.bytes / BYTES_OF_AN_ENTRY >= most
    }
}

/// The number of new entries, or of records folded on top of the cached state, after which the cache is
/// written again.
fn worth_writing(cached: u64) -> u64 {
    64 + cached / 512
}

/// How far back the live state reaches. It holds everything of the last eight days, so that a new record rarely needs a
/// fold of the whole ledger. Of older records, it holds what the reports need, because these look back 90 days.
const KEPT_FOR: KeptFor = KeptFor { recent: Duration::of_days(8), reported: Duration::of_days(92) };

/// The size of an ordinary entry, in bytes. A larger entry counts as several.
const BYTES_OF_AN_ENTRY: usize = 4_096;

impl Cache {
    /// Opens the cache, and restores the prefix in it. The second result is `None` if the cache has no prefix of this
    /// ledger.
    pub(crate) fn open(
        workspace: &Workspace,
        anchor: Option<RecordId>,
        keeps: Keeps,
    ) -> (Self, Result<Option<Cached>, CorruptFile>) {
        let file = AuthenticatedFile::new(workspace, "cache", form());
        let cache = Self {
            file,
            keeps,
            look_up: RefCell::default(),
            state: RefCell::default(),
            aside: RefCell::default(),
            aside_file: RefCell::default(),
        };
        let cached = cache.file.read().and_then(|content| match content {
            Some(content) => cache.restore(workspace, anchor, content),
            None => Ok(None),
        });
        (cache, cached)
    }

    fn restore(
        &self,
        workspace: &Workspace,
        anchor: Option<RecordId>,
        mut content: Vec<u8>,
    ) -> Result<Option<Cached>, CorruptFile> {
        let Ok((prefix, state)) = postcard::take_from_bytes::<VerifiedPrefix<'_>>(&content) else {
            return Ok(None);
        };
        let prefix_length = content.len().saturating_sub(state.len());
        let readers = workspace.repository.readers();
        let earlier = match prefix.look_up.clone() {
            Some(index) => {
                let file = self.file.paged(LOOK_UP, index.nonce)?;
                Some(Arc::new(LookUp::new(index, file, readers.reader())) as Arc<dyn Earlier>)
            }
            None => None,
        };
        // If the set-aside file is missing, the cache is discarded now rather than later, when the state is needed.
        let open = |nonce| self.file.paged(SET_ASIDE, nonce);
        let (aside, aside_file) = (prefix.aside, prefix.aside.map(open).transpose()?);
        let bodies = GitBodies::new(readers, prefix.past.tree().clone());
        let Some(past) = Past::restore(prefix.past, earlier, Arc::new(bodies)) else { return Ok(None) };
        let head = prefix.last.into_owned();
        if anchor.is_some_and(|anchor| past.ledger_id() != Some(anchor)) {
            return Ok(None);
        }
        *self.look_up.borrow_mut() = prefix.look_up;
        (*self.aside.borrow_mut(), *self.aside_file.borrow_mut()) = (aside, aside_file);
        content.drain(..prefix_length);
        *self.state.borrow_mut() = content;
        Ok(Some(Cached { replay: Replay::resume(past, head.clone()), head }))
    }

    /// Writes the prefix if enough was read. The state in the file is kept. A missing key is an error, because
    /// without it the file cannot be authenticated.
    pub(crate) fn write_prefix(&self, replay: &Replay, read: NewlyRead) -> Result<(), NoKey> {
        if !read.is_worth_writing() {
            return Ok(());
        }
        let state = self.state.borrow();
        let aside = *self.aside.borrow();
        self.write(replay, aside, |content| Some([content.as_slice(), state.as_slice()].concat()))
    }

    /// Returns the cached live state with the later records of a replay folded on top, and the number of these records.
    /// `None` if no state is cached, or if the cached state cannot take these records.
    pub(crate) fn live(&self, replay: &Replay) -> Result<Option<(State, u64)>, NoState> {
        let past = replay.past();
        let encoded = self.state.take();
        let decoded = postcard::from_bytes::<(SetAsideIndex, StateSnapshot<'_>)>(&encoded);
        let Ok((index, snapshot)) = decoded else { return Ok(None) };
        let Some(file) = self.aside_file.take() else { return Ok(None) };
        let store = Arc::new(SetAsideFile::new(index, file));
        let folded = past.size().saturating_sub(snapshot.size());
        Ok(State::resume(past, snapshot, store)?.map(|state| (state, folded)))
    }

    /// Writes the prefix and the live state, if enough records were folded. A missing key is ignored here, because
    /// [`Cache::write_prefix`] reports it.
    pub(crate) fn write_live(&self, replay: &Replay, state: &State, folded: u64) {
        let past = replay.past();
        if self.keeps == Keeps::Nothing || folded < worth_writing(past.size().saturating_sub(folded)) {
            return;
        }
        let Ok(live) = state.live(past, KEPT_FOR) else { return };
        let encode = |key: &[u8], nonce| set_aside::encode(&live.aside, key, nonce);
        let Ok(Some(index)) = self.file.write_paged(SET_ASIDE, encode) else { return };
        let state = (&index, live.snapshot(past));
        let aside = Some(index.nonce);
        if self.write(replay, aside, |content| postcard::to_extend(&state, content).ok()).is_ok() {
            self.file.remove_older(SET_ASIDE, aside);
        }
    }

    fn write(
        &self,
        replay: &Replay,
        aside: Option<Nonce>,
        with_state: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>,
    ) -> Result<(), NoKey> {
        if self.keeps == Keeps::Nothing {
            return Ok(());
        }
        // If the past cannot be divided, for example because an earlier row is unreadable, nothing is written.
        let divided = self.divided(replay.past())?.zip(replay.last());
        let Some(((past, look_up), last)) = divided else { return Ok(()) };
        let prefix = VerifiedPrefix { past, look_up, last: Cow::Borrowed(last), aside };
        let content = postcard::to_allocvec(&prefix).ok().and_then(with_state);
        let Some(content) = content else { return Ok(()) };
        self.file.write(&content)?;
        self.file.remove_older(LOOK_UP, prefix.look_up.as_ref().map(|index| index.nonce));
        *self.look_up.borrow_mut() = prefix.look_up;
        Ok(())
    }

    /// Divides a past between two files: the cache file holds the newest entries, and the look-up file the older ones.
    /// A new look-up file is written if many entries are not in the present one.
    fn divided<'a>(&self, past: &'a Past) -> Result<Option<(PastSnapshot<'a>, Option<LookUpIndex>)>, NoKey> {
        let known = self.look_up.borrow().clone();
        let earlier = known.as_ref().map_or_else(EarlierCounts::default, LookUpIndex::counts);
        if past.beyond(earlier) < HELD_ENTRIES {
            return Ok(past.snapshot_behind(earlier).map(|snapshot| (snapshot, known)));
        }
        let Some((rows, snapshot)) = past.split_snapshot(NEWEST_ENTRIES).ok().flatten() else {
            return Ok(None);
        };
        let written = self.file.write_paged(LOOK_UP, |key, nonce| encode(&rows, key, nonce))?;
        self.look_up.borrow_mut().clone_from(&written);
        Ok(written.map(|index| (snapshot, Some(index))))
    }
}

/// If the cache file would hold this many entries or more, the older ones move to a new look-up file.
const HELD_ENTRIES: u64 = 1_024;
/// The number of newest entries that stay in the cache file when the older ones move.
const NEWEST_ENTRIES: u64 = 64;

/// Returns the first line of the cache file. It names the form of the file, the version of the program, and a digest of
/// all codes and kinds of record.
fn form() -> String {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
    let words: Vec<&str> = codes.chain(kinds).collect();
    let digest = crate::value::Digest::of(words.join(" ").as_bytes());
    format!("countersign cache 17, program {}, words {digest}\n", env!("CARGO_PKG_VERSION"))
}
