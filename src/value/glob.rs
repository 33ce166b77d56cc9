//! Glob patterns: for names in roles, and for refs and paths in the targets of a policy.

use std::fmt;
use std::str::FromStr;

use super::FormError;
use super::name::is_name_byte;

/// A pattern for names, in which `*` matches any run of name characters, e.g. `payments*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamePattern(Box<str>);

impl NamePattern {
    /// Whether `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        fits(self.0.as_bytes(), name.as_bytes(), Star::Anything)
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NamePattern {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let good = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte == b'*' || is_name_byte(byte))
            && text.starts_with(|first: char| first == '*' || first.is_ascii_alphanumeric());
        if good {
            Ok(Self(text.into()))
        } else {
            Err(FormError::expected("expected a name, in which `*` may stand for any run of characters"))
        }
    }
}

/// A pattern for refs and paths, e.g. `services/payments/**`. `*` does not match `/`; `**` does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern(Box<str>);

impl PathPattern {
    /// Whether a full ref name or a path matches.
    pub fn matches(&self, path: &[u8]) -> bool {
        fits(self.0.as_bytes(), path, Star::Segment)
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PathPattern {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let good = !text.is_empty()
            && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
            && !text.starts_with(' ')
            && !text.ends_with(' ');
        if good {
            Ok(Self(text.into()))
        } else {
            Err(FormError::expected("expected printable ASCII; `*` stops at `/`, `**` does not"))
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Star {
    Anything,
    Segment,
}

/// Whether a pattern matches a whole subject. Only two backtracking points are kept, one for the last `*` and one for
/// the last `**`, so that no pattern takes exponential time.
fn fits(pattern: &[u8], subject: &[u8], star: Star) -> bool {
    let (mut p, mut s) = (0, 0);
    let mut narrow: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        let rest = pattern.get(p..).unwrap_or_default();
        if star == Star::Segment && rest.starts_with(b"**") {
            p += 2;
            wide = Some((p, s));
            narrow = None;
            continue;
        }
        if rest.first() == Some(&b'*') {
            p += 1;
            narrow = Some((p, s));
            continue;
        }
        match (rest.first(), subject.get(s)) {
            (None, None) => return true,
            (Some(want), Some(byte)) if want == byte => {
                p += 1;
                s += 1;
                continue;
            }
            _ => {}
        }
        let stops = |at: usize| star == Star::Segment && subject.get(at) == Some(&b'/');
        if let Some((after, from)) = narrow.filter(|(_, from)| *from < subject.len() && !stops(*from)) {
            (p, s) = (after, from + 1);
            narrow = Some((after, s));
        } else if let Some((after, from)) = wide.filter(|(_, from)| *from < subject.len()) {
            (p, s) = (after, from + 1);
            wide = Some((after, s));
            narrow = None;
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_in_a_role_takes_any_run_of_characters() {
        for (pattern, name, expected) in [
            ("payments*", "payments", true),
            ("payments*", "payments-eu", true),
            ("*", "x", true),
            ("pay*s", "pays", true),
            ("pay*s", "payment", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
        ] {
            assert_eq!(
                pattern.parse::<NamePattern>().map(|pattern| pattern.matches(name)),
                Ok(expected),
                "{pattern} {name}"
            );
        }
        assert!("-*".parse::<NamePattern>().is_err());
        assert!("a/b".parse::<NamePattern>().is_err());
    }

    #[test]
    fn a_star_in_a_path_stops_at_a_slash_and_two_do_not() {
        for (pattern, path, expected) in [
            ("refs/tags/v*", "refs/tags/v1.2", true),
            ("refs/tags/v*", "refs/tags/v1/x", false),
            ("services/payments/**", "services/payments/a/b.rs", true),
            ("services/payments/**", "services/x", false),
            ("**/*.rs", "src/a/b.rs", true),
            ("**/*.rs", "b.rs", false),
            ("**", "", true),
            ("a/*/c/**", "a/b/c/d/e", true),
            ("a/*/c/**", "a/b/x/c/d", false),
            ("**a*b", "x/a/ab", true),
        ] {
            assert_eq!(
                pattern.parse::<PathPattern>().map(|pattern| pattern.matches(path.as_bytes())),
                Ok(expected),
                "{pattern} {path}"
            );
        }
    }
}
