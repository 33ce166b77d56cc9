//! Likeness of names: what somebody may have meant, and what may be the same under another name.

use similar::TextDiff;

/// From this likeness on, two names may mean the same.
const ALIKE: f32 = 0.75;

/// How alike two slugs are, from 0 to 1: by characters, or by their words in any order.
pub fn alike(a: &str, b: &str) -> f32 {
    let sorted = |text: &str| {
        let mut words: Vec<&str> = text.split(['-', '_', '.']).collect();
        words.sort_unstable();
        words.join("-")
    };
    let ratio = |a: &str, b: &str| TextDiff::from_chars(a, b).ratio();
    ratio(a, b).max(ratio(&sorted(a), &sorted(b)))
}

/// The candidates that are alike, the likeliest first; one that is the same is no suggestion.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found: Vec<(f32, &str)> =
        candidates.into_iter().filter(|it| *it != name).map(|it| (alike(name, it), it)).collect();
    found.retain(|(likeness, _)| *likeness >= ALIKE);
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    found.dedup_by(|a, b| a.1 == b.1);
    found.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reordered_and_misspelled_names_are_alike() {
        let causes = ["vendor-feed-stale", "stale-vendor-feed", "schema-drift"];
        assert_eq!(closest("vendr-feed-stale", causes), ["vendor-feed-stale", "stale-vendor-feed"]);
        assert!(closest("no-approver-night", causes).is_empty());
    }
}
