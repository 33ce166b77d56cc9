//! Formats for other programs.

pub(super) mod formats;
mod openmetrics;
mod promtool;
