//! Reports of other programs.

mod reports;
