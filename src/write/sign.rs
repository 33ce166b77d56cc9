//! The author of records, and signing: records are rendered, signed and parsed again.

use super::error::AppendError;
use crate::finding::Finding;
use crate::key::Signer;
use crate::ledger::Loaded;
use crate::record::field::Elements;
use crate::record::{Body, Checkpoint, Evidence, Header, Record, SignedRecord, signature_block};
use crate::sshsig::RECORD_NAMESPACE;
use crate::value::{MemberName, Time, limit};
use crate::verify::{Unreadable, Verdict};

/// The member who signs records, and the key that signs them.
pub struct Author {
    /// The member.
    pub name: MemberName,
    /// The signing key.
    pub signer: Signer,
}

/// Returns the member who holds a key in the trust in force or in an open trust proposal.
pub fn author_of(loaded: &Loaded, signer: &Signer) -> Result<MemberName, AppendError> {
    let past = loaded.replay.past();
    let held = past.roster().and_then(|roster| roster.holder(signer.key()));
    let proposed = || past.proposals().iter().find_map(|proposal| proposal.roster()?.holder(signer.key()));
    let member = held.or_else(proposed).map(|member| member.name.clone());
    member.ok_or_else(|| AppendError::Stranger { fingerprint: signer.key().fingerprint().to_string() })
}

/// Signs drafts with the given checkpoint and time.
pub(super) fn sign_all(
    loaded: &Loaded,
    author: &mut Author,
    drafts: Vec<(Body, Elements<Evidence>)>,
    checkpoint: Checkpoint,
    now: Time,
) -> Result<Vec<SignedRecord>, AppendError> {
    let mut records = Vec::new();
    for (body, evidence) in drafts {
        let header = header(loaded, author, &body, checkpoint, now);
        records.push(sign(&Record { header, body, evidence }, &mut author.signer)?);
    }
    Ok(records)
}

fn header(loaded: &Loaded, author: &Author, body: &Body, checkpoint: Checkpoint, now: Time) -> Header {
    Header {
        schema: limit::FORMAT,
        kind: body.kind().name(),
        ledger: loaded.replay.past().ledger_id(),
        author: author.name.clone(),
        created_at: now,
        checkpoint: Some(checkpoint),
    }
}

/// Returns the verdict that a draft would get if its author signed and appended it now.
///
/// # Errors
///
/// If the draft refers to a record that was verified before and cannot be read any more.
pub fn predicted(loaded: &Loaded, author: &Author, body: &Body, now: Time) -> Result<Verdict, Unreadable> {
    let past = loaded.replay.past();
    let seen = loaded.shared.unwrap_or_else(|| past.checkpoint());
    past.predict_draft(&header(loaded, author, body, seen, now), body, author.signer.key())
}

/// Renders a record, signs it, and parses the result again, so that what is written is what a verifier will
/// read.
pub(super) fn sign(record: &Record, signer: &mut Signer) -> Result<SignedRecord, AppendError> {
    let payload = record.payload();
    let blob = signer.sign(RECORD_NAMESPACE, payload.as_bytes())?;
    let file = payload + &signature_block(&blob);
    SignedRecord::parse(file.as_bytes()).map_err(|rejected| {
        let size = file.len();
        if size > limit::RECORD_BYTES {
            return AppendError::TooLarge { size };
        }
        let finding = |problem: &crate::record::Problem| Finding {
            code: problem.code,
            at: crate::finding::Place { field: problem.field.clone(), ..Default::default() },
            found: problem.message.clone(),
            expected: String::new(),
        };
        AppendError::WouldBeBroken(rejected.problems.iter().map(finding).collect())
    })
}
