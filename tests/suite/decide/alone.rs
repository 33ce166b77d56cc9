//! What one person can do alone (ledger-schema/deployment.md, Who lifts a refusal). On random ledgers, one dishonest
//! person appends whatever they can sign, as themselves or as a service that they own, and lifts only the refusals that
//! the table lets them lift alone. A vote on another person's record would take two persons, so it is never tried.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::support::whole::WholeState;
use countersign::finding::Code;
use countersign::gate::{Decision, LedgerStanding, Wanted};
use countersign::record::Body;
use countersign::record::kind::receipt::{Answer, Outcome, PreviousFrom, Purpose, Receipt};
use countersign::record::kind::trust::Role;
use countersign::replay::Pushed;
use countersign::value::{CommitId, MemberName, Target, Targets};

use super::records::COMMITS;
use super::world::{Kept, World};
use crate::support::effort::{cases, seed};
use crate::support::question::commit;
use crate::support::second_gate::Asked;

/// The number of ledgers in a run, before `COUNTERSIGN_CASES`.
const CASES: usize = 60;
/// The number of entries of each ledger before the person acts alone.
const BEFORE: usize = 40;
/// The number of entries that the person then tries to append alone.
const ALONE: usize = 24;

/// The checks that must refuse at least once in a run, so that lifting the refusal is tried.
const REFUSING: [Code; 8] = [
    Code::NotPaused,
    Code::NoRepeatingExceptions,
    Code::OverridesDecided,
    Code::OverridesClosed,
    Code::ReviewsDone,
    Code::ReleaseApproved,
    Code::RollbackPlan,
    Code::RollbackTarget,
];

/// The persons, each with the members whose keys the person has.
const PEOPLE: [&[&str]; 5] = [&["alice", "ops"], &["bob", "vendor"], &["carol"], &["dave"], &["erin"]];

#[test]
fn nobody_alone_lifts_a_refusal_that_the_table_does_not_give_them() {
    let seeds = seed().map_or(0..u64::try_from(cases(CASES)).unwrap(), |seed| seed..seed + 1);
    let mut lifted: BTreeMap<String, usize> = BTreeMap::new();
    for seed in seeds {
        one_ledger(seed, &mut lifted);
    }
    for (what, count) in &lifted {
        eprintln!("{count:6} {what}");
    }
    if seed().is_none() {
        let refuses = |code: &&Code| lifted.contains_key(&format!("{code} refuses"));
        let missing: Vec<&Code> = REFUSING.iter().filter(|code| !refuses(code)).collect();
        assert!(missing.is_empty(), "nobody could try to lift these: {missing:?}");
    }
}

fn one_ledger(seed: u64, lifted: &mut BTreeMap<String, usize>) {
    let mut world = World::found_with(seed, Kept::Strict);
    for _ in 0..BEFORE {
        world.append();
    }
    let names = world.random.pick(&PEOPLE);
    let asked: Vec<Asked> = (0..4).map(|_| question(&mut world)).collect();
    let state = world.ledger.state();
    let before: Vec<BTreeSet<Code>> =
        asked.iter().map(|asked| failing(&asked.decide_fully(Some(&state)))).collect();
    for code in before.iter().flatten() {
        *lifted.entry(format!("{code} refuses")).or_default() += 1;
    }
    for _ in 0..ALONE {
        let author = world.random.pick(names);
        if world.random.one_in(4) {
            lie(&mut world, author);
        } else {
            world.append_alone(author, names);
        }
        let state = world.ledger.state();
        for (asked, before) in asked.iter().zip(&before) {
            let now = failing(&asked.decide_fully(Some(&state)));
            for code in before.iter().filter(|code| !now.contains(code)) {
                assert!(
                    is_given(*code, names, &state, &asked.question.target),
                    "COUNTERSIGN_SEED={seed}: {names:?} lifted {code}\n{}\n{}",
                    world.log(usize::MAX - 1),
                    asked.json(),
                );
                *lifted.entry(format!("{code} by {}", names[0])).or_default() += 1;
            }
        }
    }
    // When a ledger that has a head is dropped, the second verifier runs on it. Other tests do that with such ledgers,
    // so the head is removed here.
    world.ledger.parent = None;
}

