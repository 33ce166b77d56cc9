//! Lists of names for a sentence, shortened if they are long.

/// Joins names with commas. If there are more than `most` names, only the first `most` are listed, and the others are
/// counted: `a, b and 3 more`.
pub fn listed(names: impl IntoIterator<Item = String>, most: usize) -> String {
    let names: Vec<String> = names.into_iter().collect();
    let first = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
