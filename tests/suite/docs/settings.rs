//! The guide documents every setting and every environment variable that the program reads.

use crate::house::architecture::sources;

/// Variables that Git or the system sets for every program. The guide need not document them, nor those that a pipeline
/// sets (`GITHUB_…`).
const OF_OTHERS: &[&str] = &["GIT_COMMON_DIR", "GIT_DIR", "PATH", "TERM"];

/// Returns every text between `before` and the next `after` in the sources, sorted and without duplicates.
fn between(before: &str, after: &str) -> Vec<String> {
    let mut found: Vec<String> = sources()
        .iter()
        .flat_map(|(_, text)| {
            text.split(before)
                .skip(1)
                .filter_map(|rest| rest.split(after).next())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_setting_and_every_variable_stands_in_the_guide() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/GUIDE.md")).unwrap();
    let folded = guide.to_ascii_lowercase();
    let keys = between("\"countersign.", "\"");
    let settings: Vec<&String> =
        keys.iter().filter(|key| key.bytes().all(|byte| byte.is_ascii_alphabetic())).collect();
    assert!(settings.len() >= 5, "{keys:?}");
    for setting in settings {
        assert!(folded.contains(&format!("`countersign.{}`", setting.to_ascii_lowercase())), "{setting}");
    }
    let mut variables = between("variable(\"", "\"");
    variables.extend(between(" text(\"", "\""));
    assert!(variables.len() > 8, "{variables:?}");
    let is_ours = |name: &&String| !OF_OTHERS.contains(&name.as_str()) && !name.starts_with("GITHUB_");
    for name in variables.iter().filter(is_ours) {
        assert!(guide.contains(&format!("`{name}`")), "{name}");
    }
}
