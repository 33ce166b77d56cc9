//! The script that sets up what a pipeline needs. Somebody reads the script, and runs it once, before the first run of
//! the pipeline.

mod forges;
mod github;
mod gitlab;
mod page;

use super::forge::Forge;
use super::pipeline::Pipeline;
use page::SetupPage;

pub use page::SetupFacts;

/// Writes the script.
pub fn setup(forge: Forge, pipeline: &Pipeline, facts: &SetupFacts) -> String {
    let page = SetupPage { pipeline, facts };
    match forge {
        Forge::Github => github::setup(&page),
        Forge::Gitlab => gitlab::setup(&page),
        Forge::Gitea => forges::gitea(&page),
        Forge::Generic => forges::generic(&page),
    }
}
