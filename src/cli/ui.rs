//! The terminal: the only room that writes.

use std::cell::RefCell;
use std::io::{self, BufRead as _, IsTerminal as _, Write};

use indicatif::{ProgressBar, ProgressStyle};

use super::error::CommandError;
use crate::workspace::Lost;

/// Standard output for the answer, standard error for everything else.
///
/// The streams take colours out where they do not belong: no terminal, `NO_COLOR`, a dumb one.
pub(crate) struct Ui {
    answer: Option<io::Error>,
    watched: RefCell<Vec<Lost>>,
}

impl Ui {
    pub(crate) fn new() -> Self {
        Self { answer: None, watched: RefCell::default() }
    }

    /// From here on nothing is answered that may rest on what was lost.
    pub(crate) fn watch(&self, lost: Lost) {
        self.watched.borrow_mut().push(lost);
    }

    /// Whether an answer may rest on what was lost.
    pub(crate) fn has_lost(&self) -> bool {
        self.watched.borrow().iter().any(Lost::is_so)
    }

    /// Writes a part of the answer. The first failure is kept, and ends the program at the end.
    pub(crate) fn answer(&mut self, text: &str) {
        if self.answer.is_none()
            && !self.has_lost()
            && let Err(error) = anstream::stdout().lock().write_all(text.as_bytes())
        {
            self.answer = Some(error);
        }
    }

    /// Writes an answer as JSON on one line.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.answer(&format!("{text}\n")),
            Err(error) => self.answer = Some(io::Error::other(error)),
        }
    }

    /// Whether everything was written.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        match self.answer.take() {
            Some(error) => Err(error),
            None => io::stdout().lock().flush(),
        }
    }

    /// A line beside the answer. If nobody can read it, nobody can be told.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// An error, and what to do about it.
    pub(crate) fn error(&self, error: &CommandError) {
        let mut lines = error.message.lines();
        self.note(&format!("error: {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.note(line));
        error.hints.iter().for_each(|hint| self.note(&format!("  {hint}")));
    }

    /// Whether a person can be asked.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question, and gives the answer without white space around it.
    pub(crate) fn ask(&self, question: &str) -> io::Result<String> {
        let mut stderr = anstream::stderr().lock();
        write!(stderr, "{question} ")?;
        stderr.flush()?;
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Asks for a yes or a no.
    pub(crate) fn confirm(&self, question: &str, default: bool) -> io::Result<bool> {
        let choice = if default { "[Y/n]" } else { "[y/N]" };
        let answer = self.ask(&format!("{question} {choice}"))?.to_ascii_lowercase();
        Ok(match answer.as_str() {
            "" => default,
            "y" | "yes" => true,
            _ => false,
        })
    }

    /// A bar for long work, with rate and time left; on a terminal only.
    pub(crate) fn progress(&self, what: &str) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(0);
        let template = "{msg} {wide_bar} {pos}/{len} {per_sec} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar
    }
}
