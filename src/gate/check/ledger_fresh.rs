//! `ledger-fresh`: there is recent evidence for the head of the ledger, or none is needed because there is no remote.

use std::collections::BTreeSet;

use crate::finding::{CheckCode, Code};
use crate::gate::examination::Examination;
use crate::gate::outcome::{CheckAnswer, CheckOutcome, Next, outcome};
use crate::gate::{Freshness, RemoteAnswer};
use crate::policy::FreshnessRules;
use crate::record::kind::receipt::Outcome;
use crate::state::State;
use crate::value::{MemberName, Time};

pub(super) fn check(given: &Examination<'_>) -> CheckAnswer {
    freshness(given.state, &given.rules.freshness, &given.facts.freshness, given.facts.clock).into()
}

/// Evaluates whether the evidence for the head of a ledger is recent enough for a target with these rules.
pub fn freshness(state: &State, rules: &FreshnessRules, facts: &Freshness, now: Time) -> CheckOutcome {
    let skew = state.policy.clock_skew();
    if let Some(time) = state.ledger_time.filter(|time| now.plus(skew) < *time) {
        let found = format!("the clock shows {now}, but the ledger has records dated {time}");
        let next = Next::countersign(&["explain", Code::ClockBehind.as_str()]);
        return outcome(CheckCode::LEDGER_FRESH, Outcome::Fail, found).with_next(next);
    }
    let (result, found, next) = evaluate(rules, facts, now, now.plus(skew));
    let check = outcome(CheckCode::LEDGER_FRESH, result, found);
    match next {
        Some(next) => check.with_next(next),
        None => check,
    }
}

type FreshnessFound = (Outcome, String, Option<Next>);

fn evaluate(rules: &FreshnessRules, facts: &Freshness, now: Time, latest: Time) -> FreshnessFound {
    let max_age = rules.max_age;
    let recent = |at: Time| at > now.minus(max_age) && at <= latest;
    let needed = rules.witnesses.max(facts.witnesses);
    let persons = vouching(facts, &recent);
    let count = u64::try_from(persons.len()).unwrap_or(u64::MAX);
    let names: Vec<&str> = persons.iter().map(MemberName::as_str).collect();
    let fetch = || Some(Next::countersign(&["verify", "--sync"]));
    if needed > 0 {
        let found = format!("{count} of {needed} witnesses vouch for a head of the last {max_age}");
        let result = if count >= needed { Outcome::Pass } else { Outcome::Fail };
        return (result, found, if count >= needed { None } else { fetch() });
    }
    let not_asked = || (Outcome::Fail, format!("the remote was not asked within {max_age}"), fetch());
    match (facts.at_least, facts.remote) {
        _ if count > 0 => (Outcome::Pass, format!("vouched for by {}", names.join(", ")), None),
        (Some(at), _) if recent(at) => {
            (Outcome::Pass, format!("it contains the --at-least checkpoint of {at}"), None)
        }
        (Some(at), _) => {
            let found = format!("the lower bound is of {at}, which is not within the last {max_age}");
            (Outcome::Fail, found, fetch())
        }
        (None, RemoteAnswer::NoRemote) => (Outcome::Pass, "there is no remote to ask".to_owned(), None),
        (None, RemoteAnswer::NoLedger(at)) if recent(at) => {
            (Outcome::Warn, "the remote has no ledger yet".to_owned(), None)
        }
        (None, RemoteAnswer::At(at)) if recent(at) => {
            (Outcome::Warn, "only the remote vouches for the head".to_owned(), None)
        }
        (None, RemoteAnswer::OtherHead) => {
            let found = "the remote named a head that the ledger here does not contain".to_owned();
            (Outcome::Fail, found, fetch())
        }
        (None, RemoteAnswer::NeverAsked | RemoteAnswer::NoLedger(_) | RemoteAnswer::At(_)) => not_asked(),
    }
}

/// Returns the persons behind the witnesses that have cosigned recently. The person who signs the receipt is left out.
fn vouching(facts: &Freshness, recent: &dyn Fn(Time) -> bool) -> BTreeSet<MemberName> {
    let counts =
        |vouch: &&crate::witness::Vouch| recent(vouch.at) && facts.signer.as_ref() != Some(&vouch.person);
    facts.vouches.iter().filter(counts).map(|vouch| vouch.person.clone()).collect()
}
