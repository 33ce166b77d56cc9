//! Refs that could be mistaken for the ledger's ref, or that conflict with it; on a server also symbolic refs.

use super::finding::Symptom;
use super::patient::Patient;
use crate::git::{GitError, one_line};
use crate::receive::refused_name;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let ledger = patient.workspace.ledger_ref();
    let names = match patient.workspace.repository.ref_names() {
        Ok(names) => names,
        Err(error) => return vec![Symptom::wrong(one_line(&error))],
    };
    // Git itself writes a clone's `refs/remotes/`; such names are refused only in pushes.
    let is_own = |name: &String| name.starts_with("refs/remotes/");
    let refused =
        |name: &String| Some((name.clone(), refused_name(name, &ledger).filter(|_| !is_own(name))?));
    let mut found: Vec<Symptom> = names
        .iter()
        .filter_map(refused)
        .map(|(name, why)| Symptom::wrong(format!("{name}: {why}")).next(out_of_the_way(patient, &name)))
        .collect();
    found.extend(aliases(patient, &names));
    if found.is_empty() {
        found.push(Symptom::good("no ref conflicts with the ledger's ref, or looks like it"));
    }
    found
}

/// Returns the command that takes a ref out of the way. A symbolic ref is deleted, but not the ref that it names. A
/// branch is renamed, so that its commits are kept. Any other ref is deleted.
fn out_of_the_way(patient: &Patient<'_>, name: &str) -> String {
    let quoted = shell_words::quote(name);
    if is_symbolic(patient, name) {
        return format!("git symbolic-ref --delete {quoted}");
    }
    match name.strip_prefix("refs/heads/") {
        Some(branch) => {
            let renamed = format!("renamed-{branch}");
            format!("git branch -m {} {}", shell_words::quote(branch), shell_words::quote(&renamed))
        }
        None => format!("git update-ref --no-deref -d {quoted}"),
    }
}

fn is_symbolic(patient: &Patient<'_>, name: &str) -> bool {
    matches!(patient.workspace.repository.ref_head(name), Err(GitError::SymbolicRef { .. }))
}

/// Notes the symbolic refs of a server, because a push to a symbolic ref would move the ref that it names.
fn aliases(patient: &Patient<'_>, names: &[String]) -> Vec<Symptom> {
    let is_alias = |name: &&String| patient.is_server() && is_symbolic(patient, name);
    let aliases = names.iter().filter(is_alias);
    aliases
        .map(|name| {
            Symptom::note(format!(
                "{name} is an alias (symbolic ref) of another ref: pushes to it are refused"
            ))
        })
        .collect()
}
