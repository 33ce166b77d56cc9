//! Prose and references in records, and the characters that are forbidden in them.

use std::fmt;
use std::str::FromStr;

use super::FormError;

/// Code points that are forbidden in a payload, raw or escaped: controls, bidirectional controls,
/// invisible characters and noncharacters. The list is frozen with the schema and does not follow Unicode
/// versions. Joiners and the two emoji variation selectors are allowed, because languages need them.
const FORBIDDEN: &[(u32, u32)] = &[
    (0x0000, 0x0008),
    (0x000B, 0x001F),
    (0x007F, 0x009F),
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200B),
    (0x200E, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFDD0, 0xFDEF),
    (0xFE00, 0xFE0D),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1_BCA0, 0x1_BCA3),
    (0x1_D173, 0x1_D17A),
    (0xE_0000, 0xE_0FFF),
];

/// Whether the character is forbidden in records.
pub fn is_forbidden(character: char) -> bool {
    let code = u32::from(character);
    if (0x20..0x7F).contains(&code) {
        return false;
    }
    FORBIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&code)) || code & 0xFFFE == 0xFFFE
}

/// The first forbidden character of `text`, with its byte offset.
pub fn first_forbidden(text: &str) -> Option<(usize, char)> {
    // Fast path for printable ASCII, which most text is. It keeps parsing far below the cost of a signature
    // check.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return None;
    }
    text.char_indices().find(|(_, character)| is_forbidden(*character))
}

fn check(text: &str) -> Result<(), FormError> {
    if text.is_empty() {
        return Err(FormError::expected("is empty: omit it or give it a value"));
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return Err(FormError::expected("begins or ends with a space"));
    }
    match first_forbidden(text) {
        Some((_, character)) => Err(FormError(format!(
            "holds the character U+{:04X}, which no record may hold",
            u32::from(character)
        ))),
        None => Ok(()),
    }
}

macro_rules! text_newtype {
    ($($(#[$doc:meta])* $name:ident = $check:expr;)+) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text, unescaped.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                let check: fn(&str) -> Result<(), FormError> = $check;
                check(text)?;
                Ok(Self(text.into()))
            }
        }
    )+ };
}

text_newtype! {
    /// Prose on one line, without tabs.
    Line = |text| {
        check(text)?;
        if text.contains(['\n', '\t']) {
            return Err(FormError::expected("must be one line, without tabs"));
        }
        Ok(())
    };
    /// Prose of one or more lines. No line but the last may be `[signature]`, which would end the payload.
    Text = |text| {
        check(text)?;
        // The last or only line is safe, because the closing quotes follow it on the same line of the file.
        let within = text.rsplit_once('\n').map_or("", |(within, _)| within);
        if within.split('\n').any(|line| line == "[signature]") {
            return Err(FormError::expected("holds the line `[signature]`, which ends a payload"));
        }
        Ok(())
    };
    /// Printable ASCII: references, actions, metrics.
    Ascii = |text| {
        check(text)?;
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(FormError::expected("expected printable ASCII"));
        }
        Ok(())
    };
}

impl Text {
    /// A placeholder for a text that has not been typed yet, in a draft that is only checked and never signed.
    pub fn not_given() -> Self {
        Self("not given".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forbidden_characters_are_exactly_the_frozen_list() {
        for (first, last) in FORBIDDEN {
            for code in [*first, *last] {
                assert!(char::from_u32(code).is_some_and(is_forbidden), "{code:x}");
            }
        }
        for code in [0x09, 0x0A, 0x20, 0x7E, 0xA0, 0xAC, 0xAE, 0x200C, 0x200D, 0xFE0E, 0xFE0F, 0xFFFC, 0xFFFD]
        {
            assert!(!char::from_u32(code).is_some_and(is_forbidden), "{code:x}");
        }
        for plane in 0..=16_u32 {
            for end in [0xFFFE, 0xFFFF] {
                assert!(char::from_u32(plane << 16 | end).is_some_and(is_forbidden), "{plane:x}");
            }
        }
    }

    #[test]
    fn prose_is_neither_empty_nor_padded() {
        for bad in ["", " a", "a ", "a\u{202e}b", "a\u{7f}"] {
            assert!(bad.parse::<Text>().is_err(), "{bad:?}");
        }
        assert!("a\nb\tc".parse::<Text>().is_ok());
        assert!("a\nb".parse::<Line>().is_err());
        assert!("x\n[signature]\ny".parse::<Text>().is_err());
        assert!("[signature]\ny".parse::<Text>().is_err());
        assert!("x\n[signature]".parse::<Text>().is_ok());
        assert!("ä".parse::<Ascii>().is_err());
        assert!("👩‍👧 ❤️".parse::<Line>().is_ok());
    }
}
