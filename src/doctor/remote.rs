//! The ledger's remote: where pushes go, whether the remote answers and has the same ledger, and when it was last
//! asked.

use super::finding::Symptom;
use super::patient::{Asks, Patient};
use crate::git::one_line;
use crate::ledger::last_asked;
use crate::value::CommitId;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Symptom> {
    let workspace = patient.workspace;
    if patient.is_server() {
        return vec![Symptom::good("this is a bare repository: others push to it")];
    }
    let (remote, config) = (workspace.config.ledger_remote(), &workspace.config);
    if config.ledger_remote_url().is_none() {
        return vec![Symptom::note(format!("the ledger has no remote ({remote}), so nobody else sees it"))];
    }
    let mut found = vec![where_pushes_go(patient, remote)];
    match patient.asks {
        Asks::TheRemote => found.push(answer(patient, remote)),
        Asks::Nobody => {}
    }
    found.push(age(patient, remote));
    found
}

fn where_pushes_go(patient: &Patient<'_>, remote: &str) -> Symptom {
    match patient.workspace.repository.pushes_where_it_asks(remote) {
        Ok(true) => Symptom::good(format!("pushes to {remote} go where it is fetched from")),
        Ok(false) => Symptom::wrong(format!("pushes to {remote} do not go where it is fetched from"))
            .next(format!("git config --get-regexp remote.{remote}.pushurl")),
        Err(error) => Symptom::wrong(one_line(&error)),
    }
}

fn answer(patient: &Patient<'_>, remote: &str) -> Symptom {
    let workspace = patient.workspace;
    let (name, within) = (workspace.ledger_ref(), workspace.config.remote_timeout());
    match workspace.repository.remote_refs(remote, &[&name], within) {
        Err(error) => Symptom::wrong(format!("{remote} does not answer: {}", error.of_remote())),
        Ok(there) => match there.get(&name) {
            None => Symptom::wrong(format!("{remote} has no ledger")).next("countersign sync"),
            Some(head) => ahead_or_behind(patient, remote, head),
        },
    }
}

fn ahead_or_behind(patient: &Patient<'_>, remote: &str, head: &CommitId) -> Symptom {
    let loaded = patient.loaded;
    if !loaded.has_read(head).unwrap_or(false) {
        return Symptom::wrong(format!("{remote} has entries that are not here")).next("countersign sync");
    }
    if loaded.head.as_ref() != Some(head) {
        return Symptom::wrong(format!("{remote} lacks entries that are here")).next("countersign sync");
    }
    Symptom::good(format!("{remote} has the same ledger"))
}

fn age(patient: &Patient<'_>, remote: &str) -> Symptom {
    let Some(asked) = last_asked(patient.workspace) else {
        return Symptom::wrong(format!(
            "{remote} was never asked, or the stored answer could not be authenticated"
        ))
        .next("countersign verify --sync");
    };
    let age = patient.now.since(asked.at);
    let longest = patient.state.as_ref().map(|state| {
        let targets =
            state.policy.targets().iter().map(crate::record::kind::policy::TargetRules::target).collect();
        state.policy.strictest(&targets).freshness.max_age
    });
    let said = format!("{remote} was last asked at {}", asked.at);
    match longest.filter(|longest| age > longest.seconds()) {
        Some(longest) => {
            Symptom::wrong(format!("{said}, longer ago than the {longest} that the policy allows"))
                .next("countersign verify --sync")
        }
        None => Symptom::good(said),
    }
}
