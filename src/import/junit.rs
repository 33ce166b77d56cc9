//! Reads failures from JUnit XML reports, as written by test runners: `testcase` elements, which contain
//! `failure` or `error` if the test failed.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};

use super::Failures;
use super::format::{Malformed, ReportFormat};

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
                let character = name.resolve_char_ref().map_err(|error| report.wrong(at, error))?;
                let own = || escape::resolve_predefined_entity(&name).map(str::to_owned);
                let Some(more) = character.map(String::from).or_else(own) else {
                    let name: String = name.chars().take(40).collect();
                    return Err(report.wrong(at, format!("`&{name};` is not a predefined XML entity")));
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
    /// A `testsuite`, with its name.
    Suite(Option<String>),
    /// A `testcase`.
    Case,
    /// A `failure` or `error` of a test.
    Failed,
    /// Any other element.
    Other,
}

/// The test case that is being read.
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
    /// The number of reruns that failed too.
    reruns: u64,
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
            "testsuite" => {
                let [name] = self.attributes(element, at, ["name"])?;
                Element::Suite(name)
            }
            "testcase" if self.test.is_none() => {
                self.test = Some(self.case(element, at)?);
                Element::Case
            }
            "failure" | "error" if self.test.is_some() => {
                let [message, kind] = self.attributes(element, at, ["message", "type"])?;
                if let Some(test) = &mut self.test {
                    test.message = test.message.take().or(message);
                    test.kind = test.kind.take().or(kind);
                    test.failed = true;
                }
                Element::Failed
            }
            // Surefire writes these for a rerun that failed too.
            "rerunFailure" | "rerunError" => {
                self.test.iter_mut().for_each(|test| test.reruns += 1);
                Element::Other
            }
            _ => Element::Other,
        };
        self.open.push(Open { name: shown(), what });
        Ok(())
    }

    fn case(&mut self, element: &BytesStart<'_>, at: usize) -> Result<Test, Malformed> {
        let [name, class] = self.attributes(element, at, ["name", "classname"])?;
        let suite = self.open.iter().rev().find_map(|open| match &open.what {
            Element::Suite(name) => name.clone(),
            Element::Case | Element::Failed | Element::Other => None,
        });
        let names: Vec<String> = class.or(suite).into_iter().chain(name).collect();
        if names.is_empty() {
            return Err(self.wrong(at, "has a test without a name"));
        }
        let key = format!("junit:{}", names.join("."));
        let line = self.line(at);
        Ok(Test { key, line, message: None, kind: None, text: String::new(), failed: false, reruns: 0 })
    }

    fn end(&mut self, at: usize) -> Result<(), Malformed> {
        let Some(Open { what: Element::Case, .. }) = self.open.pop() else { return Ok(()) };
        let Some(test) = self.test.take().filter(|test| test.failed) else { return Ok(()) };
        let message = test.message.filter(|message| !message.trim().is_empty()).unwrap_or(test.text);
        let message = if message.trim().is_empty() { test.kind.unwrap_or_default() } else { message };
        let added = self.failures.add(&test.key, &message, 1 + test.reruns, &test.line.to_string());
        added.map_err(|message| self.wrong(at, message))
    }

    fn text(&mut self, more: &str, at: usize) -> Result<(), Malformed> {
        match (self.open.last(), &mut self.test) {
            (None, _) if !more.trim().is_empty() => Err(self.wrong(at, "has text outside of its elements")),
            (Some(Open { what: Element::Failed, .. }), Some(test)) => {
                let room = TEXT_BYTES.saturating_sub(test.text.len());
                test.text.push_str(more.get(..more.floor_char_boundary(room)).unwrap_or_default());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The values of the attributes in `names`, if present and not blank. The number of attributes is limited
    /// because the XML reader's check for duplicates takes quadratic time.
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
                let value = attribute.normalized_value(XmlVersion::Explicit1_0);
                let foreign = "has an attribute with an entity that is not predefined in XML";
                let value = value.map_err(|_| self.wrong(at, foreign))?;
                *place = Some(value.into_owned()).filter(|value| !value.trim().is_empty());
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
