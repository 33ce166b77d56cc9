//! Pipelines: the files with which a forge asks the gate, deploys, and records the outcome.
//!
//! For each [`Forge`], `emit` writes the file of the pipeline, and `setup` the script that prepares the forge. The jobs
//! of all forges run the same few commands (`script`). Everything here turns settings into text, and touches no file.

mod actions;
mod emit;
mod forge;
mod generic;
mod gitlab;
mod pipeline;
mod script;
mod setup;
mod yaml;

pub use emit::emit;
pub use forge::Forge;
pub use pipeline::{Merging, Pipeline};
pub use script::{GATE_KEY, KEY, TOKEN};
pub use setup::{SetupFacts, setup};
