//! A strict reader of OpenMetrics text.

use std::collections::{BTreeMap, BTreeSet};

/// Each sample by its name and labels.
pub type Samples = BTreeMap<(String, BTreeMap<String, String>), i64>;

/// What is known of the family that is being read.
#[derive(Default)]
struct Family {
    name: String,
    kind: String,
    described: BTreeSet<String>,
    has_samples: bool,
}

/// The samples of an exposition.
#[track_caller]
pub fn read(text: &str) -> Samples {
    let body = text.strip_suffix("# EOF\n").expect("it ends in # EOF and an end of line");
    let (mut samples, mut seen) = (Samples::new(), BTreeSet::new());
    let mut family = Family::default();
    for line in body.split_terminator('\n') {
        if let Some(rest) = line.strip_prefix("# ") {
            let [word, name, said] = rest.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            if name != family.name {
                assert!(seen.insert(name.to_owned()), "a family in two places: {line}");
                assert!(is_name(name, true), "{line}");
                family = Family { name: name.to_owned(), ..Family::default() };
            }
            assert!(!family.has_samples, "metadata behind samples: {line}");
            assert!(family.described.insert(word.to_owned()), "said twice: {line}");
            match word {
                "TYPE" => {
                    assert!(matches!(said, "gauge" | "counter"), "{line}");
                    said.clone_into(&mut family.kind);
                }
                "UNIT" => assert!(name.ends_with(&format!("_{said}")), "a unit that is no suffix: {line}"),
                "HELP" => drop(unescaped(said, line)),
                _ => panic!("{line}"),
            }
            continue;
        }
        family.has_samples = true;
        let (name, labels, value) = sample(line);
        let total = if family.kind == "counter" { "_total" } else { "" };
        assert_eq!(name, format!("{}{total}", family.name), "{line}");
        assert!(family.kind != "counter" || value >= 0, "{line}");
        assert_eq!(samples.insert((name, labels), value), None, "twice: {line}");
    }
    samples
}

fn is_name(text: &str, colon: bool) -> bool {
    let good = |it: char| it.is_ascii_alphanumeric() || it == '_' || (colon && it == ':');
    !text.is_empty() && text.chars().all(good) && !text.starts_with(|it: char| it.is_ascii_digit())
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
            assert_eq!(labels.insert(label.to_owned(), unescaped(&after[..end], line)), None, "{line}");
            rest = &after[end + 1..];
            match rest.as_bytes().first() {
                Some(b',') => rest = &rest[1..],
                Some(b'}') => break rest = &rest[1..],
                _ => panic!("{line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("no whole number, or more: {line}")))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, it)| {
        let closes = it == '"' && !escaped;
        escaped = it == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// The format knows three escapes, and no quote stands bare.
fn unescaped(text: &str, line: &str) -> String {
    let (mut out, mut rest) = (String::new(), text.chars());
    while let Some(it) = rest.next() {
        out.push(match it {
            '\\' => match rest.next() {
                Some('\\') => '\\',
                Some('"') => '"',
                Some('n') => '\n',
                other => panic!("the escape {other:?}: {line}"),
            },
            '"' => panic!("a bare quote: {line}"),
            it => it,
        });
    }
    out
}
