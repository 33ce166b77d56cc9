//! The refs that Git passes to the hooks of a server.

use crate::finding::Code;
use crate::git::GitError;
use crate::ledger::LoadError;
use crate::push::{PushError, PushedRef};
use crate::store::StoreError;
use crate::value::CommitId;
use crate::verify::Unreadable;
use crate::write::AppendError;

/// Why a push is not received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Something that was verified before cannot be read any more.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The input from Git is malformed.
    #[error("line {line} of the hook's input is not `<old id> <new id> <ref>`")]
    Input {
        /// The line number, from 1.
        line: usize,
    },
    /// The input from Git is empty, although Git runs the hook only if a ref would move. Git goes on with a push even
    /// if writing the input fails (githooks, receive-pack), so it is not known what would move.
    #[error("Git passed no refs to the hook, so it is not known what would move: push again")]
    NoRefs,
    /// A ref has a name that is refused.
    #[error("{name} is not received: {why}")]
    Name {
        /// The ref.
        name: String,
        /// Why, as a sentence.
        why: String,
    },
    /// The ledger, as it would be after the push, cannot be trusted.
    #[error("{code}: {found}")]
    Untrusted {
        /// The rule.
        code: Code,
        /// What was found.
        found: String,
    },
    /// No ledger id is known here, so it is not known which ledger is the right one.
    #[error("no ledger id was given here, so nothing says which ledger is the right one")]
    Unanchored,
    /// A deployment forward has no receipt, although the policy requires the pusher to record one.
    #[error("{} has no receipt: with `receipts.recorded_by = \"pusher\"` whoever pushes records it", targets.join(", "))]
    NoReceipt {
        /// The targets, at least one.
        targets: Vec<String>,
    },
    /// The push is refused, or could not be decided.
    #[error(transparent)]
    Push(#[from] PushError),
    /// The ledger could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The receipt could not be signed or appended.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The queue of receipts could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Parses the input that Git writes to `pre-receive` and `post-receive`: `<old id> <new id> <ref>` on each line.
///
/// # Errors
///
/// If a line has another form, or if the input is empty.
pub fn parse_received(input: &[u8]) -> Result<Vec<PushedRef>, ReceiveError> {
    if input.is_empty() {
        return Err(ReceiveError::NoRefs);
    }
    let mut refs = Vec::new();
    // The name of a ref need not be UTF-8.
    for (index, line) in input.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
        let bad = || ReceiveError::Input { line: index + 1 };
        let mut words = line.splitn(3, ' ');
        let (Some(old), Some(new), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err(bad());
        };
        let object = |text: &str| -> Result<Option<CommitId>, ReceiveError> {
            let id: CommitId = text.parse().map_err(|_| bad())?;
            Ok((!text.bytes().all(|byte| byte == b'0')).then_some(id))
        };
        refs.push(PushedRef { new: object(new)?, name: name.to_owned(), old: object(old)? });
    }
    Ok(refs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_old_new_and_name_with_or_without_a_last_line_feed() {
        let (one, none) = ("1".repeat(40), "0".repeat(40));
        let text = format!("{none} {one} refs/heads/a b\n{one} {none} refs/heads/c");
        assert!(matches!(parse_received(b""), Err(ReceiveError::NoRefs)));
        let refs = parse_received(text.as_bytes()).unwrap();
        assert_eq!(refs[0].name, "refs/heads/a b");
        assert!(refs[0].old.is_none() && refs[0].new.is_some());
        assert!(refs[1].old.is_some() && refs[1].new.is_none());
        for bad in ["", "\n", "x y z\n", "1 2\n"] {
            assert!(parse_received(format!("{text}\n{bad}\n").as_bytes()).is_err(), "{bad:?}");
        }
    }
}