/// A question about an expansion, with fixed facts, so that only the ledger can change its answer.
fn question(world: &mut World) -> Asked {
    let mut asked = world.question();
    asked.question.wanted = Wanted::Expansion;
    asked.question.artifacts = Vec::new();
    (asked.standing, asked.now, asked.clock) = (LedgerStanding::Sound, world.now, world.now);
    asked
}

fn failing(decision: &Decision) -> BTreeSet<Code> {
    let failing = decision.checks.iter().filter(|check| check.result == Outcome::Fail);
    failing.map(|check| check.code.code()).collect()
}

/// Appends a forged receipt: allowed without a decision, with a random previous commit and all approved redesigns.
fn lie(world: &mut World, author: &'static str) {
    let state = world.ledger.state();
    let asked = world.question();
    let target = asked.question.target.clone();
    let decision = Asked { standing: LedgerStanding::Sound, ..asked.clone() }.decide_fully(Some(&state));
    let Some(honest) = world.receipt_of(&asked, decision) else { return };
    let approved = state.redesigns().iter().filter(|redesign| redesign.approvals.effect().is_some());
    let redesigns: Vec<_> = approved.map(|redesign| redesign.id).collect();
    let previous: Option<CommitId> = world.random.sometimes(2, &COMMITS).map(commit);
    let receipt = Receipt {
        service: target.service,
        environment: target.environment,
        decision: Answer::Allowed,
        purpose: Purpose::Expansion,
        expires_at: Some(honest.at.plus_seconds(900)),
        previous_from: previous.as_ref().map(|_| PreviousFrom::Ref),
        r#ref: previous.as_ref().map(|_| "refs/heads/main".parse().unwrap()),
        previous,
        redesigns: redesigns.into(),
        ..honest
    };
    let pushed = world.push(author, Body::Receipt(Arc::new(receipt)));
    assert!(matches!(pushed, Pushed::Counted { .. }), "{pushed:?}");
}

/// Whether the table lets a person lift a refusal alone, as one of the members whose keys they have.
fn is_given(code: Code, names: &[&str], state: &WholeState, target: &Target) -> bool {
    let targets = Targets::from(target.clone());
    let has = |role: Role| {
        names.iter().any(|name| {
            let name = name.parse().unwrap();
            state.roster.coverage(&name, role, &targets) == countersign::trust::Coverage::Covered
        })
    };
    let is_own = |author: &MemberName| names.contains(&author.as_str());
    let is_approver = has(Role::Approver);
    match code {
        // The author of a pause may resume it, whatever roles they have.
        Code::NotPaused => {
            is_approver || has(Role::Admin) || state.pauses().iter().any(|pause| is_own(&pause.author))
        }
        Code::OverridesDecided | Code::OverridesClosed => {
            is_approver || state.exceptions().iter().any(|item| item.is_override() && is_own(&item.author))
        }
        Code::ReviewsDone => has(Role::Reviewer) || names.contains(&"carol") || names.contains(&"dave"),
        Code::CredentialsRevoked => is_approver || names.iter().any(|name| ["carol", "erin"].contains(name)),
        // Whoever may record outcomes or receipts is believed about what runs on the target and what never started.
        Code::RollbackTarget => has(Role::Reporter) || has(Role::Gate),
        // Whoever may record receipts is believed about which approved redesigns a deployment contains.
        Code::NoRepeatingExceptions | Code::RedesignEffective => {
            has(Role::Gate) && state.redesigns().iter().any(|redesign| redesign.approvals.effect().is_some())
        }
        _ => false,
    }
}
