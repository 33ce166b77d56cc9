//! The clock: whether it is behind the dates of records.

use super::finding::Symptom;
use super::patient::Patient;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let Some(state) = &patient.state else { return Vec::new() };
    let now = patient.now;
    let skew = state.policy.clock_skew();
    vec![match state.ledger_time {
        Some(time) if now.plus(skew) < time => {
            Symptom::wrong(format!("it shows {now}, and the ledger has records dated {time}"))
                .next("timedatectl status")
        }
        Some(_) | None => Symptom::good(format!("it shows {now}, which fits the records")),
    }]
}
