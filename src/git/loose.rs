//! Reads loose objects: those that are files of their own. Opening a large pack takes time, and most new commits are
//! loose, so they can be read without any pack.

use gix::ObjectId;
use gix::objs::Kind;
use gix::odb::loose::Store;

use super::repository::Repository;
use crate::value::limit;

impl Repository {
    /// Returns the kind of a loose object; `None` if the object is not loose, or cannot be read.
    pub(super) fn loose_kind(&self, id: &ObjectId) -> Option<Kind> {
        self.loose().try_header(id).ok()?.map(|(_, kind)| kind)
    }

    /// Returns the bytes of a loose commit; `None` if the object is not loose, is no commit, is too large, or cannot be
    /// read.
    pub(super) fn loose_commit(&self, id: &ObjectId) -> Option<Vec<u8>> {
        let store = self.loose();
        let (size, kind) = store.try_header(id).ok()??;
        let is_small = usize::try_from(size).is_ok_and(|size| size <= limit::OBJECT_BYTES);
        let mut bytes = Vec::new();
        (kind == Kind::Commit && is_small).then(|| store.try_find(id, &mut bytes).ok()?.map(|_| ()))??;
        Some(bytes)
    }

    fn loose(&self) -> Store {
        Store::at(self.common_directory().join("objects"), self.hash_kind())
    }
}
