//! The ledger: whether it is sound, and where the id of the right ledger comes from.

use super::finding::Symptom;
use super::patient::Patient;
use crate::finding::Code;
use crate::ledger::Anchored;
use crate::value::count;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let loaded = patient.loaded;
    let past = loaded.replay.past();
    let mut found = Vec::new();
    found.push(match loaded.standing.fault() {
        None => Symptom::good(format!("it is sound, with {}", count(past.size(), "record"))),
        Some((Code::Absent, _)) if loaded.anchored.id().is_some() => {
            let push = patient.workspace.share_command();
            let found = format!("it was here, and is gone; restore it from a clone that has it: {push}");
            return vec![Symptom::wrong(found)];
        }
        Some((Code::Absent, _)) if patient.is_server() => {
            return vec![Symptom::note("there is none yet; the first push of a ledger brings it")];
        }
        Some((Code::Absent, _)) => {
            let has_remote = patient.workspace.config.ledger_remote_url().is_some();
            let next = if has_remote { "countersign verify --sync" } else { "countersign init" };
            return vec![Symptom::wrong("there is none here").next(next)];
        }
        Some((code, why)) => {
            Symptom::wrong(format!("{code}: {why}")).next(format!("countersign explain {code}"))
        }
    });
    found.push(match &loaded.anchored {
        Anchored::By { source, .. } => Symptom::good(format!("its id comes from {}", source.words())),
        Anchored::Disagreeing(one, other) => {
            Symptom::wrong(format!("{} and {} name different ledgers", one.words(), other.words()))
        }
        Anchored::No => Symptom::wrong(
            "no ledger id is known here, so nothing says which ledger is the right one",
        )
        .next(match past.ledger_id() {
            // Only the ledger itself claims this id, so a person has to compare it with a trusted source.
            Some(id) => format!("countersign verify --ledger-id {id}"),
            None => "countersign init".to_owned(),
        }),
    });
    found.extend(loaded.notes.iter().map(Symptom::note));
    found
}
