//! The files that run when Git runs a hook, and which of them calls which.

use super::page::Page;
use crate::hooks::{Hook, HookChain, HookProgram, HooksPlace};
use crate::render::escape;

/// The hooks of a repository.
#[derive(Debug, Default, serde::Serialize)]
pub struct HooksView {
    /// Each hook.
    pub hooks: Vec<HookView>,
}

/// What is run for one hook.
#[derive(Debug, serde::Serialize)]
pub struct HookView {
    /// The name by which Git calls it.
    pub hook: &'static str,
    /// The directory in which Git looks for it.
    pub directory: String,
    /// Whether countersign is called each time that Git runs the hook.
    pub asks: bool,
    /// The files that are run, in the order in which they start.
    pub runs: Vec<HookRunView>,
    /// Hooks that nothing runs: those of countersign, and earlier hooks that they replaced.
    pub left_out: Vec<String>,
}

/// A file that is run, or ignored.
#[derive(Debug, serde::Serialize)]
pub struct HookRunView {
    /// The file.
    pub path: String,
    /// What it is.
    pub program: HookProgram,
    /// The number of files between Git and this one in the chain of calls.
    pub depth: usize,
    /// Whether it is run: Git ignores a hook that is not executable.
    pub is_run: bool,
}

impl HooksView {
    /// Adds a hook.
    pub fn add(&mut self, place: &HooksPlace, hook: Hook, chain: &HookChain) {
        let runs = chain.runs.iter().map(|run| HookRunView {
            path: place.shown(&run.path),
            program: run.program,
            depth: run.depth,
            is_run: run.is_run,
        });
        self.hooks.push(HookView {
            hook: hook.name(),
            directory: place.shown(&place.directory),
            asks: chain.asks(),
            runs: runs.collect(),
            left_out: chain.left_out.iter().map(|path| place.shown(path)).collect(),
        });
    }
}

/// Renders the hooks as text.
pub fn hooks_text(view: &HooksView) -> Page {
    let mut page = Page::default();
    for hook in &view.hooks {
        page.line(format!("{}, which Git looks for in {}:", hook.hook, escape(&hook.directory)));
        if hook.runs.is_empty() {
            page.line("  no hook");
        }
        for run in &hook.runs {
            let indent = "  ".repeat(run.depth + 1);
            let passed_over = if run.is_run { "" } else { ", not executable: Git skips it" };
            page.line(format!("{indent}{}  ({}{passed_over})", escape(&run.path), run.program.as_str()));
        }
        for path in &hook.left_out {
            page.line(format!("  {}  (nothing runs it)", escape(path)));
        }
        let is_asked = hook.hook != Hook::CommitMsg.name();
        match (is_asked, hook.asks) {
            (true, true) => page.line("The gate is asked about every push."),
            (true, false) => {
                page.line("The gate is not asked about every push. next: countersign hooks install");
            }
            (false, true) => page.line("Trailers are checked."),
            (false, false) => {
                page.line("Trailers are not checked. next: countersign hooks install --commit-msg");
            }
        }
    }
    page
}
