//! Whether the ledger already has what a draft says: somebody whose first try gave no answer says it again.

use crate::ledger::Loaded;
use crate::record::{Body, draft_of};
use crate::value::{Duration, MemberName, RecordId, Time};
use crate::verify::MissingBody;

/// How long ago a record of the same author is taken for the same one.
const SAME: Duration = Duration::of_minutes(10);

/// Returns a record of the same author, of the last ten minutes, that says the same as a draft. Times in it may
/// differ by less than ten minutes: options such as `--expires-in` count from now.
pub fn twin(
    loaded: &Loaded,
    author: &MemberName,
    body: &Body,
    now: Time,
) -> Result<Option<RecordId>, MissingBody> {
    let past = loaded.replay.past();
    let wanted = draft_of(body);
    for (id, accepted) in past.records().rev() {
        // A record may be dated up to ten minutes before one at a lower position.
        if now.since(accepted.created_at) >= 2 * SAME.seconds() {
            break;
        }
        let is_recent = now.since(accepted.created_at).abs() < SAME.seconds();
        let is_kind = accepted.kind == Some(body.kind());
        if is_recent && is_kind && accepted.author == *author && past.stands_accepted(&id, &accepted) {
            let other = past.body(&id)?;
            let is_same = other.is_some_and(|other| say_the_same(&wanted, &draft_of(&other)));
            if is_same && !is_overtaken(loaded, &Said { id, body, author }, accepted.position, now)? {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// What was said before.
struct Said<'a> {
    id: RecordId,
    body: &'a Body,
    author: &'a MemberName,
}

/// Whether saying it again would say something new: the pause is over, the record was closed or resumed, or its author
/// has said something else about the same record since.
fn is_overtaken(loaded: &Loaded, said: &Said<'_>, position: u64, now: Time) -> Result<bool, MissingBody> {
    if let Body::Pause(pause) = said.body
        && pause.expires_at.is_some_and(|end| end <= now)
    {
        return Ok(true);
    }
    let past = loaded.replay.past();
    let later = past.records().rev().take_while(|(_, accepted)| position < accepted.position);
    for (id, accepted) in later {
        let Some(body) = past.body(&id)? else { continue };
        let ends = matches!(*body, Body::Resume(_) | Body::Closure(_)) && body.about().contains(&said.id);
        let is_same_subject = body.about().iter().any(|of| said.body.about().contains(of));
        if ends || (is_same_subject && accepted.author == *said.author) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether two drafts are equal, but for times that differ by less than ten minutes.
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
