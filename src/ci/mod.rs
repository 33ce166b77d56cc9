//! Pipelines: the files that have a forge ask the gate, deploy, and record what became of it.
//!
//! A forge is a file here, a line in [`Forge::ALL`] and one in `emit`. What its jobs run are the same few commands everywhere
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
