//! Reports of other programs.

mod real_reports;
mod reports;
