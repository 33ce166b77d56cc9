//! `ledger-fresh`: something recent vouches for the head of the ledger.

use std::collections::BTreeSet;

use super::{Examination, outcome};
use crate::finding::Code;
use crate::gate::{CheckOutcome, Next};
use crate::record::kind::receipt::Outcome;
use crate::value::{MemberName, Time};

pub(super) fn check(it: &Examination<'_>) -> Option<CheckOutcome> {
    let (now, skew) = (it.facts.now, it.state.policy.clock_skew());
    if let Some(time) = it.state.ledger_time.filter(|time| now.plus(skew) < *time) {
        let found = format!("this clock says {now}, and people have dated records {time} already");
        let next = Next::countersign(&["explain", Code::ClockBehind.as_str()]);
        return outcome(Code::LedgerFresh, Outcome::Fail, found).map(|failed| failed.with_next(next));
    }
    let (result, found, next) = judge(it, now);
    let check = outcome(Code::LedgerFresh, result, found)?;
    Some(match next {
        Some(next) => check.with_next(next),
        None => check,
    })
}

type Judged = (Outcome, String, Option<Next>);

fn judge(it: &Examination<'_>, now: Time) -> Judged {
    let facts = &it.facts.freshness;
    let max_age = it.rules.freshness.max_age;
    let latest = now.plus(it.state.policy.clock_skew());
    let recent = |at: Time| at > now.minus(max_age) && at <= latest;
    let needed = it.rules.freshness.witnesses.max(facts.witnesses);
    let persons = vouching(it, &recent);
    let count = u64::try_from(persons.len()).unwrap_or(u64::MAX);
    let names: Vec<&str> = persons.iter().map(MemberName::as_str).collect();
    let fetch = || Some(Next(["git", "fetch", "--all"].map(str::to_owned).to_vec()));
    if needed > 0 {
        let found = format!("{count} of {needed} witnesses vouch for a head of the last {max_age}");
        let result = if count >= needed { Outcome::Pass } else { Outcome::Fail };
        return (result, found, if count >= needed { None } else { fetch() });
    }
    match (facts.at_least, facts.fetched_at) {
        _ if count > 0 => (Outcome::Pass, format!("vouched for by {}", names.join(", ")), None),
        (Some(at), _) if recent(at) => (Outcome::Pass, format!("it has what was its head at {at}"), None),
        (Some(at), _) => {
            let found = format!("the lower bound is of {at}, which is not within the last {max_age}");
            (Outcome::Fail, found, fetch())
        }
        (None, _) if facts.pin_moved => {
            (Outcome::Pass, "it went on since it was verified last".to_owned(), None)
        }
        (None, _) if !facts.has_remote => {
            (Outcome::Pass, "there is no remote that could have more".to_owned(), None)
        }
        (None, Some(at)) if recent(at) => {
            (Outcome::Warn, "only the remote vouches for the head".to_owned(), None)
        }
        (None, _) => (Outcome::Fail, format!("the remote was not asked within {max_age}"), fetch()),
    }
}

/// The persons behind witnesses whose word is recent, without the one who signs the receipt.
fn vouching(it: &Examination<'_>, recent: &dyn Fn(Time) -> bool) -> BTreeSet<MemberName> {
    let facts = &it.facts.freshness;
    let counts =
        |vouch: &&crate::witness::Vouch| recent(vouch.at) && facts.signer.as_ref() != Some(&vouch.person);
    facts.vouches.iter().filter(counts).map(|vouch| vouch.person.clone()).collect()
}
