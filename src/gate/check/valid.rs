//! `ledger-valid`: the ledger is present, complete, anchored, and consistent with what was seen before.

use crate::finding::CheckCode;
use crate::gate::facts::LedgerStanding;
use crate::gate::needs::Needs;
use crate::gate::outcome::{CheckOutcome, Next, outcome};
use crate::record::kind::receipt::{Outcome, Purpose};
use crate::value::RecordId;

/// Evaluates the ledger itself. On a halted ledger, a restoration is decided at the last good entry, and an expansion
/// is refused. On a ledger that cannot be trusted, such as a forked, rewound or unanchored one, nothing is decided.
pub(in crate::gate) fn ledger_valid(
    ledger: &LedgerStanding,
    purpose: Purpose,
    needs: Option<&Needs<'_>>,
) -> CheckOutcome {
    let verify = Next::countersign(&["verify"]);
    let (result, found, next) = match ledger {
        LedgerStanding::Sound if needs.is_some() => (Outcome::Pass, "the ledger verifies".to_owned(), None),
        LedgerStanding::Sound => {
            let found = "not founded yet: the first trust waits for approvals".to_owned();
            (Outcome::Fail, found, Some(Next::countersign(&["log", "--kind", "trust"])))
        }
        LedgerStanding::Halted { found, .. } if purpose == Purpose::Restoration && needs.is_some() => {
            (Outcome::Warn, format!("evaluated at its last good entry: {found}"), Some(verify))
        }
        LedgerStanding::Halted { found, .. } => (Outcome::Fail, found.clone(), Some(verify)),
        LedgerStanding::Untrusted { code, found } => {
            (Outcome::Fail, found.clone(), Some(Next::countersign(&["explain", code.as_str()])))
        }
    };
    let mut check = outcome(CheckCode::LEDGER_VALID, result, found);
    if let LedgerStanding::Halted { outbox, .. } = ledger {
        let rests =
            |id: &RecordId| format!("outcome {} in this clone's outbox is taken into account", id.short());
        check.details.extend(outbox.iter().map(rests));
    }
    match next {
        Some(next) => check.with_next(next),
        None => check,
    }
}
