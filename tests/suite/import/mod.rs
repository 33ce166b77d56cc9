//! Importing failures: from the gate, from a CI job, and from reports of other programs.

mod real_reports;
mod reports;
