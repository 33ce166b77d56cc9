//! Git hooks: where Git looks for them, which files are run, and how our hook is installed beside others.
//!
//! Every hook that ran before ours was installed still runs, in the way that Git runs hooks (githooks(5)). The order in
//! which hooks are installed does not matter.

mod before;
mod chain;
mod error;
mod hook;
mod install;
mod lefthook;
mod place;
mod program;
mod script;
mod uninstall;

pub use before::{Before, BeforeError};
pub use chain::{HookChain, HookRun};
pub use error::HookError;
pub use hook::{Hook, HooksOf};
pub use install::{Installed, install};
pub use place::{Caller, HooksPlace, is_for_everybody, is_inside};
pub use program::HookProgram;
pub use script::is_changed;
pub use uninstall::{Removed, uninstall};
