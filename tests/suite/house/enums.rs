//! No `match` has a wildcard on an enum of ours, so that each `match` has to be extended for a new variant.
//!
//! This is a text search. It finds each `match` that has an arm with a variant of an enum of `src`, and also an arm
//! that matches everything.

use std::collections::BTreeSet;

use super::architecture::sources;
use super::imports::tokens;

/// Files that may have such a `match`, with the reason.
const EXCEPTED: &[(&str, &str)] = &[
    ("cli/conversions.rs", "an error without an exit code or a hint of its own has the general one"),
    ("cli/propose.rs", "the argument parser admits two of the kinds"),
    ("cli/record/import.rs", "asks whether everything is covered"),
    ("cli/record/options.rs", "asks for one kind"),
    ("draft/reports.rs", "asks whether everything is covered"),
    ("git/repository.rs", "the enum is of gix, and may grow"),
    ("import/junit.rs", "asks for one kind of element; text in any other is passed over"),
    ("ledger/walk.rs", "asks for one kind of error, and returns any other"),
];

/// Returns the names of the enums that a text defines, also by a macro such as `choice!`.
fn enums(tokens: &[String]) -> BTreeSet<String> {
    tokens.windows(2).filter(|pair| pair[0] == "enum").map(|pair| pair[1].clone()).collect()
}

fn depth_after(depth: i32, token: &str) -> i32 {
    depth + i32::from(matches!(token, "(" | "[" | "{")) - i32::from(matches!(token, ")" | "]" | "}"))
}

/// Returns the number of tokens before the first at depth 0 that `is_end` accepts.
fn until(tokens: &[String], is_end: impl Fn(&[String]) -> bool) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        if depth == 0 && is_end(&tokens[at..]) {
            return at;
        }
        depth = depth_after(depth, token);
    }
    tokens.len()
}

/// Returns the patterns of a `match`, with their guards. The tokens begin after its `{`.
fn patterns(tokens: &[String]) -> Vec<&[String]> {
    let mut found = Vec::new();
    let mut rest = tokens;
    while rest.first().is_some_and(|token| token != "}") {
        let arrow = until(rest, |rest| rest.len() > 1 && rest[0] == "=" && rest[1] == ">");
        found.push(&rest[..arrow]);
        rest = rest.get(arrow + 2..).unwrap_or_default();
        let is_block = rest.first().is_some_and(|token| token == "{");
        // The body ends here. A comma follows, which may be missing after a block.
        let body = until(rest, |rest| rest[0] == "," || rest[0] == "}");
        let block = if is_block { 1 + until(&rest[1..], |rest| rest[0] == "}") + 1 } else { body };
        rest = rest.get(if is_block { block } else { body }..).unwrap_or_default();
        rest = rest.strip_prefix(&[",".to_owned()]).unwrap_or(rest);
    }
    found
}

/// Whether a pattern matches everything: `_`, a single name, or a tuple of these. A pattern with a guard does not.
fn matches_all(pattern: &[String]) -> bool {
    pattern.iter().all(|token| {
        matches!(token.as_str(), "(" | ")" | "," | "&" | "mut" | "ref")
            || token != "if" && token.starts_with(|first: char| first == '_' || first.is_ascii_lowercase())
    }) && !pattern.is_empty()
}

/// Whether a pattern names a variant of one of the enums.
fn names_variant(pattern: &[String], enums: &BTreeSet<String>) -> bool {
    pattern.windows(3).any(|part| {
        part[1] == "::"
            && part[2].starts_with(|first: char| first.is_ascii_uppercase())
            && (part[0] == "Self" || enums.contains(&part[0]))
    })
}

/// For each `match` over one of the enums that has an arm for everything, returns the first pattern that names a
/// variant.
fn wildcards(tokens: &[String], enums: &BTreeSet<String>) -> Vec<String> {
    let starts = (0..tokens.len()).filter(|at| tokens[*at] == "match");
    let arms = starts.map(|at| {
        let rest = &tokens[at + 1..];
        let open = until(rest, |rest| rest[0] == "{");
        patterns(rest.get(open + 1..).unwrap_or_default())
    });
    arms.filter_map(|arms| {
        let variant = arms.iter().find(|pattern| names_variant(pattern, enums))?;
        arms.iter().any(|pattern| matches_all(pattern)).then(|| variant.join(" "))
    })
    .collect()
}

#[test]
fn no_match_on_our_own_enums_has_a_wildcard() {
    let sources: Vec<_> = sources().into_iter().map(|(path, text)| (path, tokens(&text))).collect();
    let enums: BTreeSet<String> = sources.iter().flat_map(|(_, tokens)| enums(tokens)).collect();
    assert!(enums.contains("Body") && enums.contains("Kind") && enums.contains("Code"));
    let found = sources.iter().flat_map(|(path, tokens)| {
        wildcards(tokens, &enums).into_iter().map(move |variant| format!("src/{path}: beside {variant}"))
    });
    let is_excepted = |line: &str, path: &str| line.starts_with(&format!("src/{path}:"));
    let (excepted, found): (Vec<String>, Vec<String>) =
        found.partition(|line| EXCEPTED.iter().any(|(path, _)| is_excepted(line, path)));
    assert!(found.is_empty(), "name the variants, or use `let … else`:\n{}", found.join("\n"));
    for (path, _) in EXCEPTED {
        assert!(excepted.iter().any(|line| is_excepted(line, path)), "src/{path} is no exception any more");
    }
}

#[test]
fn a_wildcard_is_found() {
    let enums = BTreeSet::from(["Body".to_owned()]);
    let found =
        |arms: &str| wildcards(&tokens(&format!("fn f() {{ match body {{ {arms} }} }}")), &enums).len();
    assert_eq!(found("Body::Trust(_) => { 1 } Body::Policy(_) => match x { 1 => 2, _ => 3 },"), 0);
    assert_eq!(found("Some(_) => 1, _ => 2,"), 0);
    assert_eq!(found("Body::Trust(_) => { 1 } _ => 2,"), 1);
    assert_eq!(found("Body::Trust(_) => Some { a: 1 }, _ if x => 2, Body::Policy(_) => 3"), 0);
    assert_eq!(found("Body::Trust(_) if x => Some { a: 1 }, _ => 2"), 1);
    assert_eq!(found("(Body::Trust(_), Some(1)) => 1, (_, other) => 2"), 1);
    assert_eq!(found("Self::Trust(trust) => trust, other => other.into()"), 1);
    assert_eq!(found("1 => match body { Body::Trust(_) => 1, _ => 2 }, 2 => 3, _ => 4"), 1);
}
