//! Explanations of codes.

use serde::Serialize;

use super::page::Page;
use super::style::Style;
use crate::finding::{Code, Explanation, controls};

/// The answer of `explain` for one code.
#[derive(Debug, Serialize)]
pub struct ExplanationView {
    /// The code.
    pub code: String,
    /// The title of its group.
    pub group: String,
    /// Its meaning.
    pub meaning: String,
    /// The reason for the rule.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// The rows of frameworks that the check answers for, each with the name of its framework.
    pub answers_for: Vec<String>,
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        Self {
            code: explanation.code.to_string(),
            group: explanation.group.title().to_owned(),
            meaning: explanation.meaning.to_owned(),
            why: explanation.why.to_owned(),
            remedy: explanation.remedy.to_owned(),
            answers_for: answers_for(explanation.code),
        }
    }
}

/// Renders the explanations of some codes as text; without codes, a list of all codes.
pub fn explain_text(codes: &[Code]) -> Page {
    let mut page = Page::default();
    if codes.is_empty() {
        let mut group = None;
        for code in Code::ALL {
            let explanation = code.explanation();
            if group != Some(explanation.group) {
                if group.is_some() {
                    page.gap();
                }
                group = Some(explanation.group);
                page.line(Style::Strong.paint(explanation.group.title()));
            }
            page.wrapped(&format!("  {:<25}", code.as_str()), explanation.meaning);
        }
        return page;
    }
    for (index, code) in codes.iter().enumerate() {
        let explanation = code.explanation();
        if index > 0 {
            page.gap();
        }
        page.line(format!("{}: {}", Style::Strong.paint(code.as_str()), explanation.group.title()));
        page.wrapped("  means  ", explanation.meaning);
        page.wrapped("  why    ", explanation.why);
        page.wrapped("  do     ", explanation.remedy);
        for (index, row) in answers_for(*code).iter().enumerate() {
            page.wrapped(if index == 0 { "  for    " } else { "         " }, row);
        }
    }
    page
}

/// The rows of frameworks that a check answers for.
fn answers_for(code: Code) -> Vec<String> {
    let rows = controls().into_iter().filter(|control| control.checks.contains(&code.as_str()));
    rows.map(|control| format!("{}: {}", control.framework, control.row)).collect()
}
