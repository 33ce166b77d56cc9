//! What a code means.

use serde::Serialize;

use super::page::{Page, Style};
use crate::finding::{Code, Explanation};

/// What `explain` answers of one code.
#[derive(Debug, Serialize)]
pub struct ExplanationView {
    /// The code.
    pub code: String,
    /// What kind of code it is.
    pub group: String,
    /// What it means.
    pub meaning: String,
    /// Why the rule is there.
    pub why: String,
    /// What to do.
    pub remedy: String,
}

impl From<Explanation> for ExplanationView {
    fn from(it: Explanation) -> Self {
        Self {
            code: it.code.to_string(),
            group: it.group.title().to_owned(),
            meaning: it.meaning.to_owned(),
            why: it.why.to_owned(),
            remedy: it.remedy.to_owned(),
        }
    }
}

/// Some codes explained, or all of them listed.
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
