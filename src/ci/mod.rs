//! Pipelines: the files with which a forge asks the gate, deploys, and records the outcome.
//!
//! A forge is a file here, a line in [`Forge::ALL`] and one in `emit`. The jobs of all forges run the same few commands
//! (`script`). Text in, text out; nothing is read or written.

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
