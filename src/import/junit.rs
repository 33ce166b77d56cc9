//! Reads failures from JUnit XML reports, as written by test runners. These are failures:
//!
//! - a `testcase` that contains `failure` or `error`, or that says in an attribute such as `status` that it failed;
//! - a suite that contains one of these elements directly, because it broke before any test;
//! - the failures that a suite counts beyond those that its elements show.

use std::borrow::Cow;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};

use super::Failures;
use super::format::{Malformed, ReportFormat};
use super::junit_counts::{FailuresShown, missing, number};

/// The JUnit format.
pub(super) const FORMAT: ReportFormat = ReportFormat {
    option: "from-junit",
    help: "One exception per distinct test that failed in a JUnit report; - is standard input",
    read,
};

/// Most levels of nested elements; real reports have a handful.
const MOST_NESTED_ELEMENTS: usize = 64;
/// Most attributes of an element.
const ATTRIBUTES: usize = 64;
/// Most bytes of a failure's text that are searched for its first line.
const TEXT_BYTES: usize = 4_096;

fn read(text: &str, failures: &mut Failures) -> Result<(), Malformed> {
    let mut xml = Reader::from_str(text);
    let mut report =
        JunitReport { text, failures, open: Vec::new(), test: None, counted: (0, 1), has_root: false };
    loop {
        let at = offset(xml.buffer_position());
        let event = xml.read_event().map_err(|error| {
            Malformed::at(text, offset(xml.error_position()), format!("is not XML: {error}"))
        })?;
        match event {
            Event::Start(element) => report.start(&element, at)?,
            Event::Empty(element) => {
                report.start(&element, at)?;
                report.end(at)?;
            }
            Event::End(_) => report.end(at)?,
            Event::Text(more) => report.text(&more, at)?,
            Event::CData(more) => report.text(&more, at)?,
            Event::GeneralRef(name) => {
                // A character that XML does not allow, or a custom entity, is no reason to reject the report.
                let more = match name.resolve_char_ref() {
                    Ok(Some(character)) => String::from(character),
                    Err(_) => String::from(char::REPLACEMENT_CHARACTER),
                    Ok(None) => escape::resolve_predefined_entity(&name)
                        .map_or_else(|| format!("&{};", &*name), str::to_owned),
                };
                report.text(&more, at)?;
            }
            Event::DocType(_) => {
                return Err(report.wrong(at, "has a document type (DTD), which is not supported"));
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match report.open.last() {
        Some(open) => Err(report.wrong(text.len(), format!("ends within <{}>", open.name))),
        None if report.has_root => Ok(()),
        None => Err(report.wrong(text.len(), "is empty: expected <testsuites> or <testsuite>")),
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// An open element.
struct Open {
    name: String,
    what: Element,
}

enum Element {
    /// A `testsuites` or a `testsuite`.
    Suite(Suite),
    /// A `testcase`.
    Case,
    /// A `failure` or an `error` that is directly in a test or in a suite.
    Failed,
    /// Any other element.
    Other,
}

/// A suite that is being read.
struct Suite {
    name: Option<String>,
    /// The line at which it begins.
    line: usize,
    /// The numbers of failures and of errors that its attributes state.
    counts: [u64; 2],
    /// The failures that its elements show.
    shown: FailuresShown,
    /// The suite's own failure, which is outside of any test.
    own: Option<Box<Test>>,
}

/// The test case that is being read, or the own failure of a suite.
struct Test {
    key: String,
    line: usize,
    /// The message of its first failure.
    message: Option<String>,
    /// The type of its first failure.
    kind: Option<String>,
    /// The beginning of the text of its failures.
    text: String,
    failed: bool,
    /// The failures that its elements show, including those of other attempts.
    shown: FailuresShown,
    /// How many reruns of the test failed too.
    reruns: u64,
}

impl Test {
    fn new(key: String, line: usize) -> Self {
        let (message, kind, text) = (None, None, String::new());
        Self { key, line, message, kind, text, failed: false, shown: FailuresShown::default(), reruns: 0 }
    }

    /// Adds to the text of its failures.
    fn push(&mut self, more: &str) {
        let room = TEXT_BYTES.saturating_sub(self.text.len());
        self.text.push_str(more.get(..more.floor_char_boundary(room)).unwrap_or_default());
    }
}

/// Returns the name of a suite without the time of the run, which unittest-xml-reporting appends. With the time in the
/// name, the same failure would have another symptom in each run.
fn without_time(name: &str) -> &str {
    let is_time = |text: &str| text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    name.rsplit_once('-').filter(|(_, time)| is_time(time)).map_or(name, |(name, _)| name)
}

/// Returns the failure that an element shows, by the element's name.
fn shown_by(element: &str) -> FailuresShown {
    let is_failure = element.ends_with("ailure");
    let (failures, errors) = if is_failure { (1, 0) } else { (0, 1) };
    FailuresShown { failures, errors, either: 0 }
}

/// Returns the key for a suite's own failure. Failures that the suite counts but no element shows have that key too.
fn suite_key(name: Option<&str>) -> String {
    format!("junit:{}", name.unwrap_or("the report"))
}

/// Whether the value of a test's `status`, `result` or `outcome` says that the test failed.
fn is_failure(text: &str) -> bool {
    const WORDS: &[&str] = &["failed", "fail", "failure", "error", "errored", "broken"];
    WORDS.contains(&text.trim().to_ascii_lowercase().as_str())
}

struct JunitReport<'a, 'f> {
    text: &'a str,
    failures: &'f mut Failures,
    open: Vec<Open>,
    test: Option<Test>,
    /// The byte offset up to which lines are counted, and the line there.
    counted: (usize, usize),
    has_root: bool,
}

impl JunitReport<'_, '_> {
    fn wrong(&self, at: usize, message: impl ToString) -> Malformed {
        Malformed::at(self.text, at, message.to_string())
    }

    fn start(&mut self, element: &BytesStart<'_>, at: usize) -> Result<(), Malformed> {
        let local = element.local_name();
        let name: &str = local.as_ref();
        let shown = || name.chars().take(40).collect::<String>();
        if self.open.is_empty() {
            if self.has_root {
                return Err(self.wrong(at, format!("continues with <{}> after its root", shown())));
            }
            if !matches!(name, "testsuites" | "testsuite") {
                let message = format!("begins with <{}>; expected <testsuites> or <testsuite>", shown());
                return Err(self.wrong(at, message));
            }
            self.has_root = true;
        }
        if self.open.len() == MOST_NESTED_ELEMENTS {
            return Err(
                self.wrong(at, format!("has more than {MOST_NESTED_ELEMENTS} levels of nested elements"))
            );
        }
        let what = match name {
            "testsuites" | "testsuite" => {
                let [name, failures, errors] =
                    self.attributes(element, at, ["name", "failures", "errors"])?;
                let name = name.map(|name| self.failures.without_roots(without_time(&name)));
                let counts = [failures, errors].map(|text| text.as_deref().map_or(0, number));
                Element::Suite(Suite {
                    name,
                    line: self.line(at),
                    counts,
                    shown: FailuresShown::default(),
                    own: None,
                })
            }
            "testcase" if self.test.is_none() => {
                self.test = Some(self.case(element, at)?);
                Element::Case
            }
            "failure" | "error" if self.is_direct() && self.failing(at).is_some() => {
                let [message, kind] = self.attributes(element, at, ["message", "type"])?;
                if let Some(test) = self.failing(at) {
                    test.message = test.message.take().or(message);
                    test.kind = test.kind.take().or(kind);
                    test.failed = true;
                    test.shown += shown_by(name);
                }
                Element::Failed
            }
            // Surefire writes these for a rerun that failed too.
            "rerunFailure" | "rerunError" => {
                self.test.iter_mut().for_each(|test| {
                    test.reruns += 1;
                    test.shown += shown_by(name);
                });
                Element::Other
            }
            // Surefire also counts the failed attempts of a test that passed in the end.
            "flakyFailure" | "flakyError" => {
                self.test.iter_mut().for_each(|test| test.shown += shown_by(name));
                Element::Other
            }
            _ => Element::Other,
        };
        self.open.push(Open { name: shown(), what });
        Ok(())
    }

    /// Whether a new element is directly in a test or in a suite, and not deeper, such as in the output of a test.
    fn is_direct(&self) -> bool {
        matches!(self.open.last(), Some(Open { what: Element::Case | Element::Suite(_), .. }))
    }

    /// Returns the test that a new `failure` belongs to. That is the open test case. If none is open, it is the own
    /// failure of the suite that directly contains the element.
    fn failing(&mut self, at: usize) -> Option<&mut Test> {
        if self.test.is_some() {
            return self.test.as_mut();
        }
        let line = self.line(at);
        let Some(Open { what: Element::Suite(suite), .. }) = self.open.last_mut() else { return None };
        let key = suite_key(suite.name.as_deref());
        Some(suite.own.get_or_insert_with(|| Box::new(Test::new(key, line))))
    }

    fn case(&mut self, element: &BytesStart<'_>, at: usize) -> Result<Test, Malformed> {
        let [name, class, file, status, result, outcome, success] = self.attributes(
            element,
            at,
            ["name", "classname", "file", "status", "result", "outcome", "success"],
        )?;
        let suite = self.open.iter().rev().find_map(|open| match &open.what {
            Element::Suite(suite) => suite.name.clone(),
            Element::Case | Element::Failed | Element::Other => None,
        });
        let names = class.or(suite).into_iter().chain(name);
        let names: Vec<String> = names.map(|name| self.failures.without_roots(&name)).collect();
        let names = if names.is_empty() { file.into_iter().collect() } else { names };
        let name = if names.is_empty() { "a test without a name".to_owned() } else { names.join(".") };
        let mut test = Test::new(format!("junit:{name}"), self.line(at));
        let says = |text: &Option<String>| text.as_deref().is_some_and(is_failure);
        let failed = success.as_deref().is_some_and(|text| text.trim().eq_ignore_ascii_case("false"));
        test.failed = failed || says(&status) || says(&result) || says(&outcome);
        Ok(test)
    }

    fn end(&mut self, at: usize) -> Result<(), Malformed> {
        match self.open.pop().map(|open| open.what) {
            Some(Element::Case) => {
                let shown =
                    self.test.take().map_or(Ok(FailuresShown::default()), |test| self.add(test, at))?;
                self.show(shown);
            }
            Some(Element::Suite(mut suite)) => {
                let own = suite.own.take();
                suite.shown += own.map_or(Ok(FailuresShown::default()), |test| self.add(*test, at))?;
                let missing = missing(suite.counts, suite.shown);
                if missing > 0 {
                    let message =
                        format!("the report's count of failures is {missing} higher than its tests show");
                    let key = suite_key(suite.name.as_deref());
                    let added = self.failures.add(&key, &message, missing, &suite.line.to_string());
                    added.map_err(|message| self.wrong(at, message))?;
                }
                suite.shown += FailuresShown { either: missing, ..FailuresShown::default() };
                self.show(suite.shown);
            }
            Some(Element::Failed | Element::Other) | None => {}
        }
        Ok(())
    }

    /// Counts failures in the innermost open suite.
    fn show(&mut self, failures: FailuresShown) {
        let suites = self.open.iter_mut().rev().find_map(|open| match &mut open.what {
            Element::Suite(suite) => Some(suite),
            Element::Case | Element::Failed | Element::Other => None,
        });
        suites.into_iter().for_each(|suite| suite.shown += failures);
    }

    /// Adds a test if it failed. Returns the failures that it shows, which its suites may count.
    fn add(&mut self, test: Test, at: usize) -> Result<FailuresShown, Malformed> {
        if !test.failed {
            return Ok(test.shown);
        }
        let message = test.message.filter(|message| !message.trim().is_empty()).unwrap_or(test.text);
        let message = if message.trim().is_empty() { test.kind.unwrap_or_default() } else { message };
        let added = self.failures.add(&test.key, &message, 1 + test.reruns, &test.line.to_string());
        added.map_err(|message| self.wrong(at, message))?;
        let is_silent = test.shown == FailuresShown::default();
        Ok(if is_silent { FailuresShown { either: 1, ..test.shown } } else { test.shown })
    }

    fn text(&mut self, more: &str, at: usize) -> Result<(), Malformed> {
        match (self.open.last(), &mut self.test) {
            (None, _) if !more.trim().is_empty() => Err(self.wrong(at, "has text outside of its elements")),
            (Some(Open { what: Element::Failed, .. }), Some(test)) => {
                test.push(more);
                Ok(())
            }
            (Some(Open { what: Element::Failed, .. }), None) => {
                let suite = self.open.iter_mut().rev().find_map(|open| match &mut open.what {
                    Element::Suite(suite) => suite.own.as_deref_mut(),
                    Element::Case | Element::Failed | Element::Other => None,
                });
                suite.into_iter().for_each(|test| test.push(more));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Returns the values of the attributes in `names`; `None` for one that is missing or blank. The number of
    /// attributes is limited, because the XML reader's check for duplicates takes quadratic time.
    fn attributes<const N: usize>(
        &self,
        element: &BytesStart<'_>,
        at: usize,
        names: [&str; N],
    ) -> Result<[Option<String>; N], Malformed> {
        let mut found = [const { None }; N];
        for (count, attribute) in element.attributes().enumerate() {
            if count == ATTRIBUTES {
                return Err(self.wrong(at, format!("has an element with more than {ATTRIBUTES} attributes")));
            }
            let unread = |_| self.wrong(at, "has an element with a malformed or duplicate attribute");
            let attribute = attribute.map_err(unread)?;
            let wanted = names.iter().position(|name| *name == attribute.key.as_ref());
            if let Some(place) = wanted.and_then(|place| found.get_mut(place)) {
                // A value that XML does not allow stays as it is written.
                let value = attribute.normalized_value(XmlVersion::Explicit1_0);
                let value = value.map_or_else(|_| attribute.value.to_string(), Cow::into_owned);
                *place = Some(value).filter(|value| !value.trim().is_empty());
            }
        }
        Ok(found)
    }

    /// The line of a byte offset. Offsets must be passed in ascending order.
    fn line(&mut self, at: usize) -> usize {
        let (from, line) = self.counted;
        let line = line + self.text.get(from..at).unwrap_or_default().matches('\n').count();
        self.counted = (at, line);
        line
    }
}
