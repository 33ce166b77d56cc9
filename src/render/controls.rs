//! Controls: the rows of compliance frameworks, and what answers for each.

use serde::Serialize;

use super::page::Page;
use super::style::Style;
use crate::finding::Control;

/// A row of a framework, and what answers for it.
#[derive(Debug, Serialize)]
pub struct ControlView {
    /// The framework.
    pub framework: String,
    /// The row.
    pub row: String,
    /// The checks that answer for it.
    pub checks: Vec<String>,
    /// The kinds of records that answer for it.
    pub records: Vec<String>,
    /// The commands that answer for it.
    pub commands: Vec<String>,
    /// The part of the row that nothing answers for.
    pub not_answered: String,
}

impl From<Control> for ControlView {
    fn from(control: Control) -> Self {
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        Self {
            framework: control.framework.to_owned(),
            row: control.row,
            checks: owned(control.checks),
            records: owned(control.records),
            commands: owned(control.commands),
            not_answered: control.not_answered,
        }
    }
}

/// Renders rows as text, framework by framework.
pub fn controls_text(views: &[ControlView]) -> Page {
    let mut page = Page::default();
    let mut framework = "";
    for view in views {
        if view.framework != framework {
            if !framework.is_empty() {
                page.gap();
            }
            framework = &view.framework;
            page.line(Style::Strong.paint(framework));
        }
        page.wrapped("  ", &view.row);
        for (first, words) in
            [("checks    ", &view.checks), ("records   ", &view.records), ("commands  ", &view.commands)]
        {
            if !words.is_empty() {
                page.wrapped(&format!("    {first}"), &words.join(", "));
            }
        }
        if !view.not_answered.is_empty() {
            page.wrapped("    open      ", &view.not_answered);
        }
    }
    page
}
