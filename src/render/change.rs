//! The effects of a proposed change of trust or policy.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use crate::audit::{Change, Weight};

/// The answer of `trust diff` and `policy diff`.
#[derive(Debug, Serialize)]
pub struct ChangeView {
    /// Rules that the change weakens.
    pub weakens: Vec<String>,
    /// Rules that it changes in another way.
    pub changes: Vec<String>,
    /// Rules that it strengthens.
    pub strengthens: Vec<String>,
    /// Targets that it would block today for the given commit.
    pub would_block: Vec<String>,
    /// Records that would no longer stand: their key would be distrusted (ledger-schema/verify.md).
    pub would_fall: Vec<String>,
}

impl ChangeView {
    /// Makes the view of a list of changes.
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

/// Renders the changes as text: records that would no longer stand and weakened rules come first.
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
        page.line("nothing changes except the version");
    }
    page.finish()
}
