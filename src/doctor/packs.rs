//! The packs of the repository: whether they have so many objects that one index for all packs saves time.

use super::finding::Symptom;
use super::patient::Patient;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    if !patient.workspace.repository.has_large_indices() {
        return vec![Symptom::good("their indices are opened quickly")];
    }
    let found =
        "the packs have millions of objects; with one index for all packs, new entries are read sooner";
    vec![Symptom::note(found).next("git multi-pack-index write")]
}
