//! What a change of trust or policy means.

use serde::Serialize;

use super::escape::escape;
use super::page::{Page, Style};
use crate::audit::{Change, Weight};

/// What `trust diff` and `policy diff` answer.
#[derive(Debug, Serialize)]
pub struct ChangeView {
    /// What the change weakens.
    pub weakens: Vec<String>,
    /// What else it changes.
    pub changes: Vec<String>,
    /// What it strengthens.
    pub strengthens: Vec<String>,
    /// Targets that it would block today, for the commit that was asked about.
    pub would_block: Vec<String>,
    /// Records that would no longer stand.
    pub would_fall: Vec<String>,
}

impl ChangeView {
    /// The view of some changes.
    pub fn new(changes: &[Change], would_block: Vec<String>, would_fall: Vec<String>) -> Self {
        let of = |weight: Weight| -> Vec<String> {
            changes
                .iter()
                .filter(|change| change.weight == weight)
                .map(|change| change.what.clone())
                .collect()
        };
        Self {
            weakens: of(Weight::Weakens),
            changes: of(Weight::Changes),
            strengthens: of(Weight::Strengthens),
            would_block,
            would_fall,
        }
    }
}

/// The changes as text: what would fall and what is weakened first.
pub fn change_text(view: &ChangeView) -> String {
    let mut page = Page::default();
    let lists = [
        ("would no longer stand", Style::Bad, &view.would_fall),
        ("weakens", Style::Bad, &view.weakens),
        ("changes", Style::Warn, &view.changes),
        ("strengthens", Style::Good, &view.strengthens),
        ("would block today", Style::Warn, &view.would_block),
    ];
    for (heading, style, lines) in lists {
        if !lines.is_empty() {
            page.line(style.paint(heading));
        }
        lines.iter().for_each(|line| page.wrapped("  ", &escape(line)));
    }
    if lists.iter().all(|(_, _, lines)| lines.is_empty()) {
        page.line("nothing changes but its version");
    }
    page.finish()
}
