//! Refs that could be taken for the ledger's, or stand in its way.

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
    // What a clone has fetched is its own matter.
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
        found.push(Symptom::good("no ref stands in the ledger's way, or looks like it"));
    }
    found
}

/// The command that takes a ref out of the way and loses nothing: a branch gets another name, and of a symbolic ref only
/// the alias goes.
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

/// On a server, other names of refs: what is pushed to one of them moves another ref.
fn aliases(patient: &Patient<'_>, names: &[String]) -> Vec<Symptom> {
    let is_alias = |name: &&String| patient.is_server() && is_symbolic(patient, name);
    let aliases = names.iter().filter(is_alias);
    aliases
        .map(|name| Symptom::note(format!("{name} is another name of a ref: pushes to it are refused")))
        .collect()
}
