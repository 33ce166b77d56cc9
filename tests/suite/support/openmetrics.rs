//! A strict parser for OpenMetrics text.

use std::collections::{BTreeMap, BTreeSet};

/// The value of each sample, by name and labels.
pub type Samples = BTreeMap<(String, BTreeMap<String, String>), i64>;

/// The metric family that is being parsed.
#[derive(Default)]
struct Family {
    name: String,
    kind: String,
    described: BTreeSet<String>,
    has_samples: bool,
}

/// Parses an exposition and returns its samples; panics if it is not strictly valid.
#[track_caller]
pub fn read(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("the text must end in `# EOF` and a newline");
    let (mut samples, mut seen) = (Samples::new(), BTreeSet::new());
    let mut family = Family::default();
    for line in body.split_terminator('\n') {
        if let Some(rest) = line.strip_prefix("# ") {
            let [word, name, value] = rest.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if name != family.name {
                assert!(seen.insert(name.to_owned()), "a family must not be interrupted: {line}");
                assert!(is_name(name, true), "{line}");
                family = Family { name: name.to_owned(), ..Family::default() };
            }
            assert!(!family.has_samples, "metadata must precede samples: {line}");
            assert!(family.described.insert(word.to_owned()), "duplicate metadata: {line}");
            match word {
                "TYPE" => {
                    assert!(matches!(value, "gauge" | "counter"), "{line}");
                    value.clone_into(&mut family.kind);
                }
                "UNIT" => assert!(name.ends_with(&format!("_{value}")), "the unit must be a suffix: {line}"),
                "HELP" => drop(unescape(value, line)),
                _ => panic!("{line}"),
            }
            continue;
        }
        family.has_samples = true;
        let (name, labels, value) = sample(line);
        let total = if family.kind == "counter" { "_total" } else { "" };
        assert_eq!(name, format!("{}{total}", family.name), "{line}");
        assert!(family.kind != "counter" || value >= 0, "{line}");
        assert_eq!(samples.insert((name, labels), value), None, "duplicate sample: {line}");
    }
    samples
}

fn is_name(text: &str, colon: bool) -> bool {
    let good = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || (colon && letter == ':');
    !text.is_empty() && text.chars().all(good) && !text.starts_with(|letter: char| letter.is_ascii_digit())
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, i64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("{line}"));
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name, true), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
            assert!(is_name(label, false), "{line}");
            let end = closing_quote(after).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(labels.insert(label.to_owned(), unescape(&after[..end], line)), None, "{line}");
            rest = &after[end + 1..];
            match rest.as_bytes().first() {
                Some(b',') => rest = &rest[1..],
                Some(b'}') => break rest = &rest[1..],
                _ => panic!("{line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    (
        name.to_owned(),
        labels,
        value.parse().unwrap_or_else(|_| panic!("not a whole number, or text after it: {line}")),
    )
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let closes = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Unescapes a label value or help text. The format has three escapes, and quotes must be escaped.
fn unescape(text: &str, line: &str) -> String {
    let (mut out, mut rest) = (String::new(), text.chars());
    while let Some(letter) = rest.next() {
        out.push(match letter {
            '\\' => match rest.next() {
                Some('\\') => '\\',
                Some('"') => '"',
                Some('n') => '\n',
                other => panic!("unknown escape {other:?}: {line}"),
            },
            '"' => panic!("an unescaped quote: {line}"),
            letter => letter,
        });
    }
    out
}
