//! Receipts that were decided on a head that is no longer the newest: the gate is asked again, and new receipts are
//! recorded.

use crate::ask::{GateRequest, Unchanged, decide, record_receipts};
use crate::gate::{Question, Wanted};
use crate::ledger::Loaded;
use crate::record::SignedRecord;
use crate::record::kind::receipt::{Answer, PreviousFrom, Purpose, Receipt};
use crate::record::kind::trust::Role;
use crate::state::{Inquiry, NoState, RefAtRemote};
use crate::trust::Coverage;
use crate::value::{RecordId, Target, Targets, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Author, drop_all};

/// A receipt that was decided again.
#[derive(Debug, Clone)]
pub struct DecidedAgain {
    /// The old receipt. It was not shared, and permits nothing.
    pub old: RecordId,
    /// The new receipt; `None` if nothing was decided.
    pub new: Option<RecordId>,
    /// The answer, as a phrase.
    pub answer: String,
}

impl DecidedAgain {
    /// Returns the result for a refusal that was never shared and is not kept.
    pub(super) fn left_out(old: RecordId) -> Self {
        Self { old, new: None, answer: "it was a refusal, and is left out".to_owned() }
    }
}

/// Asks the gate the question of each receipt again, and records the new receipts in one entry. Returns the ledger with
/// the new receipts, and the result for each old one.
///
/// A receipt is decided again only if `author` is its author and still has the role `gate` for its target, if the
/// receipt has not ended, and if none of its options gave evidence of freshness. Other receipts stay in the outbox, if
/// they are there.
pub fn decide_again(
    workspace: &Workspace,
    mut loaded: Loaded,
    author: &mut Author,
    receipts: &[SignedRecord],
    now: Time,
) -> Result<(Loaded, Vec<DecidedAgain>), AppendError> {
    let (mut results, mut decisions) = (Vec::new(), Vec::new());
    let of_receipts = || receipts.iter().filter_map(SignedRecord::receipt);
    let inquiry = Inquiry::at(now).and_commits(of_receipts().map(|receipt| &receipt.commit));
    let state = loaded.live(&inquiry.showing(of_receipts().map(Receipt::target)));
    if let Err(NoState::Missing(error)) = state {
        return Err(error.into());
    }
    // For the freshness of the ledger, a cosignature by the person who signs the receipt does not count.
    let roster = state.as_ref().ok().map(|state| &state.roster);
    loaded.freshness.signer = roster.and_then(|roster| roster.person(&author.name).cloned());
    let may_record = |target: &Target| {
        let targets = Targets::from(target.clone());
        roster.is_some_and(|roster| roster.coverage(&author.name, Role::Gate, &targets) == Coverage::Covered)
    };
    for record in receipts {
        let Some(receipt) = record.receipt() else { continue };
        let left = |answer: String| DecidedAgain { old: record.id(), new: None, answer };
        if *record.author() != author.name {
            results.push(left(format!("{} has to ask again", record.author())));
        } else if receipt.expires_at.is_none_or(|end| end <= now) {
            results.push(left("it has ended; ask the gate again".to_owned()));
        } else if receipt.options.iter().any(|option| is_of_freshness(option.as_str())) {
            results.push(left("it was asked with options of its own; ask the gate again".to_owned()));
        } else if !may_record(&receipt.target()) {
            results.push(left("this member no longer has the role `gate`".to_owned()));
        } else {
            decisions
                .push((record.id(), decide(workspace, &loaded, state.as_deref(), request(receipt), now)?));
        }
    }
    if decisions.is_empty() {
        return Ok((loaded, results));
    }
    let (old, decided): (Vec<RecordId>, Vec<_>) = decisions.into_iter().unzip();
    let answers: Vec<Answer> = decided.iter().map(|decided| decided.decision.answer).collect();
    let appended = record_receipts(workspace, loaded, author, &decided, now)?;
    drop_all(workspace, &old)?;
    for ((old, new), answer) in old.into_iter().zip(appended.ids).zip(answers) {
        results.push(DecidedAgain { old, new: Some(new), answer: answer.as_str().to_owned() });
    }
    Ok((appended.loaded, results))
}

/// Whether an option gave evidence of freshness that this run does not have.
fn is_of_freshness(option: &str) -> bool {
    option.starts_with("--at-least") || option.starts_with("--witness")
}

/// Returns the request that a receipt answers.
fn request(receipt: &Receipt) -> GateRequest {
    let by_ref = receipt.previous_from == Some(PreviousFrom::Ref) || receipt.previous.is_none();
    let told = receipt.r#ref.clone().filter(|_| by_ref);
    let given = receipt.previous_from == Some(PreviousFrom::Given);
    GateRequest {
        question: Question {
            target: receipt.target(),
            commit: receipt.commit.clone(),
            wanted: match receipt.purpose {
                Purpose::Expansion => Wanted::Expansion,
                Purpose::Restoration => Wanted::Restoration,
            },
            artifacts: receipt.artifact.iter().cloned().collect(),
            options: receipt.options.iter().cloned().collect(),
        },
        told: told.map(|name| RefAtRemote { name, holds: receipt.previous.clone() }),
        given: receipt.previous.clone().filter(|_| given),
        unchanged: Unchanged::Decided,
        as_of: None,
    }
}
