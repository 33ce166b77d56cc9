//! Tokens with a prefix that their issuers document, and JSON web tokens (RFC 7519).

use super::found::Secret;

/// For each token: its prefix, the minimum length of the rest, and the kind of token.
const TOKENS: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "AWS access key"),
    ("ASIA", 16, "AWS access key"),
    ("ABIA", 16, "AWS access key"),
    ("ACCA", 16, "AWS access key"),
    ("ghp_", 30, "GitHub token"),
    ("gho_", 30, "GitHub token"),
    ("ghu_", 30, "GitHub token"),
    ("ghs_", 30, "GitHub token"),
    ("ghr_", 30, "GitHub token"),
    ("github_pat_", 40, "GitHub token"),
    ("glpat-", 18, "GitLab token"),
    ("gldt-", 18, "GitLab token"),
    ("glptt-", 18, "GitLab token"),
    ("glrt-", 18, "GitLab token"),
    ("glrtr-", 18, "GitLab token"),
    ("glcbt-", 18, "GitLab token"),
    ("glimt-", 18, "GitLab token"),
    ("glft-", 18, "GitLab token"),
    ("glsoat-", 18, "GitLab token"),
    ("glagent-", 18, "GitLab token"),
    ("gloas-", 18, "GitLab token"),
    ("glffct-", 18, "GitLab token"),
    ("GR1348941", 18, "GitLab token"),
    ("ATBB", 24, "Bitbucket token"),
    ("ATATT3x", 40, "Atlassian token"),
    ("ATCTT3x", 40, "Atlassian token"),
    ("xoxb-", 20, "Slack token"),
    ("xoxp-", 20, "Slack token"),
    ("xoxa-", 20, "Slack token"),
    ("xoxr-", 20, "Slack token"),
    ("xoxs-", 20, "Slack token"),
    ("xoxe-", 20, "Slack token"),
    ("xoxe.", 20, "Slack token"),
    ("xapp-", 20, "Slack token"),
    ("sk_live_", 20, "Stripe key"),
    ("rk_live_", 20, "Stripe key"),
    ("sk_test_", 20, "Stripe key"),
    ("rk_test_", 20, "Stripe key"),
    ("whsec_", 24, "Stripe key"),
    ("npm_", 30, "npm token"),
    ("pypi-AgE", 40, "PyPI token"),
    ("rubygems_", 40, "RubyGems key"),
    ("cio", 32, "crates.io token"),
    ("dckr_pat_", 24, "Docker token"),
    ("dckr_oat_", 24, "Docker token"),
    ("dop_v1_", 40, "DigitalOcean token"),
    ("doo_v1_", 40, "DigitalOcean token"),
    ("dor_v1_", 40, "DigitalOcean token"),
    ("hvs.", 20, "Vault token"),
    ("hvb.", 20, "Vault token"),
    ("hvr.", 20, "Vault token"),
    ("AIza", 30, "Google API key"),
    ("GOCSPX-", 24, "Google client secret"),
    ("ya29.", 24, "Google access token"),
    ("SG.", 40, "SendGrid key"),
    ("hf_", 30, "Hugging Face token"),
    ("sk-proj-", 30, "OpenAI key"),
    ("sk-svcacct-", 30, "OpenAI key"),
    ("sk-ant-", 30, "Anthropic key"),
    ("dapi", 32, "Databricks token"),
    ("shpat_", 30, "Shopify token"),
    ("shpca_", 30, "Shopify token"),
    ("shppa_", 30, "Shopify token"),
    ("shpss_", 30, "Shopify token"),
    ("lin_api_", 30, "Linear key"),
    ("PMAK-", 40, "Postman key"),
    ("glsa_", 30, "Grafana token"),
    ("glc_", 30, "Grafana token"),
    ("NRAK-", 24, "New Relic key"),
    ("dp.pt.", 30, "Doppler token"),
    ("dp.st.", 30, "Doppler token"),
    ("pul-", 36, "Pulumi token"),
    ("sq0atp-", 20, "Square token"),
    ("sq0csp-", 30, "Square token"),
    ("HRKU-", 30, "Heroku key"),
    ("AKCp", 40, "JFrog key"),
    ("ops_eyJ", 40, "1Password token"),
    ("tskey-", 16, "Tailscale key"),
    ("sbp_", 36, "Supabase token"),
    ("sntrys_", 30, "Sentry token"),
    ("sntryu_", 30, "Sentry token"),
    ("pscale_tkn_", 24, "PlanetScale token"),
    ("pscale_pw_", 24, "PlanetScale token"),
    ("nfp_", 30, "Netlify token"),
    ("figd_", 30, "Figma token"),
    ("squ_", 36, "SonarQube token"),
    ("sqp_", 36, "SonarQube token"),
    ("sqa_", 36, "SonarQube token"),
    ("oy2", 40, "NuGet key"),
    ("FlyV1", 30, "Fly.io token"),
];

/// Whether a token may contain a character.
fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-.+/=".contains(character)
}

/// Finds tokens. A token can be the end of a test name or of a path. So the search in a word begins at the word's
/// start, and again after each punctuation mark in the word.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, is_of_token(character)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                found.extend(in_word(text.get(from..at).unwrap_or_default(), from));
                start = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    found
}

fn in_word(word: &str, at: usize) -> Option<Secret> {
    let rests = word
        .match_indices(['.', '/', '+', '-', '_', '='])
        .filter_map(|(at, _)| word.get(at + 1..).map(|rest| (at + 1, rest)));
    let secret = |from: usize, kind| Secret { place: at + from..at + word.len(), kind };
    std::iter::once((0, word)).chain(rests).find_map(|(from, rest)| {
        let kind = token(rest).or_else(|| is_web_token(rest).then_some("JSON web token"));
        kind.map(|kind| secret(from, kind))
    })
}

fn token(text: &str) -> Option<&'static str> {
    let is = |(start, least, _): &&(&str, usize, _)| {
        let Some(rest) = text.strip_prefix(start) else { return false };
        // A word of prose may begin like a token with a short prefix, but such a word has no digit.
        rest.len() >= *least && rest.bytes().any(|byte| byte.is_ascii_digit())
    };
    TOKENS.iter().find(is).map(|(_, _, kind)| *kind)
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
    fn each_token_is_found_alone_in_prose_and_at_the_end_of_a_name() {
        for (prefix, least, kind) in TOKENS {
            let token = format!("{prefix}{}", "a1B2c3D4e5".repeat(10).get(..*least).unwrap());
            for (before, after) in
                [("", ""), ("use ", " here"), ("k=", ""), ("junit:suite.test_", ""), ("\"", "\",")]
            {
                let text = format!("{before}{token}{after}");
                let found = find(&text);
                assert_eq!(found.len(), 1, "{text}");
                assert_eq!(text.get(found[0].place.clone()).unwrap(), token, "{text}");
                assert_eq!(found[0].kind, *kind);
            }
            assert_eq!(find(prefix), [], "the prefix alone");
            assert_eq!(find(&format!("{prefix}a1")), [], "too short");
        }
        assert_eq!(find("eyJhbGciOi.eyJzdWIiOi.SflKxwRJSMeKKF2QT4")[0].kind, "JSON web token");
    }
}
