//! Rules for signatures and types: no parameter hides what it means, and no type derefs to another.

use super::architecture::sources;

/// The parameters of the functions in a source, each list as one string.
fn parameter_lists(text: &str) -> impl Iterator<Item = &str> {
    let functions = text.match_indices("fn ").map(|(at, _)| &text[at..]);
    functions.filter_map(|rest| {
        let list = &rest[rest.find('(')?..];
        let mut depth = 0;
        let end = list.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        })?;
        Some(&list[1..end])
    })
}

#[test]
fn no_function_takes_a_bool() {
    for (path, text) in sources() {
        let text = text.split("#[cfg(test)]").next().unwrap();
        for list in parameter_lists(text) {
            let is_conversion = list == "json: bool" && path.ends_with("cli/ui.rs");
            assert!(is_conversion || !list.contains(": bool"), "{path}: {list}: name the two cases");
        }
    }
    let lists: Vec<_> =
        parameter_lists("fn a(b: &dyn Fn(u8) -> u8, c: u8) -> C {}\npub fn d(e: F, g: bool) {").collect();
    assert_eq!(lists, ["b: &dyn Fn(u8) -> u8, c: u8", "e: F, g: bool"]);
}

/// Files in which a parameter is a tuple.
const WITH_TUPLES: &[&str] = &["ledger/walk.rs"];

/// Whether one of these parameters is a tuple, also behind a reference.
fn has_tuple(list: &str) -> bool {
    list.replace("&mut (", "(").replace("&(", "(").contains(": (")
}

#[test]
fn no_function_takes_a_tuple_in_place_of_arguments() {
    for (path, text) in sources() {
        let tuple = parameter_lists(&text).find(|list| has_tuple(list));
        if WITH_TUPLES.contains(&path.as_str()) {
            assert!(tuple.is_some(), "src/{path} is no exception any more");
        } else {
            assert_eq!(tuple, None, "src/{path}: separate the arguments, or name them in a struct");
        }
    }
    assert!(has_tuple("\n    (a, b): (A, B),") && has_tuple("a: &mut (A, B)"));
    assert!(!has_tuple("a: &[(A, B)], b: impl Fn((A, B)) -> C"));
}

#[test]
fn no_type_passes_for_another_by_deref() {
    for (path, text) in sources() {
        for derefs in ["Deref for", "DerefMut for"] {
            assert!(!text.contains(derefs), "src/{path}: give the type the methods that it needs");
        }
    }
}
