//! Formats for other programs.

mod formats;
mod openmetrics;
