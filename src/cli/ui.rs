//! The terminal: apart from clap, only this module writes to standard output and standard error.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::error::CommandError;
use super::pager::{Pager, PagerChoice};
use crate::environ;
use crate::render::{Page, Width, guard, guard_json};
use crate::value::{RecordId, listed};

/// How often the spinner moves.
const TICK: std::time::Duration = std::time::Duration::from_millis(120);

/// The maximum number of records that a message names.
pub(crate) const MAX_LISTED_IDS: usize = 8;

/// Writes the answer to standard output and everything else to standard error.
///
/// Colours are stripped if the stream is no terminal, the terminal is dumb, or `NO_COLOR` is set.
pub(crate) struct Ui {
    /// The first failure to write the answer.
    failure: Option<io::Error>,
    /// Whether the command has given a part of its answer, even if writing that part failed.
    has_answered: bool,
    /// The records that this command has put into the ledger.
    landed: Vec<String>,
    /// The chosen pager, as long as it is not started. The first part of the answer starts it, and leaves `None` here.
    chosen: Option<PagerChoice>,
    /// The running pager.
    pager: Option<Pager>,
}

/// Why an answer was not written although no write failed.
const CLOSED: &str = "standard output is closed, or is /dev/null opened for reading and writing; to discard the \
                      answer, open /dev/null for writing only";

/// How a command prints its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Json,
}

impl From<bool> for Output {
    /// From the option `--json`.
    fn from(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// What an empty answer to a yes-or-no question means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preset {
    Yes,
    No,
}

impl Ui {
    pub(crate) fn new() -> Self {
        Self { failure: None, has_answered: false, landed: Vec::new(), chosen: None, pager: None }
    }

    /// Shows the answer in a pager, if standard output is a terminal.
    pub(crate) fn page_through(&mut self, pager: Option<PagerChoice>) {
        self.chosen = pager.filter(|_| io::stdout().is_terminal());
    }

    /// Writes a page as a part of the answer.
    pub(crate) fn show(&mut self, page: &Page) {
        self.answer(&page.lay_out(width_of(&io::stdout())));
    }

    /// Writes a line that is not part of the answer. If a pager shows the answer, the line is written below the answer,
    /// otherwise to standard error.
    pub(crate) fn footer(&mut self, text: &str) {
        if self.pager.is_some() { self.answer(&format!("{text}\n")) } else { self.note(text) }
    }

    /// Writes a page to standard error, with `before` in front of the first line.
    pub(crate) fn note_page(&self, before: &str, page: &Page) {
        let text = page.lay_out(width_of(&io::stderr()));
        self.note(&format!("{before}{}", text.trim_end()));
    }

    /// Writes a part of the answer. After a failure nothing more is written; `finish` returns the failure.
    pub(crate) fn answer(&mut self, text: &str) {
        self.write(&guard(text));
    }

    /// Writes bytes that another program reads, such as a draft or a record, exactly as they are. On a terminal,
    /// where a person reads them, harmful characters are escaped.
    pub(crate) fn data(&mut self, text: &str) {
        if io::stdout().is_terminal() { self.answer(text) } else { self.write(text) }
    }

    fn write(&mut self, text: &str) {
        self.has_answered = true;
        if self.failure.is_some() {
            return;
        }
        if let Some(chosen) = self.chosen.take() {
            match chosen.start() {
                Ok(pager) => self.pager = Some(pager),
                Err(error) => self.note(&format!("note: the pager cannot be run: {error}")),
            }
        }
        let written = match &mut self.pager {
            Some(pager) if anstream::AutoStream::choice(&io::stdout()) == anstream::ColorChoice::Never => {
                pager.write(&anstream::adapter::strip_str(text).to_string())
            }
            Some(pager) => pager.write(text),
            None => anstream::stdout().lock().write_all(text.as_bytes()),
        };
        self.failure = written.err();
    }

    /// Whether a command may start over: it has given no part of its answer, and put no record into the ledger.
    pub(crate) fn may_start_over(&self) -> bool {
        !self.has_answered && self.landed.is_empty()
    }

    /// Keeps the ids of records that are in the ledger now. If a later step fails, the user is told of these records.
    pub(crate) fn landed(&mut self, ids: &[RecordId]) {
        self.landed.extend(ids.iter().map(RecordId::short));
    }

