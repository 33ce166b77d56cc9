//! Receipts: signed records of the gate's decisions.

use std::sync::Arc;

use super::decide::{GateAnswered, GateRequest};
use crate::ledger::Loaded;
use crate::record::field::{Elements, List, SomeElements};
use crate::record::kind::receipt::{Answer, CheckResult, Receipt};
use crate::record::{Body, SignedRecord};
use crate::value::{Ascii, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{self, AppendError, Appended, Author, Writing, append};

/// Appends receipts of decisions as one entry. The decisions were made on the loaded head, and the entry follows that
/// head.
pub fn record_receipts(
    workspace: &Workspace,
    loaded: Loaded,
    author: &mut Author,
    decisions: &[GateAnswered],
    now: Time,
) -> Result<Appended, AppendError> {
    let bodies = bodies(&loaded, decisions);
    append(workspace, loaded, author, Writing::Receipts(bodies), now)
}

/// Signs receipts of decisions on a ledger to which nothing can be appended, and keeps them in the outbox. On such a
/// ledger the gate allows only the way back, and the receipts are the evidence that it did. Returns the ids of the
/// receipts.
pub fn keep_receipts(
    workspace: &Workspace,
    loaded: &Loaded,
    author: &mut Author,
    decisions: &[GateAnswered],
    now: Time,
) -> Result<Vec<RecordId>, AppendError> {
    write::keep_receipts(workspace, loaded, author, bodies(loaded, decisions), now)
}

/// Signs receipts of decisions that were made on the loaded head, and returns them. Nothing is written: the caller
/// appends the receipts later.
pub fn sign_receipts(
    loaded: &Loaded,
    author: &mut Author,
    decisions: &[GateAnswered],
    now: Time,
) -> Result<Vec<SignedRecord>, AppendError> {
    write::sign_receipts(loaded, author, bodies(loaded, decisions), now)
}

/// Returns the receipts of decisions; none if no trust is in force. If a decision names no trust, its receipt names the
/// trust in force.
fn bodies(loaded: &Loaded, decisions: &[GateAnswered]) -> Vec<Body> {
    let trust = loaded.replay.past().trust().map(|roster| roster.id());
    let receipts = decisions.iter().filter_map(|decided| receipt_of(decided, trust?));
    receipts.map(|receipt| Body::Receipt(Arc::new(receipt))).collect()
}

/// The largest number of records that a receipt names for one check. This limit keeps every receipt within the largest
/// size of a record. If a check has more records, the receipt names the newest ones.
const MOST_RECORDS: usize = 24;

pub(super) fn newest(records: &[RecordId]) -> Vec<RecordId> {
    records.iter().skip(records.len().saturating_sub(MOST_RECORDS)).copied().collect()
}

/// Returns the receipt of a decision; `None` if the decision has no checks. If the decision names no trust, the receipt
/// names `trust`.
pub fn receipt_of(decided: &GateAnswered, trust: RecordId) -> Option<Receipt> {
    let GateAnswered { asked: GateRequest { question, .. }, decision, .. } = decided;
    let checks = decision.checks.iter().map(|check| CheckResult {
        code: check.code,
        result: check.result,
        records: List::from(newest(&check.records)),
    });
    let allowed = decision.answer == Answer::Allowed;
    Some(Receipt {
        service: question.target.service.clone(),
        environment: question.target.environment.clone(),
        repository: decision.repository.clone(),
        r#ref: decision.on_ref.clone(),
        commit: question.commit.clone(),
        purpose: decision.purpose,
        decision: decision.answer,
        at: decision.at,
        expires_at: decision.expires_at,
        trust: decision.trust.unwrap_or(trust),
        policy: decision.policy,
        rollback_plan: decision.rollback_plan,
        release: decision.release,
        previous: decision.previous.clone(),
        previous_from: decision.previous_from,
        redesigns: List::from(if allowed { decision.redesigns.clone() } else { Vec::new() }),
        waivers: List::from(decision.waivers.clone()),
        options: List::from(question.options.clone()),
        program: program()?,
        artifact: Elements::from(question.artifacts.clone()),
        check: SomeElements::new(checks.collect())?,
    })
}

fn program() -> Option<Ascii> {
    concat!("countersign ", env!("CARGO_PKG_VERSION")).parse().ok()
}
