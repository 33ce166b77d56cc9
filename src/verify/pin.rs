//! The pin: the checkpoint that a verifier already trusts, and how the current ledger relates to it.

use super::bodies::Unreadable;
use super::past::Past;
use crate::record::Checkpoint;
use crate::value::{FormError, RecordId, Time};

/// The ledger id, and the last shared checkpoint that was verified.
///
/// After the first contact with a ledger that is not shared, the pin has no checkpoint yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The ledger id.
    pub ledger: RecordId,
    /// The newest shared checkpoint verified so far.
    pub checkpoint: Option<Checkpoint>,
}

/// How a ledger relates to a checkpoint that was verified earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The ledger ends at the checkpoint.
    Same,
    /// The ledger extends the checkpoint.
    Extended,
    /// The ledger is shorter than the checkpoint.
    Rewound,
    /// The ledger has another root at the checkpoint's size, or no entry of the ledger ends at that size.
    Forked,
}

/// A lower bound from a protected place: the ledger contains this checkpoint, and did so at the given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtLeast {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// When the checkpoint was the head, if that was noted.
    pub at: Option<Time>,
}

impl std::str::FromStr for AtLeast {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let parse = || {
            let (checkpoint, at) = text.split_once('@').map_or((text, None), |(a, b)| (a, Some(b)));
            let (size, root) = checkpoint.split_once(':')?;
            let at = at.map(str::parse).transpose().ok()?;
            let size = size.parse().ok().filter(|size| *size > 0)?;
            Some(Self { checkpoint: Checkpoint { size, root: root.parse().ok()? }, at })
        };
        let expected = "expected SIZE:ROOT or SIZE:ROOT@TIME, e.g. 1042:77aa…@2026-11-24T09:00:00Z";
        parse().filter(|bound| bound.to_string() == text).ok_or_else(|| FormError::expected(expected))
    }
}

impl std::fmt::Display for AtLeast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.checkpoint.size, self.checkpoint.root)?;
        self.at.map_or(Ok(()), |at| write!(f, "@{at}"))
    }
}

/// The error for a malformed pin file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pin is damaged: expected `ledger ID`, then optionally `checkpoint SIZE ROOT`")]
pub struct PinError;

impl Pin {
    /// Parses the text of a pin file. Only the exact spelling that `Display` writes is accepted.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        let mut lines = text.lines();
        let ledger =
            lines.next().and_then(|line| line.strip_prefix("ledger ")?.parse().ok()).ok_or(PinError)?;
        let checkpoint = match lines.next() {
            None => None,
            Some(line) => Some(parse_checkpoint(line).ok_or(PinError)?),
        };
        let pin = Self { ledger, checkpoint };
        if pin.to_string() == text { Ok(pin) } else { Err(PinError) }
    }
}

impl std::fmt::Display for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "ledger {}", self.ledger)?;
        match &self.checkpoint {
            Some(checkpoint) => writeln!(f, "checkpoint {} {}", checkpoint.size, checkpoint.root),
            None => Ok(()),
        }
    }
}

impl Relation {
    /// Returns how a verified past relates to a checkpoint.
    pub fn of(past: &Past, checkpoint: &Checkpoint) -> Result<Self, Unreadable> {
        if checkpoint.size > past.size() {
            return Ok(Self::Rewound);
        }
        Ok(match past.boundary(checkpoint.size)? {
            Some(root) if root != checkpoint.root => Self::Forked,
            None => Self::Forked,
            Some(_) if checkpoint.size == past.size() => Self::Same,
            Some(_) => Self::Extended,
        })
    }
}

fn parse_checkpoint(line: &str) -> Option<Checkpoint> {
    let (size, root) = line.strip_prefix("checkpoint ")?.split_once(' ')?;
    Some(Checkpoint { size: size.parse().ok()?, root: root.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_as_it_was_written_and_not_otherwise() {
        let id = "0".repeat(64);
        for good in [format!("ledger {id}\n"), format!("ledger {id}\ncheckpoint 7 {id}\n")] {
            assert_eq!(Pin::parse(&good).map(|pin| pin.to_string()), Ok(good));
        }
        for bad in [
            String::new(),
            format!("ledger {id}"),
            format!("ledger {id}\ncheckpoint 07 {id}\n"),
            format!("ledger {id}\nx\n"),
        ] {
            assert!(Pin::parse(&bad).is_err(), "{bad}");
        }
    }
}
