//! The effects of a proposed change of trust or policy.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use crate::ask::Consequences;
use crate::audit::Weight;

/// The answer of `trust diff` and `policy diff`.
#[derive(Debug, Serialize)]
pub struct ChangeView {
    /// Ways in which the change would open a target that is closed today, or would leave such a target out
    /// without a successor.
    pub opens: Vec<String>,
    /// Plans, grants and duties that end because the change leaves out a member.
    pub ends: Vec<String>,
    /// Rules that the change weakens.
    pub weakens: Vec<String>,
    /// Rules that the change alters, but neither weakens nor strengthens.
    pub changes: Vec<String>,
    /// Rules that the change strengthens.
    pub strengthens: Vec<String>,
    /// Targets that the change would block today for the given commit.
    pub would_block: Vec<String>,
    /// Records that would no longer stand: their key would be distrusted (ledger-schema/verify.md).
    pub would_fall: Vec<String>,
}

impl ChangeView {
    /// Makes the view of the consequences of a proposal. `would_fall` describes each record that would no longer stand.
    pub fn new(found: Consequences, would_fall: Vec<String>) -> Self {
        let Consequences { opens, ends, changes, would_block, .. } = found;
        let of = |weight: Weight| -> Vec<String> {
            changes
                .iter()
                .filter(|change| change.weight == weight)
                .map(|change| change.what.clone())
                .collect()
        };
        Self {
            opens,
            ends,
            weakens: of(Weight::Weakens),
            changes: of(Weight::Changes),
            strengthens: of(Weight::Strengthens),
            would_block,
            would_fall,
        }
    }
}

/// Renders the effects as text. Those that make the ledger less strict, or take something away, come first.
pub fn change_text(view: &ChangeView) -> Page {
    let mut page = Page::default();
    let lists = [
        ("would no longer stand", Style::Bad, &view.would_fall),
        ("opens", Style::Bad, &view.opens),
        ("ends", Style::Warn, &view.ends),
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
    page
}
