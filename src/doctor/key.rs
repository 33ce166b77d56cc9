//! The signing key: whether there is one, and whose it is.

use super::finding::Symptom;
use super::patient::{Patient, SignsAs};

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    vec![match &patient.identity {
        SignsAs::Member(name) => member(patient, name),
        SignsAs::Stranger if patient.is_server() => Symptom::note(
            "this server's key belongs to no member, so receipts have to come from whoever pushes",
        ),
        SignsAs::Stranger => Symptom::wrong(
            "your key belongs to no member: send it to an admin, who adds it with countersign trust add",
        )
        .next("countersign key show"),
        SignsAs::NoKey(why, _) if patient.is_server() => {
            Symptom::note(format!("{why}: receipts have to come from whoever pushes"))
        }
        SignsAs::NoKey(why, hints) => {
            let symptom = Symptom::wrong(why);
            match hints.first() {
                Some(hint) => symptom.next(hint.trim_start_matches("next: ")),
                None => symptom,
            }
        }
    }]
}

fn member(patient: &Patient<'_>, name: &crate::value::MemberName) -> Symptom {
    let roster = patient.loaded.replay.past().roster();
    let roles = roster.and_then(|roster| roster.member(name)).map(|member| {
        let roles: Vec<&str> = member.role.iter().map(|grant| grant.role.as_str()).collect();
        roles.join(", ")
    });
    match roles {
        Some(roles) => Symptom::good(format!("you sign as {name}: {roles}")),
        None => Symptom::note(format!(
            "you sign as {name}, who becomes a member only when an open proposal is approved"
        )),
    }
}
