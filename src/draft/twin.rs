//! Finds a record that already says what a draft says. A person who got no answer from a first attempt may try again,
//! and the draft need not be recorded twice.

use crate::ledger::Loaded;
use crate::record::kind::approval::VoteVerdict;
use crate::record::{Body, draft_of};
use crate::value::{Duration, RecordId, Time};
use crate::verify::{Accepted, Unreadable};
use crate::write::Author;

/// A record can say the same as a draft only if it is younger than this, and if the times in the two differ by
/// less than this.
const SAME: Duration = Duration::of_minutes(10);
/// A draft repeats a recorded pause only if its end is less than this later than the recorded end. The ends of two
/// attempts may differ by as long as the first attempt took.
const SAME_END: Duration = Duration::of_minutes(2);

/// Returns the newest record that says the same as a draft, if recording the draft would change nothing. A record
/// counts only if `author` signed it with the key that they use now, and dated it less than ten minutes from `now`.
/// Times in the record and in the draft may differ by less than ten minutes, because options such as `--expires-in`
/// count from now.
pub fn twin(
    loaded: &Loaded,
    author: &Author,
    body: &Body,
    now: Time,
) -> Result<Option<RecordId>, Unreadable> {
    let past = loaded.replay.past();
    let wanted = draft_of(body);
    for record in past.records().rev() {
        let (id, accepted) = record?;
        // Records are not strictly in order of their times. So the search goes on until a record is ten minutes older
        // than any that can match.
        if now.since(accepted.created_at) >= 2 * SAME.seconds() {
            break;
        }
        let is_recent = now.since(accepted.created_at).abs() < SAME.seconds();
        let is_kind = accepted.kind == Some(body.kind());
        // A vote with a key that only a proposal lists is not the same as a vote with a key in force.
        let is_by_same = accepted.author == author.name && accepted.point == author.signer.key().point;
        if is_recent && is_kind && is_by_same && past.stands_accepted(&id, &accepted) {
            let Some(other) = past.body(&id)? else { continue };
            let is_same = say_the_same(&wanted, &draft_of(&other)) && !is_over(&other, body, now);
            if is_same && !is_overtaken(loaded, &id, &accepted, &other)? {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// Whether a recorded pause has ended, or ends at least [`SAME_END`] before the pause of the draft.
fn is_over(said: &Body, body: &Body, now: Time) -> bool {
    let (Body::Pause(said), Body::Pause(pause)) = (said, body) else { return false };
    match (said.expires_at, pause.expires_at) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(end), Some(later)) => end <= now || SAME_END.seconds() <= later.since(end),
    }
}

/// Whether recording the draft would have an effect again, because of a record that is later than the one found:
/// - The later record resumes or closes the record found, or is a vote on it that does not approve.
/// - Both are plans, and have a common target.
/// - Both are about a common record. If the record found is a vote, this counts only if both have the same author.
fn is_overtaken(
    loaded: &Loaded,
    id: &RecordId,
    accepted: &Accepted,
    said: &Body,
) -> Result<bool, Unreadable> {
    let past = loaded.replay.past();
    for record in past.records().rev() {
        let (later_id, later) = record?;
        if later.position <= accepted.position {
            break;
        }
        let Some(body) = past.body(&later_id)? else { continue };
        let of_it = body.about().contains(id);
        let ends = match &*body {
            Body::Resume(_) | Body::Closure(_) => of_it,
            Body::Approval(vote) => of_it && vote.verdict != VoteVerdict::Approve,
            Body::RollbackPlan(_) => {
                matches!(said, Body::RollbackPlan(_))
                    && body.targets().iter().any(|target| said.targets().contains(&target))
            }
            Body::Trust(_)
            | Body::Policy(_)
            | Body::Exception(_)
            | Body::Triage(_)
            | Body::Redesign(_)
            | Body::Release(_)
            | Body::Review(_)
            | Body::Pause(_)
            | Body::Receipt(_)
            | Body::Outcome(_)
            | Body::Audit(_)
            | Body::Quarantine(_) => false,
        };
        let speaks_of_same = body.about().iter().any(|of| said.about().contains(of));
        let counts = !matches!(said, Body::Approval(_)) || later.author == accepted.author;
        if ends || (speaks_of_same && counts) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether two drafts are equal, except for times that differ by less than ten minutes.
fn say_the_same(one: &str, other: &str) -> bool {
    let (mut lines, mut others) = (one.lines(), other.lines());
    loop {
        match (lines.next(), others.next()) {
            (None, None) => return true,
            (Some(line), Some(other)) if line == other || are_near(line, other) => {}
            _ => return false,
        }
    }
}

fn are_near(line: &str, other: &str) -> bool {
    let time = |line: &str| -> Option<(String, Time)> {
        let (key, value) = line.split_once(" = ")?;
        Some((key.to_owned(), value.parse().ok()?))
    };
    match (time(line), time(other)) {
        (Some((key, at)), Some((other, then))) => key == other && at.since(then).abs() < SAME.seconds(),
        _ => false,
    }
}
