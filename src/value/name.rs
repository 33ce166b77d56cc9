//! Names: ASCII slugs, with one type for each kind of named thing.

use std::fmt;
use std::str::FromStr;

use super::FormError;

/// Whether `text` is a valid name: `[a-z0-9][a-z0-9._-]{0,63}`.
pub(super) fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= 64
        && bytes.first().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && bytes.iter().all(|byte| is_name_byte(*byte))
}

/// Whether a byte can occur in a name.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
}

macro_rules! name_newtype {
    ($($(#[$doc:meta])* $name:ident;)+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                if is_name(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(FormError::expected(
                        "expected a name: 1 to 64 of a-z 0-9 . _ - and first a letter or digit",
                    ))
                }
            }
        }
    )+ };
}

name_newtype! {
    /// A member of the ledger: a human or a service.
    MemberName;
    /// A group of members; a quorum can require approvals from a team.
    TeamName;
    /// A deployed service: one half of a target.
    ServiceName;
    /// An environment that services are deployed to: the other half of a target.
    EnvironmentName;
    /// An automation that can fail.
    WorkflowName;
    /// The root cause of an exception.
    RootCause;
    /// A code repository, in a ledger that serves several.
    RepositoryName;
    /// The kind in a record's header. This program need not know the kind.
    KindName;
    /// The name of an expected exception in the policy.
    ExpectedName;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_lowercase_slug_of_at_most_64_bytes() {
        for good in ["a", "0", "svc-vendor_import.v2", &"a".repeat(64)] {
            assert!(good.parse::<MemberName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "A", "a b", "a/b", "ä", "prod\n", &"a".repeat(65)] {
            assert!(bad.parse::<MemberName>().is_err(), "{bad:?}");
        }
    }
}
