//! Similarity of names and sentences. It shows which name a user may have meant, and whether two names may mean the
//! same thing.

use similar::TextDiff;

/// The least similarity, from 0 to 1, at which two names may mean the same thing.
const LIKENESS_THRESHOLD: f32 = 0.75;

/// Whether two names, or two sentences, are so similar that they may mean the same thing.
pub fn are_alike(a: &str, b: &str) -> bool {
    likeness_of(a, b) >= LIKENESS_THRESHOLD
}

/// Returns the similarity of two names or sentences, from 0 to 1. They are compared as written, and once more with
/// their parts between `-`, `_` and `.` sorted. The higher value counts.
pub fn likeness_of(a: &str, b: &str) -> f32 {
    let sorted = |text: &str| {
        let mut words: Vec<&str> = text.split(['-', '_', '.']).collect();
        words.sort_unstable();
        words.join("-")
    };
    ratio(a, b).max(ratio(&sorted(a), &sorted(b)))
}

fn ratio(a: &str, b: &str) -> f32 {
    TextDiff::from_chars(a, b).ratio()
}

/// Returns the candidates similar to a name, the most similar first. If two are equally similar, the one that is more
/// similar as written comes first. A candidate equal to the name is left out.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let others = candidates.into_iter().filter(|other| *other != name);
    let mut found: Vec<(f32, f32, &str)> =
        others.map(|other| (likeness_of(name, other), ratio(name, other), other)).collect();
    found.retain(|(likeness, ..)| *likeness >= LIKENESS_THRESHOLD);
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(b.2)));
    found.dedup_by(|a, b| a.2 == b.2);
    found.into_iter().map(|(.., name)| name).collect()
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
