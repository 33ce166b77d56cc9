//! Prefetch: idle threads examine commits while one thread walks the chain back to its first entry.
//!
//! Whether a commit's signature is good depends on the commit's bytes alone. So the signature can be checked before
//! the earlier entries are known. Commits near the head are examined first, although they are replayed last.

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

/// The largest number of commits that are prefetched; each result takes about 2 KB.
const COMMITS_PREFETCHED: usize = 16_384;

/// The prefetched commits by id. Each was examined without the files of its entry.
pub(super) type Prefetched = HashMap<CommitId, Examined>;

/// The sending end of the prefetch, with the number of commits that a walk has put into it.
pub(super) struct CommitSink(Sender<(CommitId, Bytes)>, usize);

/// The receiving end of the prefetch, which examines the commits.
pub(super) struct CommitSource {
    seen: Mutex<Receiver<(CommitId, Bytes)>>,
    is_over: AtomicBool,
}

/// Creates the two ends of a prefetch.
pub(super) fn prefetch() -> (CommitSink, CommitSource) {
    let (sender, receiver) = channel();
    (CommitSink(sender, 0), CommitSource { seen: Mutex::new(receiver), is_over: AtomicBool::new(false) })
}

impl CommitSink {
    /// Queues a commit, unless as many were queued as are prefetched. The hash of the commit need not be verified yet.
    pub(super) fn put(&mut self, id: &CommitId, bytes: &Bytes) {
        self.1 += 1;
        if self.1 <= COMMITS_PREFETCHED {
            // If the receiver is gone, the commit is examined later.
            _ = self.0.send((id.clone(), Bytes::clone(bytes)));
        }
    }
}

impl CommitSource {
    /// Tells the examining threads that the walk is over, so that they stop.
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Examines queued commits on all idle threads until the walk is over.
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
