//! Finds text that looks like a secret. Records are permanent, so a secret must not become part of one.
//!
//! Input: text. Output: the place and the kind of everything that looks like a secret. Most tokens are found by the
//! prefixes that their issuers document. Other secrets are found by their form: private keys, JSON web tokens,
//! passwords in URLs, and values that are assigned to a name such as `password`.
//! Digests, commit ids and references such as `vault:…` do not count as secrets.

mod assignment;
mod found;
mod tokens;
mod url;

pub use found::Secret;

/// Returns the parts of a text that look like secrets, in order. Parts that overlap are merged into one.
pub fn secrets(text: &str) -> Vec<Secret> {
    let mut found = armored(text);
    found.extend(tokens::find(text));
    found.extend(url::find(text));
    found.extend(assignment::find(text));
    found.sort_by_key(|secret| (secret.place.start, std::cmp::Reverse(secret.place.end)));
    let mut merged: Vec<Secret> = Vec::new();
    for secret in found {
        match merged.last_mut() {
            Some(last) if secret.place.start < last.place.end => {
                last.place.end = last.place.end.max(secret.place.end);
            }
            Some(_) | None => merged.push(secret),
        }
    }
    merged
}

/// Returns the text, with `[redacted: KIND]` in place of each part that looks like a secret.
pub fn redact(text: &str) -> String {
    let (mut out, mut from) = (String::new(), 0);
    for secret in secrets(text) {
        out.push_str(text.get(from..secret.place.start).unwrap_or_default());
        out.push_str(&format!("{REDACTED}{}]", secret.kind));
        from = secret.place.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

/// The beginning of the text that replaces a secret.
pub const REDACTED: &str = "[redacted: ";

/// Finds armored private keys (RFC 7468, RFC 9580 §6.2), and the private keys of PuTTY and age. An armored key reaches
/// to its `END` line, or to the end of the text if the text has no such line.
fn armored(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("-----BEGIN ")).map(|at| from + at) {
        let rest = text.get(at..).unwrap_or_default();
        let label_end = rest.get(11..).and_then(|label| label.find("-----")).map(|end| 11 + end);
        let label = label_end.and_then(|end| rest.get(11..end)).unwrap_or_default();
        from = at + 11;
        if !label.contains("PRIVATE KEY") || label.len() > 60 {
            continue;
        }
        let footer = format!("-----END {label}-----");
        let end = rest.find(&footer).map_or(text.len(), |end| at + end + footer.len());
        let kind = if label.starts_with("PGP") { "PGP private key" } else { "private key" };
        found.push(Secret { place: at..end, kind });
        from = end;
    }
    found.extend(text.match_indices("PuTTY-User-Key-File-").map(|(at, _)| {
        // The last line of a PuTTY key file is its MAC.
        let end = text.get(at..).and_then(|rest| {
            let mac = rest.find("Private-MAC:")?;
            Some(mac + rest.get(mac..)?.find('\n')?)
        });
        Secret { place: at..end.map_or(text.len(), |end| at + end), kind: "private key" }
    }));
    found.extend(text.match_indices("AGE-SECRET-KEY-1").map(|(at, _)| {
        let end = text.get(at..).and_then(|rest| rest.find(char::is_whitespace));
        Secret { place: at..end.map_or(text.len(), |end| at + end), kind: "age private key" }
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_replaced_and_nothing_of_it_is_left() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----";
        assert_eq!(redact(&format!("a {key} b")), "a [redacted: private key] b");
        let cut = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQdGBF";
        assert_eq!(redact(cut), "[redacted: PGP private key]");
        assert_eq!(redact("-----BEGIN CERTIFICATE-----\nMIIB"), "-----BEGIN CERTIFICATE-----\nMIIB");
        assert_eq!(redact("-----BEGIN PUBLIC KEY-----\nMIIB"), "-----BEGIN PUBLIC KEY-----\nMIIB");
        let putty = "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAAIGk7\nPrivate-MAC: 9f86";
        assert_eq!(redact(&format!("a {putty}\nb")), "a [redacted: private key]\nb");
        assert_eq!(redact("PuTTY-User-Key-File-3: a\nPrivate-Lines: 1\nAAAAIGk7"), "[redacted: private key]");
        let overlapping = format!("password=Abc12345{}", key.replace(" b", "b"));
        assert_eq!(redact(&overlapping), "password=[redacted: password]");
        let age = format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF".repeat(5));
        assert_eq!(redact(&format!("with {age} there")), "with [redacted: age private key] there");
        let two = format!("{0} and {0}", format_args!("ghp_{}", "a1B2".repeat(9)));
        assert_eq!(redact(&two), "[redacted: GitHub token] and [redacted: GitHub token]");
    }

    #[test]
    fn digests_ids_and_references_raise_no_alarm() {
        for good in [
            "token of the job: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            "secret=e83c5163316f89bfbde7d9ab23ca2e25604af290",
            "password: vault:kv/payments/vendor#v12",
            "credential = \"vault:lease/8d3f6c2e-1b7a-4d1e-9a53-1c0f2f9e7a11\"",
            "api_key: ${API_KEY}",
            "password=<redacted>",
            "password=********",
            "token = \"$GITHUB_TOKEN\"",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "https://example.org/a?b=c, ssh://git@example.org/x, https://user@example.org",
            "http://user:***@example.org, http://user:$PASSWORD@example.org",
            "ghp_ tokens were rotated, and glpat- ones too",
            "the test `passwords_are_hashed` failed: expected true, found false",
            "secret_key_base_is_present_in_production",
            "commit e83c5163316f89bfbde7d9ab23ca2e25604af290 of run 8841, step reconcile",
            "SHA256:uNiVztksCsDhcc0u9e8BrrDx5lAHXBxDCcxdiKeIL8A alice@laptop",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMZ0b1OzNQ7aPXyl5Y2n6wQ1uWbQ4p3Kf2b1c0d9e8f7 alice@laptop",
        ] {
            assert_eq!(secrets(good), [], "{good}");
        }
    }

    #[test]
    fn no_text_makes_it_panic_or_lose_what_is_no_secret() {
        for text in
            ["", "-----BEGIN ", "-----BEGIN -----", "://", "a://:@", "password=", "password=\"", "ü://ä@ß"]
        {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn the_password_of_a_url_is_redacted_and_the_rest_stays() {
        for (text, safe) in [
            (
                "cannot connect to postgres://app:hunter2secret@db.example.org/payments",
                "cannot connect to postgres://app:[redacted: password]@db.example.org/payments",
            ),
            ("https://u:p4ss@h", "https://u:[redacted: password]@h"),
            ("amqp://:s3cret@q, next", "amqp://:[redacted: password]@q, next"),
            ("redis://default:a/b?c#d@cache:6379/0", "redis://default:[redacted: password]@cache:6379/0"),
            ("see https://example.org:8080/a@b", "see https://example.org:8080/a@b"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ] {
            assert_eq!(redact(text), safe);
        }
    }

    #[test]
    fn an_assigned_secret_is_redacted_and_its_name_stays() {
        for (text, safe) in [
            ("password=hunter2secret", "password=[redacted: password]"),
            ("DB_PASSWORD: \"c0rrect-horse\"", "DB_PASSWORD: \"[redacted: password]\""),
            ("{\"api_key\":\"9fK2mQx7LpZ0aVtR4bYc\"}", "{\"api_key\":\"[redacted: secret]\"}"),
            ("AccountKey=q8Wz/3kLmN0pRsTuVwXy==;Endpoint", "AccountKey=[redacted: secret];Endpoint"),
            ("Authorization: Bearer 9fK2mQx7LpZ0aVtR4bYc", "Authorization: Bearer [redacted: secret]"),
            ("authorization: basic dXNlcjpodW50ZXIyc2VjcmV0", "authorization: basic [redacted: secret]"),
            ("client_secret := 'Zx81-Qm7v-Lp20-Vt4R'", "client_secret := '[redacted: secret]'"),
        ] {
            assert_eq!(redact(text), safe);
        }
    }
}
