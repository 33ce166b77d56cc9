//! Refs that could be taken for the ledger's, or stand in its way.

use super::finding::Symptom;
use super::patient::Patient;
use crate::git::one_line;
use crate::receive::refused_name;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let ledger = patient.workspace.ledger_ref();
    let names = match patient.workspace.repository.ref_names() {
        Ok(names) => names,
        Err(error) => return vec![Symptom::wrong(one_line(&error))],
    };
    let refused = |name: &String| Some((name.clone(), refused_name(name, &ledger)?));
    let mut found: Vec<Symptom> = names
        .iter()
        .filter_map(refused)
        .map(|(name, why)| {
            Symptom::wrong(format!("{name}: {why}"))
                .next(format!("git update-ref -d {}", shell_words::quote(&name)))
        })
        .collect();
    if found.is_empty() {
        found.push(Symptom::good("no ref stands in the ledger's way, or looks like it"));
    }
    found
}
