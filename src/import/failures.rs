//! The distinct failures of reports.

use std::collections::HashMap;

use super::wording;
use crate::value::{Ascii, Line};

/// Something that failed, perhaps more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFailure {
    /// The key that is the same whenever the same thing fails.
    pub symptom: Ascii,
    /// What was said of it the first time.
    pub summary: Line,
    /// How often it failed.
    pub occurrences: u64,
    /// The file and the place in it, of the first time.
    pub place: String,
}

/// Failures, each symptom once, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Failures {
    file: String,
    found: Vec<ReportedFailure>,
    places: HashMap<Ascii, usize>,
}

/// Most distinct failures that are recorded at once: four entries. Records are for ever, and a run in which
/// more than this fails has one cause.
const DISTINCT: usize = 4_096;

impl Failures {
    /// What is added from here on stands in this file.
    pub fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// Every failure.
    pub fn found(&self) -> &[ReportedFailure] {
        &self.found
    }

    /// How many failures there were, with those that are the same.
    pub fn occurrences(&self) -> u64 {
        self.found.iter().map(|failure| failure.occurrences).sum()
    }

    /// Adds a failure, by its key, what was said of it, and its place in the file; or says why not.
    pub(super) fn add(&mut self, key: &str, said: &str, times: u64, place: &str) -> Result<(), String> {
        let symptom = wording::symptom(key).ok_or("has no name that could be its symptom")?;
        if let Some(failure) = self.places.get(&symptom).and_then(|at| self.found.get_mut(*at)) {
            failure.occurrences += times;
            return Ok(());
        }
        if self.found.len() == DISTINCT {
            return Err(format!(
                "is one failure more than the {DISTINCT} distinct ones that are recorded at once"
            ));
        }
        let summary = wording::line(said).or_else(|| wording::line(symptom.as_str()));
        let summary = summary.ok_or("says nothing")?;
        let place = format!("{}:{place}", self.file);
        self.places.insert(symptom.clone(), self.found.len());
        self.found.push(ReportedFailure { symptom, summary, occurrences: times, place });
        Ok(())
    }
}
