//! The demo: a team's first refused and first allowed deployment, with real programs in a scratch directory.
//!
//! A directory comes in; every command that is run, and what it printed, goes to the caller as it
//! happens. Nothing outside the directory is read or written: each actor has a home of their own.

mod script;
mod stage;

use std::path::Path;

use crate::environ;
use stage::Stage;

pub use stage::{DemoError, Event, Finished};

/// Plays the demo in a directory that is new or empty.
pub fn play(directory: &Path, tell: &mut dyn FnMut(Event<'_>)) -> Result<Finished, DemoError> {
    let io = |action: &str| {
        let action = format!("{action} {}", directory.display());
        move |source| DemoError::Io { action, source }
    };
    std::fs::create_dir_all(directory).map_err(io("make"))?;
    if std::fs::read_dir(directory).map_err(io("read"))?.next().is_some() {
        return Err(DemoError::NotEmpty { path: directory.to_owned() });
    }
    let root = directory.canonicalize().map_err(io("find"))?;
    let program = environ::this_program().map_err(io("find this program for"))?;
    for name in ["git", "ssh-keygen"] {
        environ::program(name).ok_or(DemoError::NoProgram(name))?;
    }
    script::play(&mut Stage { root, program, tell })
}
