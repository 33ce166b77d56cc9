//! The error type of commands: what is wrong, the exit code, and hints on what to do next.
//!
//! Every error of the library is converted to this type, most of them in `conversions`. Commands add errors of their
//! own, such as wrong usage.

use std::error::Error;

use super::exit::Exit;
use crate::finding::Code;
use crate::record::draft::DraftError;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// The exit code.
    pub(crate) exit: Exit,
    /// A lower-case phrase without a full stop; further lines are details.
    pub(crate) message: String,
    /// What to do next; each hint is one line.
    pub(crate) hints: Vec<String>,
    /// Whether a corrupt cache is the reason, so that the command can run again without the cache.
    pub(crate) is_of_cache: bool,
}

impl CommandError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new(), is_of_cache: false }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Fails if there are objections to a record. Each is a field and a message.
    pub(crate) fn refuse(objections: &[(String, String)]) -> Result<(), Self> {
        let mut lines = objections.iter().map(|(field, message)| format!("{field} {message}"));
        match lines.next() {
            None => Ok(()),
            Some(first) => Err(lines.fold(Self::usage(first), Self::hint)),
        }
    }

    pub(crate) fn output(error: &std::io::Error) -> Self {
        Self::new(Exit::Environment, format!("cannot write the answer: {error}"))
    }

    pub(crate) fn draft(name: &str, error: &DraftError) -> Self {
        let lines = error.0.iter().map(|mistake| {
            let field =
                if mistake.field.is_empty() { String::new() } else { format!("`{}` ", mistake.field) };
            format!(
                "{name}:{}:{}: {field}{}",
                mistake.line,
                mistake.column,
                crate::render::escape(&mistake.message)
            )
        });
        let lines: Vec<String> = lines.collect();
        let count = lines.len();
        let head = format!("the draft has {count} mistake{}", if count == 1 { "" } else { "s" });
        Self::usage(format!("{head}\n  {}", lines.join("\n  ")))
    }
}

/// Joins an error and its causes into one phrase. A cause is left out if the text already contains it.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}

/// Returns the error for a ledger that cannot be trusted: the code, what was found, and the remedy.
pub(crate) fn untrusted(code: Code, found: &str) -> CommandError {
    let explanation = code.explanation();
    CommandError::new(Exit::Untrusted, format!("{code}: {}", crate::render::escape(found)))
        .hint(explanation.remedy)
        .hint(format!("more: countersign explain {code}"))
}
