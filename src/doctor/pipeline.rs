//! The pipeline of a target: whether everything that the pipeline needs is there, as far as a clone shows it.

use super::finding::Symptom;
use super::patient::Patient;
use super::piped::Piped;
use super::{pipeline_file, remote};
use crate::record::kind::trust::{Member, MemberType, Role};
use crate::state::State;
use crate::trust::Coverage;
use crate::value::{Target, TargetName, Targets};

/// The variables that every job needs, each with what goes wrong without it.
pub const JOB_VARIABLES: &[(&str, &str)] = &[
    ("COUNTERSIGN_LEDGER_ID", "nothing says which ledger is the right one"),
    ("COUNTERSIGN_AT_LEAST", "an older ledger would be believed"),
];

/// Examines what a pipeline needs. Returns the name of each examination and what it found, in order.
///
/// If the ledger has no state, only the ledger is examined. If the policy does not name the target, only that is
/// reported.
pub fn examine_pipeline(patient: &Patient<'_>, piped: &Piped<'_>) -> Vec<(&'static str, Vec<Symptom>)> {
    let Some(state) = &patient.state else {
        return vec![("ledger", super::ledger::examine(patient))];
    };
    if state.policy.target(piped.target.target()).is_none() {
        return vec![("target", target(state, piped))];
    }
    let mut ledger = super::ledger::examine(patient);
    ledger.extend(remote::examine(patient));
    ledger.extend(history(patient));
    let mut found = vec![
        ("target", target(state, piped)),
        ("service", service(state, piped)),
        ("ledger", ledger),
        (
            "pipeline",
            pipeline_file::examine(patient.workspace, &branches(state, piped.target.target()), piped),
        ),
    ];
    if let Some(lacking) = &piped.lacking {
        found.push(("job", job(lacking)));
    }
    let setup = format!("countersign ci setup {} {}", piped.forge.name(), piped.target);
    found.push((
        "forge",
        vec![
            Symptom::note("secrets, variables and branch rules cannot be seen from here; the next command says what they have to be")
                .next(setup),
        ],
    ));
    found
}

/// Returns the branches whose pushes deploy to a target, as patterns without `refs/heads/`.
pub fn branches(state: &State, target: &Target) -> Vec<String> {
    let refs = state.policy.target(target).map(|rules| rules.refs.as_slice()).unwrap_or_default();
    let branch = |pattern: &str| pattern.strip_prefix("refs/heads/").map(str::to_owned);
    refs.iter().filter_map(|pattern| branch(pattern.as_str())).collect()
}

/// Returns the services that may decide for a target: those that have the role `gate` for it.
pub fn services<'a>(state: &'a State, target: &Target) -> impl Iterator<Item = &'a Member> {
    let targets = Targets::from(target.clone());
    let is_gate = move |member: &&Member| {
        member.r#type == MemberType::Service
            && state.roster.coverage(&member.name, Role::Gate, &targets) == Coverage::Covered
    };
    state.roster.members().iter().filter(is_gate)
}

fn target(state: &State, piped: &Piped<'_>) -> Vec<Symptom> {
    let target = piped.target;
    let (name, environment) = (target.target(), &target.target().environment);
    if state.policy.target(name).is_none() {
        let names: Vec<String> =
            state.policy.targets().iter().map(|rules| TargetName::from(rules.target()).to_string()).collect();
        return vec![
            Symptom::wrong(format!("the policy has no target {target}; it has: {}", names.join(", ")))
                .next(format!("countersign policy target add {target} --ref refs/heads/{environment}")),
        ];
    }
    match branches(state, name).as_slice() {
        [] => vec![
            Symptom::wrong(format!("no branch deploys to {target}"))
                .next(format!("countersign policy target set {target} --ref refs/heads/{environment}")),
        ],
        branches => vec![Symptom::good(format!("{target} is deployed from {}", branches.join(", ")))],
    }
}

fn service(state: &State, piped: &Piped<'_>) -> Vec<Symptom> {
    let names: Vec<String> =
        services(state, piped.target.target()).map(|member| member.name.to_string()).collect();
    if names.is_empty() {
        return vec![Symptom::wrong(format!("no service may decide for {}", piped.target)).next(format!(
            "countersign ci setup {} {}",
            piped.forge.name(),
            piped.target
        ))];
    }
    vec![Symptom::good(format!("{} may decide for {}", names.join(", "), piped.target))]
}

/// Reports a shallow clone, which lacks history that the gate needs.
fn history(patient: &Patient<'_>) -> Option<Symptom> {
    let is_shallow = patient.workspace.repository.common_directory().join("shallow").exists();
    is_shallow.then(|| {
        Symptom::wrong("the clone is shallow, so the gate cannot tell what a commit contains")
            .next("git fetch --unshallow")
    })
}

fn job(lacking: &[&str]) -> Vec<Symptom> {
    let said = |(name, otherwise): &(&str, &str)| {
        if lacking.contains(name) {
            Symptom::wrong(format!("{name} is not set, so {otherwise}"))
        } else {
            Symptom::good(format!("{name} is set"))
        }
    };
    JOB_VARIABLES.iter().map(said).collect()
}
