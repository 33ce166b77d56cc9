//! The commit message of an entry: a summary for humans, and two trailers with the checkpoint after the
//! entry.

use crate::record::{Checkpoint, Content, SignedRecord};
use crate::value::{Digest, Root, limit};

/// The checkpoint after the entry, as claimed by the two trailers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailers(pub Checkpoint);

impl Trailers {
    /// Parses a message: at least one line, an empty line, `Ledger-Size: N`, `Ledger-Root: H` and a final
    /// line feed. No other line may begin with `Ledger-`.
    pub(super) fn read(message: &str) -> Result<Self, String> {
        let expected =
            || "the message does not end in an empty line, `Ledger-Size: N` and `Ledger-Root: H`".to_owned();
        let body = message.strip_suffix('\n').ok_or_else(expected)?;
        let (body, root) = body.rsplit_once("\nLedger-Root: ").ok_or_else(expected)?;
        let (body, size) = body.rsplit_once("\n\nLedger-Size: ").ok_or_else(expected)?;
        if body.is_empty() || body.split('\n').any(|line| line.starts_with("Ledger-")) {
            return Err("the message is empty, or has another line that begins with `Ledger-`".to_owned());
        }
        let root: Digest = root.parse().map_err(|_| expected())?;
        let plain = size.bytes().all(|byte| byte.is_ascii_digit()) && !size.starts_with('0');
        let size = size.parse().ok().filter(|size| plain && *size <= limit::INTEGER).ok_or_else(expected)?;
        Ok(Self(Checkpoint { size, root: Root::new(root) }))
    }
}

/// Returns the checkpoint that the commit of an entry states; `None` if its message has no such trailers.
pub fn stated(commit: &[u8]) -> Option<Checkpoint> {
    let (_, message) = std::str::from_utf8(commit).ok()?.split_once("\n\n")?;
    Trailers::read(message).ok().map(|trailers| trailers.0)
}

/// A message quotes at most this many characters of a record's subject.
const SUBJECT_CHARACTERS: usize = 100;
/// A message names at most this many records.
const NAMED_RECORDS: usize = 100;

/// Returns the message of an entry that adds `records`; `after` is the checkpoint after the entry.
pub fn message(records: &[SignedRecord], after: &Checkpoint) -> String {
    let line = |record: &SignedRecord| {
        let subject = match record.content() {
            Content::Known { body, .. } => body.subject(),
            Content::Foreign => "of another format".to_owned(),
        };
        // A subject can be long (that of an exception may contain its symptom), but the size of a commit is limited.
        let subject: String = subject.chars().take(SUBJECT_CHARACTERS).collect();
        format!("{}: {subject} ({})", record.kind(), record.id().short())
    };
    let mut text = match records {
        [record] => line(record),
        _ => format!("{} records", records.len()),
    };
    text.push('\n');
    if let [record] = records {
        text.push_str(&format!("\nby {}, {}\n", record.author(), record.created_at()));
    } else {
        text.push('\n');
        records.iter().take(NAMED_RECORDS).for_each(|record| text.push_str(&format!("{}\n", line(record))));
    }
    format!("{text}\nLedger-Size: {}\nLedger-Root: {}\n", after.size, after.root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_in_exactly_two_trailers() {
        let root = "0".repeat(64);
        assert!(Trailers::read(&format!("x\n\nLedger-Size: 1\nLedger-Root: {root}\n")).is_ok());
        for bad in [
            format!("x\nLedger-Size: 1\nLedger-Root: {root}\n"),
            format!("\n\nLedger-Size: 1\nLedger-Root: {root}"),
            format!("\nLedger-Size: 1\nLedger-Root: {root}\n"),
            format!("x\n\nLedger-Size: 01\nLedger-Root: {root}\n"),
            format!("x\n\nLedger-Size: +1\nLedger-Root: {root}\n"),
            format!("x\n\nLedger-Size: 1\nLedger-Root: {root}\n\n"),
            format!("x\n\nLedger-Size: 1\nLedger-Root: {root}\nx\n"),
            format!("Ledger-Size: 2\n\nLedger-Size: 1\nLedger-Root: {root}\n"),
            format!("x\n\nLedger-Root: {root}\nLedger-Size: 1\n"),
        ] {
            assert!(Trailers::read(&bad).is_err(), "{bad}");
        }
    }
}
