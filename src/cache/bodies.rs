//! The bodies of cached records, read from the ledger's tree.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::git::{ObjectReader, ObjectReaders};
use crate::record::{Body, Content, RecordPath, SignedRecord};
use crate::value::{CommitId, RecordId};
use crate::verify::{Bodies, Unreadable};

/// The bodies of records in a Git tree. The id of a record is the hash of its payload, so a record that is read is
/// checked against the id that was asked for. Its body is then kept in memory.
pub(super) struct GitBodies {
    readers: ObjectReaders,
    reader: Mutex<ObjectReader>,
    tree: CommitId,
    known: Mutex<HashMap<RecordId, Arc<Body>>>,
}

impl std::fmt::Debug for GitBodies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GitBodies").field("tree", &self.tree).finish_non_exhaustive()
    }
}

impl GitBodies {
    pub(super) fn new(readers: ObjectReaders, tree: CommitId) -> Self {
        let (reader, known) = (Mutex::new(readers.reader()), Mutex::default());
        Self { readers, reader, tree, known }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<RecordId, Arc<Body>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, reader: &ObjectReader, id: &RecordId, path: &RecordPath) -> Result<Arc<Body>, Unreadable> {
        let file = reader.file_under(&self.tree, &path.to_string()).ok().flatten();
        let record = file.and_then(|file| SignedRecord::parse(&file).ok());
        match record.filter(|record| record.id() == *id).as_ref().map(SignedRecord::content) {
            Some(Content::Known { body, .. }) => Ok(Arc::clone(body)),
            Some(Content::Foreign) | None => Err(Unreadable::Record(*id)),
        }
    }
}

impl Bodies for GitBodies {
    fn body(&self, id: &RecordId, path: &RecordPath) -> Result<Arc<Body>, Unreadable> {
        if let Some(body) = self.known().get(id) {
            return Ok(Arc::clone(body));
        }
        let body = self.read(&self.reader.lock().unwrap_or_else(PoisonError::into_inner), id, path)?;
        self.known().insert(*id, Arc::clone(&body));
        Ok(body)
    }

    fn prefetch(&self, wanted: &[(RecordId, RecordPath)]) {
        let read: Vec<_> = wanted
            .par_chunks(256)
            .flat_map_iter(|some| {
                let reader = self.readers.reader();
                some.iter().filter_map(move |(id, path)| Some((*id, self.read(&reader, id, path).ok()?)))
            })
            .collect();
        self.known().extend(read);
    }
}
