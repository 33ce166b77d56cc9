//! Numbers with their nouns, for messages.

use std::fmt::Display;

/// Returns a number with its noun: `1 record`, `2 records`, `0 entries`.
pub(crate) fn count<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    format!("{number} {}", plural(number, noun))
}

/// Returns a noun in the singular if the number is 1, and in the plural otherwise.
pub(crate) fn plural<N: PartialEq + From<u8>>(number: N, noun: &str) -> String {
    if number == N::from(1) {
        return noun.to_owned();
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o']) => format!("{stem}ies"),
        Some(_) | None => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_follows_its_number() {
        assert_eq!([count(0_u64, "record"), count(1_usize, "record")], ["0 records", "1 record"]);
        assert_eq!([count(1_i64, "entry"), count(2_i64, "entry")], ["1 entry", "2 entries"]);
        assert_eq!(count(2_u64, "day"), "2 days");
    }
}
