//! Finds out which of several commits a repository contains.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use gix::objs::Kind;

use super::error::GitError;
use super::program::{describe, stderr};
use super::read::object_id;
use super::repository::Repository;
use crate::value::CommitId;

impl Repository {
    /// Returns those of `commits` that the repository contains. What `git` has answered once is not asked again.
    pub fn existing<'a>(
        &self,
        commits: impl IntoIterator<Item = &'a CommitId>,
    ) -> Result<BTreeSet<CommitId>, GitError> {
        let (mut found, mut others) = (BTreeSet::new(), BTreeSet::new());
        for commit in commits {
            match object_id(commit).ok().and_then(|id| self.loose_kind(&id)) {
                Some(Kind::Commit) => _ = found.insert(commit.clone()),
                Some(Kind::Tree | Kind::Blob | Kind::Tag) => {}
                None => _ = others.insert(commit),
            }
        }
        if !others.is_empty() && self.has_large_indices() {
            found.extend(self.answered_by_git(others)?);
            return Ok(found);
        }
        for commit in others {
            if self.has_commit_in_pack(commit)? {
                found.insert(commit.clone());
            }
        }
        Ok(found)
    }

    /// Returns those of `commits` that exist by the answers of `git`. It is asked only about commits that are new here.
    fn answered_by_git(&self, mut commits: BTreeSet<&CommitId>) -> Result<BTreeSet<CommitId>, GitError> {
        let mut known = self.existing.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown: BTreeSet<&CommitId> =
            commits.iter().copied().filter(|commit| !known.contains_key(*commit)).collect();
        if !unknown.is_empty() {
            let existing = self.existing_by_git(&unknown)?;
            known.extend(unknown.into_iter().map(|commit| (commit.clone(), existing.contains(commit))));
        }
        commits.retain(|commit| known.get(*commit) == Some(&true));
        Ok(commits.into_iter().cloned().collect())
    }

    /// Asks `git rev-list`. Of the given ids, it lists only those of commits that the repository contains.
    /// `--missing=allow-any` keeps it from fetching the others, as Git does in a partial clone: to decide, no remote is
    /// asked, and nothing is run that a repository configures.
    fn existing_by_git(&self, commits: &BTreeSet<&CommitId>) -> Result<BTreeSet<CommitId>, GitError> {
        let mut arguments = vec!["rev-list", "--no-walk=unsorted", "--ignore-missing", "--missing=allow-any"];
        arguments.extend(commits.iter().map(|commit| commit.as_str()));
        let output = self.git().run(&arguments)?;
        if !output.status.success() {
            let command = describe(arguments.get(..4).unwrap_or_default());
            return Err(GitError::Failed { command, stderr: stderr(&output) });
        }
        let listed = String::from_utf8_lossy(&output.stdout);
        let listed: BTreeSet<&str> = listed.lines().collect();
        Ok(commits
            .iter()
            .filter(|commit| listed.contains(commit.as_str()))
            .map(|commit| (*commit).clone())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;

    fn git(directory: &Path, arguments: &[&str]) -> String {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgSign=false"];
        let output = Command::new("git").current_dir(directory).args(who).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn git_and_gix_agree_about_which_commits_exist() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "--quiet", "."]);
        let commit = || {
            git(path, &["commit", "--quiet", "--allow-empty", "--message", "one"]);
            git(path, &["rev-parse", "HEAD"])
        };
        let in_pack = commit();
        git(path, &["repack", "-adq"]);
        git(path, &["tag", "--annotate", "--message", "one", "one"]);
        let others = ["HEAD^{tree}", "refs/tags/one"].map(|name| git(path, &["rev-parse", name]));
        git(path, &["commit", "--quiet", "--allow-empty", "--message", "two"]);
        let loose = git(path, &["rev-parse", "HEAD"]);
        let unknown = ["1".repeat(40), "2".repeat(64)];
        let ids = [vec![in_pack.clone(), loose.clone()], others.to_vec(), unknown.to_vec()].concat();
        let ids: Vec<CommitId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        let expected: BTreeSet<CommitId> = [in_pack, loose].iter().map(|id| id.parse().unwrap()).collect();
        let repository = Repository::discover(path).unwrap();
        assert_eq!(repository.existing(&ids).unwrap(), expected);
        assert_eq!(repository.existing_by_git(&ids.iter().collect()).unwrap(), expected);
        // With large indices, `git` is asked, and not twice about one commit.
        let index = std::fs::File::create(path.join(".git/objects/pack/pack-1.idx")).unwrap();
        index.set_len(64 * 1024 * 1024).unwrap();
        assert!(repository.has_large_indices());
        assert_eq!(repository.existing(&ids).unwrap(), expected);
        std::fs::remove_dir_all(path.join(".git/objects")).unwrap();
        std::fs::create_dir_all(path.join(".git/objects/pack")).unwrap();
        let index = std::fs::File::create(path.join(".git/objects/pack/pack-1.idx")).unwrap();
        index.set_len(64 * 1024 * 1024).unwrap();
        let asked: Vec<CommitId> = ids.iter().take(1).cloned().collect();
        assert_eq!(repository.existing(&asked).unwrap(), asked.into_iter().collect());
    }

    #[test]
    fn a_commit_that_is_missing_in_a_partial_clone_is_not_fetched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "--quiet", "."]);
        git(path, &["commit", "--quiet", "--allow-empty", "--message", "one"]);
        let known: CommitId = git(path, &["rev-parse", "HEAD"]).parse().unwrap();
        let marker = path.join("fetched");
        for (key, value) in [
            ("core.repositoryFormatVersion", "1".to_owned()),
            ("extensions.partialClone", "origin".to_owned()),
            ("remote.origin.promisor", "true".to_owned()),
            ("remote.origin.url", format!("ext::touch {}", marker.display())),
            ("protocol.ext.allow", "always".to_owned()),
        ] {
            git(path, &["config", key, &value]);
        }
        let missing: CommitId = "1".repeat(40).parse().unwrap();
        let repository = Repository::discover(path).unwrap();
        let found = repository.existing_by_git(&BTreeSet::from([&known, &missing])).unwrap();
        assert_eq!(found, BTreeSet::from([known]));
        assert!(!marker.exists());
        // Git itself would fetch it.
        let fetched =
            Command::new("git").current_dir(path).args(["cat-file", "-e", missing.as_str()]).output();
        assert!(!fetched.unwrap().status.success() && marker.exists());
    }
}
