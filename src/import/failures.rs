//! Collects the distinct failures of reports.

use std::collections::HashMap;

use super::wording;
use crate::value::{Ascii, Line};

/// A failure, which may have occurred more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFailure {
    /// A stable key: the same failure always has the same symptom.
    pub symptom: Ascii,
    /// The message of the first occurrence.
    pub summary: Line,
    /// The number of occurrences.
    pub occurrences: u64,
    /// The report that holds the first occurrence, and the place in that report.
    pub place: String,
}

/// Distinct failures by symptom, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Failures {
    file: String,
    found: Vec<ReportedFailure>,
    places: HashMap<Ascii, usize>,
    roots: Vec<String>,
}

/// Most distinct failures that can be recorded at once; they fill four entries. Records are permanent. If a run has
/// more failures than this, they have a common cause.
const MOST_DISTINCT_FAILURES: usize = 4_096;

impl Failures {
    /// Creates an empty collection. `roots` are folders, as absolute paths or URIs. The location of a failure below
    /// such a folder is made relative to that folder.
    #[must_use]
    pub fn below(roots: Vec<String>) -> Self {
        Self { roots, ..Self::default() }
    }

    /// The folders to which the locations of failures are made relative.
    pub(super) fn roots(&self) -> &[String] {
        &self.roots
    }

    /// Makes every path in a name relative to the root that it is below, if there is one.
    pub(super) fn without_roots(&self, name: &str) -> String {
        let roots =
            self.roots.iter().map(|root| root.strip_prefix("file://").unwrap_or(root).trim_end_matches('/'));
        roots.filter(|root| !root.is_empty()).fold(name.to_owned(), |name, root| without_root(&name, root))
    }

    /// Sets the file of the report whose failures are added from now on.
    pub fn begin(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    /// All distinct failures.
    pub fn found(&self) -> &[ReportedFailure] {
        &self.found
    }

    /// The number of failures, counting every occurrence.
    pub fn occurrences(&self) -> u64 {
        self.found.iter().fold(0, |sum, failure| failure.occurrences.saturating_add(sum))
    }

    /// Adds a failure that occurred `times` times, given its key, its message, and its place in the report. The error
    /// is a phrase that says why the failure cannot be added.
    pub(super) fn add(&mut self, key: &str, message: &str, times: u64, place: &str) -> Result<(), String> {
        let symptom = wording::symptom(key).ok_or("has no name to use as its symptom")?;
        if let Some(failure) = self.places.get(&symptom).and_then(|at| self.found.get_mut(*at)) {
            failure.occurrences = failure.occurrences.saturating_add(times);
            return Ok(());
        }
        if self.found.len() == MOST_DISTINCT_FAILURES {
            return Err(format!(
                "exceeds the {MOST_DISTINCT_FAILURES} distinct failures that can be recorded at once"
            ));
        }
        let summary = wording::line(message).or_else(|| wording::line(symptom.as_str()));
        let summary = summary.ok_or("has no text")?;
        let place = format!("{}:{place}", self.file);
        self.places.insert(symptom.clone(), self.found.len());
        self.found.push(ReportedFailure { symptom, summary, occurrences: times, place });
        Ok(())
    }
}

/// Removes a folder from the beginning of every path in a name. At the beginning of a path, the character before it is
/// one that cannot be part of a path.
fn without_root(name: &str, root: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some(at) = rest.find(root) {
        let (before, from) = rest.split_at(at);
        let after = from.get(root.len()..).unwrap_or_default();
        let before_path = before.strip_suffix("file://").unwrap_or(before);
        let last = out.chars().chain(before_path.chars()).last();
        let begins = last.is_none_or(|last| !last.is_alphanumeric() && !"/._-~\\".contains(last));
        if let Some(after) = after.strip_prefix('/').filter(|_| begins) {
            out.push_str(before_path);
            rest = after;
        } else {
            out.push_str(before);
            out.push_str(root);
            rest = after;
        }
    }
    out + rest
}