    /// Says which records are in the ledger, although a later step failed.
    pub(crate) fn note_landed(&self) {
        if !self.landed.is_empty() {
            let ids = listed(self.landed.iter().cloned(), MAX_LISTED_IDS);
            self.note(&format!("  it is recorded all the same: {ids}"));
        }
    }

    /// Writes an answer as JSON on one line.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) {
        match serde_json::to_string(value) {
            Ok(text) => self.write(&format!("{}\n", guard_json(&text))),
            Err(error) => self.failure = Some(io::Error::other(error)),
        }
    }

    /// Waits until the user has quit the pager, if there is one, and flushes standard output. Returns the first failure
    /// to write the answer, if there was one.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        let paged = self.pager.take().map_or(Ok(()), Pager::finish);
        match self.failure.take().or_else(|| paged.err()) {
            Some(error) => Err(error),
            None if self.has_answered && environ::is_output_closed() => Err(io::Error::other(CLOSED)),
            None => io::stdout().lock().flush(),
        }
    }

    /// Writes a line to standard error. A failure is ignored: there is no other stream to report it on.
    pub(crate) fn note(&self, text: &str) {
        let text = guard(text);
        let text = if io::stderr().is_terminal() { fitted(&text, width_of(&io::stderr())) } else { text };
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// Writes an error and its hints to standard error.
    pub(crate) fn error(&self, error: &CommandError) {
        let mut lines = error.message.lines();
        self.note(&format!("error: {}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.note(line));
        error.hints.iter().for_each(|hint| self.note(&format!("  {hint}")));
    }

    /// Whether a person sees the notes: standard error is a terminal.
    pub(crate) fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Whether a person can be asked: standard input and standard error are terminals.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question, and returns the trimmed answer; `None` at the end of the input.
    pub(crate) fn ask(&self, question: &str) -> io::Result<Option<String>> {
        let mut stderr = anstream::stderr().lock();
        write!(stderr, "{} ", guard(question))?;
        stderr.flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line)?;
        if read == 0 {
            writeln!(stderr)?;
        }
        Ok((read > 0).then(|| line.trim().to_owned()))
    }

    /// Asks a yes-or-no question. The answers `y` and `yes` mean yes, and an empty answer means the preset. Any other
    /// answer means no, and so does the end of the input.
    pub(crate) fn confirm(&self, question: &str, preset: Preset) -> io::Result<bool> {
        let choice = match preset {
            Preset::Yes => "[Y/n]",
            Preset::No => "[y/N]",
        };
        let answer = self.ask(&format!("{question} {choice}"))?;
        let answer = answer.map_or_else(|| "no".to_owned(), |answer| answer.to_ascii_lowercase());
        Ok(match answer.as_str() {
            "" => preset == Preset::Yes,
            "y" | "yes" => true,
            _ => false,
        })
    }

    /// Shows what the program waits for, and for how long already, until the returned bar is dropped. Shows nothing if
    /// standard error is no terminal.
    pub(crate) fn waiting(&self, what: &str) -> ProgressBar {
        if !io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear).with_message(guard(what));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        bar
    }
}

/// Returns the width of the terminal that a stream goes to, or [`Width::Pipe`] if the stream goes to none. As for other
/// programs, `COLUMNS` overrides the width of a terminal (POSIX.1-2017, XBD 8.3). It changes nothing of what goes to a
/// pipe.
fn width_of<S: io::IsTerminal + std::os::fd::AsFd>(stream: &S) -> Width {
    if !stream.is_terminal() {
        return Width::Pipe;
    }
    let named = environ::variable("COLUMNS").and_then(|value| value.to_str()?.parse().ok());
    if let Some(columns) = named.filter(|columns| *columns > 0) {
        return Width::of_terminal(columns);
    }
    let columns = terminal_size::terminal_size_of(stream).map_or(80, |(columns, _)| usize::from(columns.0));
    Width::of_terminal(columns)
}

/// Wraps those lines of a text that are too long for the terminal. A line with a command or with a long word, such as a
/// digest, stays as it is, so that the user can copy from it.
fn fitted(text: &str, width: Width) -> String {
    let is_pasted = |line: &str| {
        let has_command = ["countersign ", "git "].iter().any(|program| line.contains(program));
        has_command || line.split(' ').any(|word| word.len() > 40)
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if is_pasted(line) {
                return line.to_owned();
            }
            let mut page = Page::default();
            page.line(line);
            page.lay_out(width).trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}
