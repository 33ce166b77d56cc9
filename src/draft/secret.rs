//! Detects text that looks like a secret. Records are permanent, so a secret must be refused before it is
//! recorded.

/// Tokens of well-known services: prefix, minimum length of the rest, and name.
const TOKENS: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 18, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("sk_live_", 20, "a Stripe key"),
    ("hvs.", 20, "a Vault token"),
    ("AIza", 30, "a Google API key"),
];

/// Returns the kind of secret that a text seems to contain, if any.
pub(super) fn looks_like_secret(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let words =
        text.split(|character: char| !(character.is_ascii_alphanumeric() || "_-.+/".contains(character)));
    words.filter(|word| !word.is_empty()).find_map(|word| {
        parts(word).find_map(token).or_else(|| is_web_token(word).then_some("a JSON web token"))
    })
}

/// Returns a word and its rest after each punctuation character. A token can be the end of a test name or a
/// path, and its own characters include this punctuation, so the word cannot simply be split.
fn parts(word: &str) -> impl Iterator<Item = &str> {
    let rests = word.match_indices(['.', '/', '+', '-', '_']).filter_map(|(at, _)| word.get(at + 1..));
    std::iter::once(word).chain(rests)
}

fn token(text: &str) -> Option<&'static str> {
    let is =
        |(start, rest, _): &&(&str, usize, _)| text.starts_with(start) && text.len() >= start.len() + rest;
    TOKENS.iter().find(is).map(|(_, _, what)| *what)
}

fn is_web_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    matches!(
        parts.as_slice(),
        [head, body, signature]
            if head.starts_with("eyJ") && body.starts_with("eyJ") && signature.len() > 10
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_keys_are_noticed_and_prose_is_not() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        for bad in [
            format!("use {token} here"),
            "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
            format!("k=AKIA{}", "A".repeat(16)),
            format!("junit:suite.test_{token}"),
        ] {
            assert!(looks_like_secret(&bad).is_some(), "{bad}");
        }
        for good in ["vault:kv/payments/vendor#v12", "ghp_ tokens were rotated", "run 8841, step reconcile"] {
            assert!(looks_like_secret(good).is_none(), "{good}");
        }
    }
}
