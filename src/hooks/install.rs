//! Installing hooks. An existing hook is moved aside and run first, never overwritten. If a hook manager would put its
//! own hook back, our hook is put where the manager runs it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::chain::HookChain;
use super::error::HookError;
use super::hook::Hook;
use super::lefthook::{JOB, Lefthook};
use super::place::{Caller, HooksPlace};
use super::program::{HookProgram, is_same_managers};
use super::script::{self, is_edited, is_ours, link, moved_aside};
use crate::store;

/// An installed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its path.
    pub path: PathBuf,
    /// The path to which an earlier hook was moved aside, if there is one. Our script runs that hook first.
    pub before: Option<PathBuf>,
    /// Whether the earlier hook is run; true if there is none. Git would skip a file that is not executable, so our
    /// script skips it too.
    pub is_run: bool,
    /// Whether the text of the file already was what it had to be.
    pub unchanged: bool,
}

/// Installs a hook where Git, or the hook manager of the repository, runs it.
///
/// # Errors
///
/// If that would disable another hook, if our script was edited, if a job has to be added to lefthook's local
/// configuration by hand, or if a file cannot be read or written.
pub fn install(place: &HooksPlace, hook: Hook) -> Result<Vec<Installed>, HookError> {
    let chain = HookChain::of(place, hook)?;
    let mut installed = Vec::new();
    for (path, caller) in place.slots(hook) {
        // A script that calls the program, and is run, stays where it is, whether it is our script or another.
        let ours = chain.runs.iter().find(|run| {
            run.is_run && run.program == HookProgram::Countersign && run.path.parent() == path.parent()
        });
        // If Git runs a script of pre-commit or prek, that script runs the `.legacy` hook beside it. So ours goes
        // there. At the path that Git runs, the manager would put its own script back.
        let first = chain.runs.first().filter(|run| run.path == path && run.is_run);
        let is_before_theirs =
            first.is_some_and(|run| matches!(run.program, HookProgram::PreCommit | HookProgram::Prek));
        let path = match ours {
            Some(run) => run.path.clone(),
            None if is_before_theirs => path.with_file_name(format!("{}.legacy", hook.name())),
            None => path,
        };
        if ours.is_some() && !script::read(&path)?.is_some_and(|text| is_ours(&text)) {
            // Another script already calls the program.
            installed.push(Installed { path, before: None, is_run: true, unchanged: true });
        } else {
            installed.push(put(place, hook, &path, caller)?);
        }
    }
    // Nothing runs our script once lefthook has renamed it to `.old`. The file would be in lefthook's way when
    // lefthook renames a hook again.
    for path in chain.left_out.iter().filter(|path| path.extension().is_some_and(|ending| ending == "old")) {
        store::remove(path)?;
    }
    let lefthook = place.work_tree.as_deref().and_then(Lefthook::find);
    // Only `pre-push` needs a job of lefthook. A commit message is checked by our `commit-msg` script alone.
    if let Some(lefthook) = lefthook.filter(|_| hook == Hook::PrePush) {
        installed.push(put_job(&lefthook, hook)?);
    }
    Ok(installed)
}

/// Puts our script at a path. If the hook of another program is there, it is moved aside.
fn put(place: &HooksPlace, hook: Hook, path: &Path, caller: Caller) -> Result<Installed, HookError> {
    let script = hook.script(place, path, caller)?;
    let before = moved_aside(path, hook);
    let existing = script::read(path)?;
    let ours = existing.as_ref().filter(|text| is_ours(text));
    if ours.is_some_and(|text| is_edited(text)) {
        return Err(HookError::Edited { hook: path.to_owned() });
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| HookError::Write { path, source }
    };
    let is_others = ours.is_none() && path.symlink_metadata().is_ok();
    if is_others {
        if before.symlink_metadata().is_ok() && !is_same_managers(&before, hook)? {
            return Err(HookError::TwoHooks { hook: path.to_owned(), before });
        }
        make_link(path, &before, hook)?;
        std::fs::rename(path, &before).map_err(failed(&before))?;
    }
    let unchanged = existing.as_deref() == Some(script.as_str());
    let written = if unchanged { Ok(()) } else { store::write(path, script.as_bytes()) };
    let executable = std::fs::Permissions::from_mode(0o755);
    let done = written
        .map_err(HookError::from)
        .and_then(|()| std::fs::set_permissions(path, executable).map_err(failed(path)));
    if let Err(error) = done {
        if is_others {
            // The hook that was there is put back.
            std::fs::rename(&before, path).map_err(failed(path))?;
        }
        return Err(error);
    }
    let before = Some(before).filter(|before| before.symlink_metadata().is_ok());
    let is_run = before.as_deref().is_none_or(|before| caller.runs(before));
    Ok(Installed { path: path.to_owned(), before, is_run, unchanged })
}

/// Makes the link by which a hook that is about to be moved aside can be run under its own name.
fn make_link(path: &Path, before: &Path, hook: Hook) -> Result<(), HookError> {
    let link = link(path, hook);
    let failed = |source| HookError::Write { path: link.clone(), source };
    if link.symlink_metadata().is_ok() {
        return Ok(());
    }
    std::fs::create_dir_all(link.parent().unwrap_or(path)).map_err(failed)?;
    let aside = Path::new("..").join(before.file_name().unwrap_or_default());
    std::os::unix::fs::symlink(aside, &link).map_err(failed)
}

/// Writes lefthook's local configuration with our job, unless one of lefthook's configuration files already calls the
/// program.
fn put_job(lefthook: &Lefthook, hook: Hook) -> Result<Installed, HookError> {
    if let Some(file) = lefthook.calling(hook)? {
        return Ok(Installed { path: file.to_owned(), before: None, is_run: true, unchanged: true });
    }
    let file = lefthook.local.clone();
    if file.exists() {
        return Err(HookError::Lefthook { file, job: JOB });
    }
    store::publish(&file, JOB.as_bytes())
        .map_err(|error| HookError::Write { path: file.clone(), source: std::io::Error::other(error) })?;
    Ok(Installed { path: file, before: None, is_run: true, unchanged: false })
}
