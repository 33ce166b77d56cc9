//! Examining a repository: whether everything that countersign depends on is as it should be.
//!
//! Each examination is a file, and a line in the list below. It returns what it found. For most of what is wrong, it
//! also names a command that mends it, or that says more about it. It changes nothing. The pipeline of a target is
//! examined separately, by [`examine_pipeline`].

mod clock;
mod finding;
mod hooks;
mod kept;
mod key;
mod ledger;
mod locks;
mod packs;
mod patient;
mod piped;
mod pipeline;
mod pipeline_file;
mod policy;
mod refs;
mod remote;

pub use finding::{Health, Symptom};
pub use patient::{Asks, Patient, SignsAs};
pub use piped::Piped;
pub use pipeline::{JOB_VARIABLES, branches, examine_pipeline, services};

/// An examination: its name, and the function that does it.
type DoctorStep = (&'static str, fn(&Patient<'_>) -> Vec<Symptom>);

/// All examinations, in the order in which they are shown.
const EXAMINATIONS: &[DoctorStep] = &[
    ("ledger", ledger::examine),
    ("remote", remote::examine),
    ("clock", clock::examine),
    ("key", key::examine),
    ("hooks", hooks::examine),
    ("policy", policy::examine),
    ("kept", kept::examine),
    ("refs", refs::examine),
    ("locks", locks::examine),
    ("packs", packs::examine),
];

/// Examines a repository. Returns the name of each examination and what it found, in order.
pub fn examine(patient: &Patient<'_>) -> Vec<(&'static str, Vec<Symptom>)> {
    EXAMINATIONS.iter().map(|(name, examine)| (*name, examine(patient))).collect()
}
