//! What an examination of the repository found.

use serde::Serialize;

use super::escape::escape;
use super::page::Page;
use super::style::Style;
use crate::doctor::{Health, Symptom};

/// The answer of `doctor`.
#[derive(Debug, Serialize)]
pub struct DoctorView {
    /// Whether nothing is wrong.
    pub well: bool,
    /// Each examination, in order.
    pub examinations: Vec<ExaminationView>,
}

/// An examination, with what it found.
#[derive(Debug, Serialize)]
pub struct ExaminationView {
    /// Its name.
    pub name: &'static str,
    /// What it found.
    pub found: Vec<Symptom>,
}

impl DoctorView {
    /// Makes the view of all examinations.
    pub fn new(examined: Vec<(&'static str, Vec<Symptom>)>) -> Self {
        let is_wrong = |symptom: &Symptom| symptom.health == Health::Wrong;
        let well = !examined.iter().any(|(_, found)| found.iter().any(is_wrong));
        let examinations =
            examined.into_iter().map(|(name, found)| ExaminationView { name, found }).collect();
        Self { well, examinations }
    }
}

/// Renders what was found as text.
pub fn doctor_text(view: &DoctorView) -> Page {
    let mut page = Page::default();
    for examination in &view.examinations {
        for (index, symptom) in examination.found.iter().enumerate() {
            let name = if index == 0 { examination.name } else { "" };
            let mark = match symptom.health {
                Health::Good => Style::Good.paint("ok"),
                Health::Note => Style::Strong.paint("--"),
                Health::Wrong => Style::Bad.paint("NO"),
            };
            page.wrapped(&format!("{mark}  {name:<8}  "), &escape(&symptom.found));
            if let Some(next) = &symptom.next {
                page.line(format!("    next: {}", escape(next)));
            }
        }
    }
    let wrong = view.examinations.iter().flat_map(|one| &one.found);
    let wrong = wrong.filter(|symptom| symptom.health == Health::Wrong).count();
    page.gap();
    page.line(match wrong {
        0 => "Nothing is wrong.".to_owned(),
        wrong => {
            format!("{} found.", crate::value::count(u64::try_from(wrong).unwrap_or(u64::MAX), "problem"))
        }
    });
    page
}
