//! The header of a record. Every schema has the same header, so that author, ledger and checkpoint of a record
//! in a later format can still be read.

use crate::record::field::Writer;
use crate::value::{Digest, KindName, MemberName, RecordId, Root, Time, limit};

/// A size of the ledger, and the Merkle root over all records up to that size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of records.
    pub size: u64,
    /// The root over these records (RFC 6962 §2.1).
    pub root: Root,
}

/// The header of a record: author, time, ledger, and the newest checkpoint that the author had verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The schema; this program supports only [`limit::FORMAT`].
    pub schema: u64,
    /// The kind, known to this program or not.
    pub kind: KindName,
    /// The ledger id; absent in the first record, whose own id is the ledger id.
    pub ledger: Option<RecordId>,
    /// The member who signed the record.
    pub author: MemberName,
    /// The time of creation, as claimed by the author.
    pub created_at: Time,
    /// The newest shared checkpoint that the author had verified; absent in the first record.
    pub checkpoint: Option<Checkpoint>,
}

impl Header {
    /// Parses the header at the beginning of a payload. The header must be in the canonical spelling. The rest of the
    /// payload is not examined. The error message says what is wrong.
    pub fn read(payload: &str) -> Result<Self, String> {
        let mut lines = Lines(payload);
        let header = lines.header()?;
        let mut writer = Writer::default();
        header.write(&mut writer);
        let spelled = writer.finish();
        let spelled = spelled.strip_suffix('\n').unwrap_or(&spelled);
        if payload.starts_with(spelled) {
            Ok(header)
        } else {
            Err("the header is not in the canonical spelling".to_owned())
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        if let Some(schema) = super::field::Int::<0>::new(self.schema) {
            writer.scalar("schema", &schema);
        }
        writer.scalar("kind", &self.kind);
        if let Some(ledger) = &self.ledger {
            writer.scalar("ledger", ledger);
        }
        writer.scalar("author", &self.author);
        writer.scalar("created_at", &self.created_at);
        if let Some(checkpoint) = &self.checkpoint {
            writer.raw("\n[checkpoint]\n");
            if let Some(size) = super::field::Int::<0>::new(checkpoint.size) {
                writer.scalar("size", &size);
            }
            writer.scalar("root", checkpoint.root.digest());
        }
    }
}

/// The lines of a payload that have not been read yet.
struct Lines<'a>(&'a str);

impl<'a> Lines<'a> {
    fn header(&mut self) -> Result<Header, String> {
        let schema = self.integer("schema")?;
        let kind = self.text("kind")?.parse().map_err(|error| format!("`kind`: {error}"))?;
        let ledger = if self.0.starts_with("ledger = ") {
            Some(self.text("ledger")?.parse().map_err(|error| format!("`ledger`: {error}"))?)
        } else {
            None
        };
        let author = self.text("author")?.parse().map_err(|error| format!("`author`: {error}"))?;
        let created_at =
            self.value("created_at")?.parse().map_err(|error| format!("`created_at`: {error}"))?;
        let checkpoint = match self.0.strip_prefix("\n[checkpoint]\n") {
            None => None,
            Some(rest) => {
                self.0 = rest;
                let size = self.integer("size")?;
                let root: Digest = self.text("root")?.parse().map_err(|error| format!("`root`: {error}"))?;
                Some(Checkpoint { size, root: Root::new(root) })
            }
        };
        if checkpoint.is_some_and(|checkpoint| checkpoint.size == 0) {
            return Err("`checkpoint.size` is 0; expected at least 1".to_owned());
        }
        if ledger.is_some() != checkpoint.is_some() {
            return Err(
                "`ledger` and `[checkpoint]` go together: only the first record of a ledger has neither"
                    .to_owned(),
            );
        }
        Ok(Header { schema, kind, ledger, author, created_at, checkpoint })
    }

    fn value(&mut self, key: &str) -> Result<&'a str, String> {
        let expected = || format!("expected the line `{key} = …` in the header");
        let (line, rest) = self.0.split_once('\n').ok_or_else(expected)?;
        let value = line.strip_prefix(key).and_then(|rest| rest.strip_prefix(" = ")).ok_or_else(expected)?;
        self.0 = rest;
        Ok(value)
    }

    fn text(&mut self, key: &str) -> Result<&'a str, String> {
        let value = self.value(key)?;
        let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.ok_or_else(|| format!("`{key}` is not a string on one line"))
    }

    fn integer(&mut self, key: &str) -> Result<u64, String> {
        let value = self.value(key)?;
        let number = value.parse().ok().filter(|number| *number <= limit::INTEGER);
        number.ok_or_else(|| format!("`{key}` is not an integer from 0 to {}", limit::INTEGER))
    }
}
