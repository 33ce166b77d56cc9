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
    /// Whether it is run, rather than skipped. Git skips a file that is not executable.
    pub is_run: bool,
}

/// The files that are run or skipped for a hook, and the files that should be run for it but are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookChain {
    /// The files that are run or skipped. A file comes before the file that it runs.
    pub runs: Vec<HookRun>,
    /// The files that nothing runs. Each is a script of ours, or a hook that was moved aside for one.
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
            // If a tool has overwritten our script, or Git now looks in another directory, nothing runs the hook that
            // was moved aside for our script.
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

    /// Whether the program is called each time that Git runs the hook. A job of lefthook does not count, because
    /// lefthook skips it for some pushes.
    pub fn asks(&self) -> bool {
        self.runs.iter().any(|run| run.is_run && run.program == HookProgram::Countersign)
    }

    /// Whether one of the files that are run or skipped calls the program.
    pub fn has_ours(&self) -> bool {
        let is_ours = |program| matches!(program, HookProgram::Countersign | HookProgram::LefthookJob);
        self.runs.iter().any(|run| is_ours(run.program))
    }

    /// Returns the paths at which our script may be. It may have been installed at such a path, or another tool may
    /// have moved it there.
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

/// A walk from each hook file to the file that it runs.
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
