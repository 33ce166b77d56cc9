//! Commits examined at ahead: while one thread walks the chain back to its beginning, the others need not wait.
//!
//! What a commit's signature says depends on its bytes alone, so it can be checked before anybody knows what
//! stands below. The commits of the head come first; they are the last that are judged.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::entry::ObjectFormat;
use crate::git::Bytes;
use crate::sshsig::Verifier;
use crate::value::CommitId;
use crate::verify::{Examined, examine_commit};

/// Commits that are kept: what was examined at of them takes about 2 KB each.
const MOST: usize = 16_384;

/// Commits that were examined at by themselves.
pub(super) type Prefetched = HashMap<CommitId, Examined>;

/// Where a walk puts its commits.
pub(super) struct CommitSink(Sender<(CommitId, Bytes)>, usize);

/// What takes them from there.
pub(super) struct CommitSource {
    seen: Mutex<Receiver<(CommitId, Bytes)>>,
    is_over: AtomicBool,
}

/// The two ends.
pub(super) fn prefetch() -> (CommitSink, CommitSource) {
    let (sender, receiver) = channel();
    (CommitSink(sender, 0), CommitSource { seen: Mutex::new(receiver), is_over: AtomicBool::new(false) })
}

impl CommitSink {
    /// Takes a commit, whose hash nobody has examined at yet.
    pub(super) fn put(&mut self, id: &CommitId, bytes: &Bytes) {
        self.1 += 1;
        if self.1 <= MOST {
            // Nobody listens any more: it will be examined at later.
            _ = self.0.send((id.clone(), Bytes::clone(bytes)));
        }
    }
}

impl CommitSource {
    /// The walk has come to its end, and so does this.
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Looks at commits until the walk is over, on all threads that have nothing else to do.
    pub(super) fn examine(&self, format: ObjectFormat) -> Prefetched {
        let threads = rayon::current_num_threads().saturating_sub(1).max(1);
        let examined = (0..threads).into_par_iter().map(|_| {
            let mut verifier = Verifier::default();
            let next = || self.seen.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
            let open = std::iter::from_fn(|| next().filter(|_| !self.is_over.load(Ordering::Relaxed)));
            open.map(|(id, bytes)| {
                let examined = examine_commit(&id, &bytes, format, &mut verifier);
                (id, examined)
            })
            .collect::<Vec<_>>()
        });
        examined.flatten_iter().collect()
    }
}
