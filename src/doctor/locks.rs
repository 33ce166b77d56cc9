//! Lock files that a process left behind. While a lock exists, Git refuses to write the file that the lock protects.

use std::path::{Path, PathBuf};

use super::finding::Symptom;
use super::patient::Patient;
use crate::value::{PathPattern, Time};

/// A lock counts as left behind if it is at least this old, in seconds. Git holds a lock only for moments.
const OLD: i64 = 600;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let repository = &patient.workspace.repository;
    let common = repository.common_directory();
    let ledger = format!("{}.lock", patient.workspace.ledger_ref());
    let tracking = format!("{}.lock", patient.workspace.tracking_ref());
    let mut places: Vec<PathBuf> = [&*ledger, &*tracking, "packed-refs.lock", "config.lock"]
        .iter()
        .map(|name| common.join(name))
        .collect();
    let refs =
        patient.state.iter().flat_map(|state| state.policy.targets()).flat_map(|rules| rules.refs.iter());
    // Only a full ref name leads to a lock file; a pattern with `*` does not.
    let full = refs.map(PathPattern::as_str).filter(|name| !name.contains('*'));
    places.extend(full.map(|name| common.join(format!("{name}.lock"))));
    places.extend(["HEAD.lock", "index.lock"].map(|name| repository.git_directory().join(name)));
    let mut found: Vec<Symptom> = places.iter().filter_map(|path| stale(path, patient.now)).collect();
    if found.is_empty() {
        found.push(Symptom::good("no lock of Git was left behind"));
    }
    found
}

fn stale(path: &Path, now: Time) -> Option<Symptom> {
    let changed = path.symlink_metadata().ok()?.modified().ok()?;
    let changed = changed.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    let age = now.unix().saturating_sub(i64::try_from(changed).unwrap_or(i64::MAX));
    let shown = path.display().to_string();
    if age < OLD {
        return Some(Symptom::note(format!("{shown} is {age} s old: a process may still hold it")));
    }
    let minutes = age / 60;
    Some(
        Symptom::wrong(format!(
            "{shown} is {minutes} minutes old: if no git runs here, a process left it behind"
        ))
        .next(format!("rm {}", shell_words::quote(&shown))),
    )
}
