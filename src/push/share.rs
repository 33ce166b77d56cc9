//! The remote's ledger: how it relates to the local one, and pushing what it lacks.

use crate::git::GitError;
use crate::ledger::Loaded;
use crate::value::CommitId;
use crate::workspace::Workspace;

/// How the ledger of the remote relates to the local one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// The remote has no ledger.
    NoRemoteLedger,
    /// It ends at this commit, which is an entry of the ledger that was loaded here.
    Known(CommitId),
    /// It has entries that are not here, so decisions made here may be wrong.
    Ahead,
}

/// Asks the remote for the head of its ledger, and compares it with the loaded one.
pub(super) fn share(workspace: &Workspace, remote: &str, loaded: &Loaded) -> Result<Sharing, GitError> {
    let name = workspace.ledger_ref();
    let git = workspace.repository.git();
    let output = git.run_with_remote(&["ls-remote", "--", remote, &name])?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(GitError::Failed { command: "ls-remote".to_owned(), stderr });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let row = text.lines().find(|line| line.split('\t').nth(1) == Some(name.as_str()));
    let Some(head) = row.and_then(|line| line.split('\t').next()?.parse::<CommitId>().ok()) else {
        return Ok(Sharing::NoRemoteLedger);
    };
    Ok(if loaded.has_read(&head) { Sharing::Known(head) } else { Sharing::Ahead })
}

/// Pushes the ledger to the remote, unless the remote already has all of it.
pub(super) fn push_ledger(workspace: &Workspace, remote: &str, there: &CommitId) -> Result<(), GitError> {
    let name = workspace.ledger_ref();
    let local = workspace.repository.ref_head(&name)?;
    let Some(local) = local.filter(|local| local != there) else { return Ok(()) };
    if !workspace.repository.is_on_chain(there, &local, &|_| None)? {
        // The remote has entries that this branch lacks, so there is nothing to push on top of them.
        return Ok(());
    }
    let refspec = format!("{name}:{name}");
    let output = workspace.repository.git().run_with_remote(&[
        "push",
        "--quiet",
        "--no-verify",
        "--",
        remote,
        &refspec,
    ])?;
    if output.status.success() {
        return Ok(());
    }
    let stderr =
        String::from_utf8_lossy(&output.stderr).lines().map(str::trim).collect::<Vec<_>>().join("; ");
    Err(GitError::Failed { command: format!("push {remote} {refspec}"), stderr })
}
