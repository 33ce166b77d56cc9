//! Writing the file of a pipeline, for each forge.

use super::forge::Forge;
use super::pipeline::Pipeline;
use super::{actions, generic, gitlab};

/// Writes the file of a pipeline.
pub fn emit(forge: Forge, pipeline: &Pipeline) -> String {
    match forge {
        Forge::Github => actions::emit(actions::Dialect::Github, pipeline),
        Forge::Gitea => actions::emit(actions::Dialect::Gitea, pipeline),
        Forge::Gitlab => gitlab::emit(pipeline),
        Forge::Generic => generic::emit(pipeline),
    }
}
