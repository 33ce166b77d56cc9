//! Git hooks: where Git looks for them, who runs what, and how ours is put there beside the others.
//!
//! Whatever ran before still runs, as Git runs it (githooks(5)), whoever installs what first.

mod before;
mod chain;
mod error;
mod install;
mod lefthook;
mod place;
mod script;
mod uninstall;

pub use before::{Before, BeforeError};
pub use chain::{HookChain, HookProgram, HookRun};
pub use error::HookError;
pub use install::{Installed, install};
pub use place::{Caller, HooksPlace};
pub use script::Hook;
pub use uninstall::{Removed, uninstall};
