//! Pipelines of forges, run by real runners.

mod check;
mod files;
mod generic;
mod github;
mod gitlab;
