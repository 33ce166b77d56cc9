//! Explanations of codes.

use serde::Serialize;

use super::page::Page;
use super::style::Style;
use crate::finding::{Code, Explanation};

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
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        Self {
            code: explanation.code.to_string(),
            group: explanation.group.title().to_owned(),
            meaning: explanation.meaning.to_owned(),
            why: explanation.why.to_owned(),
            remedy: explanation.remedy.to_owned(),
        }
    }
}

/// Renders the explanations of some codes as text; without codes, a list of all codes.
pub fn explain_text(codes: &[Code]) -> String {
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
        return page.finish();
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
    }
    page.finish()
}
