//! The indices of packs. When gix opens an index, it reads all offsets in it, so that this takes longer the more objects
//! there are.

use gix::ObjectId;
use gix::odb::Header as _;

use super::repository::Repository;

/// If the indices of all packs together have at least this many bytes, they are opened early.
const EARLY_INDICES: u64 = 2 * 1024 * 1024;
/// If the indices of all packs together have at least this many bytes, they are opened only if that cannot be avoided.
/// With about two million objects or more, that takes longer than running `git`.
const LARGE_INDICES: u64 = 64 * 1024 * 1024;

impl Repository {
    /// Opens the indices of packs in another thread, unless they are so small that this would gain nothing, or so large
    /// that they may not be wanted. The first read of an object in a pack then need not wait for it.
    pub fn open_indices_early(&self) {
        if !(EARLY_INDICES..LARGE_INDICES).contains(&self.size_of_indices()) {
            return;
        }
        let mut objects = self.gix.objects.to_handle();
        objects.refresh_never();
        let nothing = ObjectId::null(self.hash_kind());
        // A search for an object that does not exist opens all indices. Whoever reads an object reports what is wrong
        // with them; without another thread, that read opens them.
        let search = move || drop(objects.try_header(&nothing));
        drop(std::thread::Builder::new().spawn(search));
    }

    /// Whether the indices of packs are so large that `git` is asked in place of gix, where that is possible.
    pub fn has_large_indices(&self) -> bool {
        self.size_of_indices() >= LARGE_INDICES
    }

    /// Returns the size of the indices of all packs together, in bytes. If Git has written one index for all of them
    /// (git-multi-pack-index), gix opens that one, and does not read its offsets. So this returns 0 then.
    fn size_of_indices(&self) -> u64 {
        let packs = self.common_directory().join("objects/pack");
        if packs.join("multi-pack-index").is_file() {
            return 0;
        }
        let files = std::fs::read_dir(packs).into_iter().flatten().flatten();
        let indices =
            files.filter(|file| file.path().extension().is_some_and(|extension| extension == "idx"));
        indices.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_do_not_count_as_large_if_there_is_one_index_for_all_packs() {
        let directory = tempfile::tempdir().unwrap();
        let mut init = std::process::Command::new("git");
        assert!(init.args(["init", "--quiet", "--bare"]).arg(directory.path()).status().unwrap().success());
        let repository = Repository::open(directory.path()).unwrap();
        let packs = directory.path().join("objects/pack");
        let index = std::fs::File::create(packs.join("pack-1.idx")).unwrap();
        index.set_len(LARGE_INDICES - 1).unwrap();
        assert!(!repository.has_large_indices());
        index.set_len(LARGE_INDICES).unwrap();
        assert!(repository.has_large_indices());
        std::fs::write(packs.join("multi-pack-index"), "").unwrap();
        assert!(!repository.has_large_indices());
    }
}
