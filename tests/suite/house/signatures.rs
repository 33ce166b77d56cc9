//! What signatures may not have: parameters that do not say what they mean, and types that pass for others.

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

#[test]
fn no_type_passes_for_another_by_deref() {
    for (path, text) in sources() {
        for derefs in ["Deref for", "DerefMut for"] {
            assert!(!text.contains(derefs), "src/{path}: give the type the methods that it needs");
        }
    }
}
