//! Git's hooks: whether they ask the gate and, if not, what prevents them from asking.

use super::finding::Symptom;
use super::patient::Patient;
use crate::git::one_line;
use crate::hooks::{Hook, HookChain, HooksOf, HooksPlace, is_changed};

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let place = match HooksPlace::of(patient.workspace) {
        Ok(place) => place,
        Err(error) => return vec![Symptom::wrong(one_line(&error))],
    };
    let side = if patient.is_server() { HooksOf::Server } else { HooksOf::Clone };
    let is_there = |hook: Hook| HookChain::of(&place, hook).is_ok_and(|chain| chain.asks());
    // A server whose `update` hook asks the gate about each ref needs no `pre-receive`.
    let instead =
        |hook: Hook| if hook == Hook::PreReceive && is_there(Hook::Update) { Hook::Update } else { hook };
    Hook::of(side).iter().flat_map(|hook| one(&place, instead(*hook))).collect()
}

fn one(place: &HooksPlace, hook: Hook) -> Vec<Symptom> {
    let chain = match HookChain::of(place, hook) {
        Ok(chain) => chain,
        Err(error) => return vec![Symptom::wrong(one_line(&error))],
    };
    let mut found = Vec::new();
    if chain.asks() {
        found.push(Symptom::good(format!("{} calls countersign", hook.name())));
    } else {
        let first = chain.runs.first().map(|run| place.shown(&run.path));
        let instead = first.map_or(String::new(), |path| format!(": Git runs {path}"));
        found.push(
            Symptom::wrong(format!("{} does not call countersign{instead}", hook.name()))
                .next("countersign hooks install"),
        );
    }
    let edited = chain.runs.iter().filter(|run| is_changed(&run.path));
    found.extend(edited.map(|run| {
        let path = place.shown(&run.path);
        Symptom::wrong(format!("{path} is countersign's, and was edited: it may no longer ask the gate"))
            .next(format!("countersign hooks print {}", hook.name()))
    }));
    found.extend(chain.left_out.iter().map(|path| {
        Symptom::wrong(format!("nothing runs {}", place.shown(path))).next("countersign hooks status")
    }));
    found
}
