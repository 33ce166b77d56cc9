//! Other programs' reports.

mod reports;
