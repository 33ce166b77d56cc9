//! The demo: a team's first refused and first allowed deployment, played with real programs in one directory.
//!
//! Input: a new or empty directory. Output: events, passed to a callback as they happen. They are the sentences of the
//! narration, the commands that are shown, and the output of these commands. Nothing outside the directory is written,
//! and no configuration outside it is read: each actor has a home of their own inside the directory.

mod script;
mod stage;

use std::path::Path;

use crate::environ;
use stage::Stage;

pub use stage::{DemoError, Event, Finished};

/// Plays the demo in a new or empty directory, and calls `tell` for each event.
pub fn play(directory: &Path, tell: &mut dyn FnMut(Event<'_>)) -> Result<Finished, DemoError> {
    let io = |action: &str| {
        let action = format!("{action} {}", directory.display());
        move |source| DemoError::Io { action, source }
    };
    std::fs::create_dir_all(directory).map_err(io("create"))?;
    if std::fs::read_dir(directory).map_err(io("read"))?.next().is_some() {
        return Err(DemoError::NotEmpty { path: directory.to_owned() });
    }
    let root = directory.canonicalize().map_err(io("find"))?;
    let program = environ::this_program()
        .map_err(|source| DemoError::Io { action: "find this program".to_owned(), source })?;
    for name in ["git", "ssh-keygen"] {
        environ::program(name).ok_or(DemoError::NoProgram(name))?;
    }
    script::play(&mut Stage { root, program, tell })
}
