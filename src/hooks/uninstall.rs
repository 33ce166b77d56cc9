//! Removing our hooks, and putting back the hooks that were there before.

use std::path::{Path, PathBuf};

use super::chain::HookChain;
use super::error::HookError;
use super::hook::Hook;
use super::lefthook::{JOB, Lefthook};
use super::place::HooksPlace;
use super::program::is_same_managers;
use super::script::{self, is_edited, is_ours, link, moved_aside};
use crate::store::{self, StoreError};

/// Removes the links to hooks that were moved aside, and then their directory, unless something else is in it.
fn remove_links(link: &Path) -> Result<(), StoreError> {
    let Some(directory) = link.parent() else { return Ok(()) };
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            store::remove(&entry.path())?;
        }
    }
    _ = std::fs::remove_dir(directory);
    Ok(())
}

/// Puts back a hook that was moved aside for ours, if ours is gone and there is no other hook in its place.
fn put_back(path: &Path, hook: Hook) -> Result<Option<Removed>, HookError> {
    let before = moved_aside(path, hook);
    let is_its_place = path.file_name().is_some_and(|name| name == hook.name());
    if !is_its_place || path.symlink_metadata().is_ok() || before.symlink_metadata().is_err() {
        return Ok(None);
    }
    std::fs::rename(&before, path).map_err(|source| HookError::Write { path: path.to_owned(), source })?;
    remove_links(&link(path, hook))?;
    Ok(Some(Removed { path: path.to_owned(), is_restored: true, is_left: false }))
}

/// What was done at one path. A file of ours was removed, an earlier hook was put back, or both. Otherwise the file was
/// left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The path.
    pub path: PathBuf,
    /// Whether a hook that had been moved aside is at this path again.
    pub is_restored: bool,
    /// Whether the file was left as it is. That happens to a configuration of lefthook that calls the program, but is
    /// not exactly the one that we write.
    pub is_left: bool,
}

/// Removes our script of a hook from every path at which it may be, and puts back the hook that was moved aside for it.
/// Also removes lefthook's configuration with our job, if it holds nothing else.
///
/// # Errors
///
/// If a script of ours was edited, or a file cannot be read, moved or removed.
pub fn uninstall(place: &HooksPlace, hook: Hook) -> Result<Vec<Removed>, HookError> {
    let mut removed = Vec::new();
    for path in HookChain::known_files(place, hook) {
        let Some(text) = script::read(&path)?.filter(|text| is_ours(text)) else {
            removed.extend(put_back(&path, hook)?);
            continue;
        };
        if is_edited(&text) {
            return Err(HookError::Edited { hook: path });
        }
        let failed = |source| HookError::Write { path: path.clone(), source };
        let before = moved_aside(&path, hook);
        let is_there = before.symlink_metadata().is_ok();
        let is_restored = is_there && !is_same_managers(&before, hook)?;
        if is_restored {
            std::fs::rename(&before, &path).map_err(failed)?;
        } else {
            store::remove(&path)?;
            if is_there {
                store::remove(&before)?;
            }
        }
        remove_links(&link(&path, hook))?;
        removed.push(Removed { path, is_restored, is_left: false });
    }
    let lefthook = place.work_tree.as_deref().filter(|_| hook == Hook::PrePush).and_then(Lefthook::find);
    if let Some(file) = lefthook.as_ref().map(|lefthook| lefthook.calling(hook)).transpose()?.flatten() {
        let is_left = script::read(file)?.is_none_or(|text| text != JOB);
        if !is_left {
            store::remove(file)?;
        }
        removed.push(Removed { path: file.to_owned(), is_restored: false, is_left });
    }
    Ok(removed)
}
