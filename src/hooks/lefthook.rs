//! Lefthook, which puts its own hook in place of any other, and runs the jobs of its configuration.

use std::path::{Path, PathBuf};

use super::hook::Hook;
use super::program::calls;
use super::script;
use crate::store::StoreError;

/// The paths of lefthook's main configuration files, from the top of the work tree, without their extensions.
const NAMES: &[&str] = &["lefthook", ".lefthook", ".config/lefthook"];
const FORMATS: &[&str] = &["yml", "yaml", "toml", "json", "jsonc"];

/// The job that asks the gate. It holds no path that is specific to one machine.
pub(super) const JOB: &str = "\
# Installed by `countersign hooks install`: asks the gate about what is pushed to a ref which a target of the
# policy names. Lefthook skips this job if a push changes no file.
pre-push:
  jobs:
    - name: countersign
      use_stdin: true
      run: |
        command -v countersign >/dev/null || {
          echo 'countersign: the program of this hook is not installed, so nothing is pushed.' >&2
          echo '  to get it: cargo install --path . in a clone of countersign' >&2
          exit 1
        }
        countersign hook pre-push --second -- '{1}' '{2}'
";

/// The configuration of lefthook in a work tree.
#[derive(Debug)]
pub(super) struct Lefthook {
    /// The configuration files that exist.
    files: Vec<PathBuf>,
    /// The path of the local configuration file, which is not shared with others. The file may not exist yet.
    pub(super) local: PathBuf,
}

impl Lefthook {
    /// Finds the configuration in the work tree `root`; `None` if there is none.
    pub(super) fn find(root: &Path) -> Option<Self> {
        let mut files = Vec::new();
        let mut local = None;
        for name in NAMES {
            for format in FORMATS {
                let main = root.join(format!("{name}.{format}"));
                let own = root.join(format!("{name}-local.{format}"));
                if main.is_file() || own.is_file() {
                    local = local.or_else(|| Some(root.join(format!("{name}-local.yml"))));
                }
                local = if own.is_file() { Some(own.clone()) } else { local };
                files.extend([main, own].into_iter().filter(|path| path.is_file()));
            }
        }
        Some(Self { files, local: local? })
    }

    /// Returns the first configuration file that calls the program for a hook; `None` if no file does.
    pub(super) fn calling(&self, hook: Hook) -> Result<Option<&Path>, StoreError> {
        for file in &self.files {
            if script::read(file)?.is_some_and(|text| calls(&text, hook)) {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }
}
