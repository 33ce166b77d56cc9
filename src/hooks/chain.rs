//! Finds the files that are run when Git runs a hook: the hook's own file, and those that it runs in turn.

use std::path::{Path, PathBuf};

use super::hook::Hook;
use super::lefthook::Lefthook;
use super::place::{Caller, HooksPlace};
use super::program::{HookProgram, is_same_managers};
use super::script::{self, is_ours, moved_aside};
use crate::store::StoreError;

/// One file that is run, or skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRun {
    /// The file.
    pub path: PathBuf,
    /// The program that it belongs to.
    pub program: HookProgram,
    /// How many files are between Git and this one.
    pub depth: usize,
    /// Whether it is run: Git skips a file that is not executable.
    pub is_run: bool,
}

/// Every file that is run or skipped for a hook, in the order in which they start: a file comes before the one that it
/// runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookChain {
    /// The files.
    pub runs: Vec<HookRun>,
    /// The files that nothing runs: files of ours, and hooks that were moved aside for them.
    pub left_out: Vec<PathBuf>,
}

impl HookChain {
    /// Finds the files that are run.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn of(place: &HooksPlace, hook: Hook) -> Result<Self, StoreError> {
        let mut walk = HookWalk { place, hook, runs: Vec::new() };
        let first = place.directory.join(hook.name());
        walk.go(&first, Caller::Git, 0)?;
        let runs = walk.runs;
        let mut left_out = Vec::new();
        for path in Self::known_files(place, hook) {
            let is_run = runs.iter().any(|run| run.path == path);
            if !is_run && script::read(&path)?.is_some_and(|text| is_ours(&text)) {
                left_out.push(path.clone());
            }
            // If a tool has overwritten our script, or another directory is in use, the hook that our script would run
            // first is not run.
            let before = moved_aside(&path, hook);
            let is_run = runs.iter().any(|run| run.path == before);
            let is_known = left_out.contains(&before);
            if !is_run && !is_known && before.symlink_metadata().is_ok() && !is_same_managers(&before, hook)?
            {
                left_out.push(before);
            }
        }
        Ok(Self { runs, left_out })
    }

    /// Whether the gate is asked about every push.
    pub fn asks(&self) -> bool {
        self.runs.iter().any(|run| run.is_run && run.program == HookProgram::Countersign)
    }

    /// Whether a file that asks the gate is among those that are called, even if it is skipped.
    pub fn has_ours(&self) -> bool {
        let is_ours = |program| matches!(program, HookProgram::Countersign | HookProgram::LefthookJob);
        self.runs.iter().any(|run| is_ours(run.program))
    }

    /// Returns the paths at which our script may be: those at which it is installed, and those to which other tools
    /// move it.
    pub(super) fn known_files(place: &HooksPlace, hook: Hook) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for directory in [&place.directory, &place.usual] {
            for ending in ["", ".legacy", ".old"] {
                found.push(directory.join(format!("{}{ending}", hook.name())));
            }
        }
        found.extend(place.slots(hook).into_iter().map(|(path, _)| path));
        found.sort();
        found.dedup();
        found
    }
}

/// A walk along the files that run each other.
struct HookWalk<'a> {
    place: &'a HooksPlace,
    hook: Hook,
    runs: Vec<HookRun>,
}

impl HookWalk<'_> {
    fn go(&mut self, path: &Path, caller: Caller, depth: usize) -> Result<(), StoreError> {
        let Some(text) = script::read(path)?.filter(|_| self.runs.iter().all(|run| run.path != path)) else {
            return Ok(());
        };
        let program = HookProgram::of(&text, self.hook);
        let is_run = caller.runs(path);
        self.runs.push(HookRun { path: path.to_owned(), program, depth, is_run });
        if !is_run {
            return Ok(());
        }
        match program {
            HookProgram::Countersign if is_ours(&text) => {
                let before = moved_aside(path, self.hook);
                if is_same_managers(&before, self.hook)? {
                    return Ok(());
                }
                self.go(&before, caller, depth + 1)
            }
            HookProgram::PreCommit | HookProgram::Prek => {
                let legacy = path.with_file_name(format!("{}.legacy", self.hook.name()));
                self.go(&legacy, Caller::Git, depth + 1)
            }
            HookProgram::Lefthook => {
                let lefthook = self.place.work_tree.as_deref().and_then(Lefthook::find);
                if let Some(file) =
                    lefthook.as_ref().map(|lefthook| lefthook.calling(self.hook)).transpose()?.flatten()
                {
                    let program = HookProgram::LefthookJob;
                    self.runs.push(HookRun { path: file.to_owned(), program, depth: depth + 1, is_run });
                }
                Ok(())
            }
            HookProgram::Husky => {
                let above = path.parent().and_then(Path::parent).map(|above| above.join(self.hook.name()));
                above.map_or(Ok(()), |above| self.go(&above, Caller::Husky, depth + 1))
            }
            HookProgram::Countersign | HookProgram::LefthookJob | HookProgram::Other => Ok(()),
        }
    }
}
