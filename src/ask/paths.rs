//! Finds the path patterns of a policy that match no file of this repository.

use crate::git::GitError;
use crate::record::kind::policy::Policy;
use crate::workspace::Workspace;

/// Returns an objection, as (field, message), for each path pattern of a policy that matches no file of HEAD. A pattern
/// is not checked if the policy in force has it already, or if its target names a repository. In a repository without a
/// commit, nothing is checked.
///
/// # Errors
///
/// If the files of HEAD cannot be read.
pub fn unmatched_paths(
    workspace: &Workspace,
    policy: &Policy,
    in_force: Option<&Policy>,
) -> Result<Vec<(String, String)>, GitError> {
    if policy.target.iter().all(|target| target.paths.is_empty()) {
        return Ok(Vec::new());
    }
    let Ok(head) = workspace.repository.resolve("HEAD") else { return Ok(Vec::new()) };
    let files = workspace.repository.files(&head)?;
    let known = |pattern| {
        in_force.is_some_and(|policy| policy.target.iter().any(|target| target.paths.contains(pattern)))
    };
    let mut found = Vec::new();
    // If a target names a repository, the code may be in a repository other than this one.
    let here = policy.target.iter().enumerate().filter(|(_, target)| target.repository.is_none());
    for (index, target) in here {
        for pattern in target.paths.iter().filter(|pattern| !known(*pattern)) {
            if files.iter().any(|file| pattern.matches(file)) {
                continue;
            }
            let directory = format!("{}/", pattern.as_str().trim_end_matches('/'));
            let is_directory = files.iter().any(|file| file.starts_with(directory.as_bytes()));
            let message = if is_directory {
                format!("has \"{pattern}\", which is a directory, not a file: write \"{directory}**\"")
            } else {
                format!("has \"{pattern}\", which matches no file of HEAD")
            };
            found.push((format!("policy.target[{index}].paths"), message));
        }
    }
    Ok(found)
}
