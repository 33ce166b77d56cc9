//! `ledger-valid`: the ledger is there, whole, anchored, and consistent with what was seen before.

use crate::finding::CheckCode;
use crate::gate::facts::LedgerStanding;
use crate::gate::outcome::{CheckOutcome, Next};
use crate::record::kind::receipt::{Outcome, Purpose};

/// Judges the ledger itself. The way back is decided at the last good entry of a halted one; nothing
/// is decided on a ledger that is forked, rewound or unanchored.
pub(in crate::gate) fn ledger_valid(
    ledger: &LedgerStanding,
    purpose: Purpose,
    has_state: bool,
) -> CheckOutcome {
    let verify = Next::countersign(&["verify"]);
    let (result, found, next) = match ledger {
        LedgerStanding::Sound if has_state => (Outcome::Pass, "the ledger verifies".to_owned(), None),
        LedgerStanding::Sound => {
            let found = "not founded yet: the first trust waits for approvals".to_owned();
            (Outcome::Fail, found, Some(Next::countersign(&["log", "--kind", "trust"])))
        }
        LedgerStanding::Halted { found } if purpose == Purpose::Restoration && has_state => {
            (Outcome::Warn, format!("judged at its last good entry: {found}"), Some(verify))
        }
        LedgerStanding::Halted { found } => (Outcome::Fail, found.clone(), Some(verify)),
        LedgerStanding::Untrusted { code, found } => {
            (Outcome::Fail, found.clone(), Some(Next::countersign(&["explain", code.as_str()])))
        }
    };
    let (details, records) = (Vec::new(), Vec::new());
    CheckOutcome {
        code: CheckCode::LEDGER_VALID,
        result,
        found,
        details,
        records,
        next,
        rests_on_rejection: false,
    }
}
