//! Decimal numbers, kept as the text that they were parsed from.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use super::FormError;

/// A decimal number: `-?(0|[1-9][0-9]{0,17})([.][0-9]{0,17}[1-9])?`, but not `-0`.
///
/// Records hold it as a string, because a float can be spelled in several ways.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal(Box<str>);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Decimal {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if is_decimal(text) {
            Ok(Self(text.into()))
        } else {
            Err(FormError::expected("expected a decimal in a string, such as \"0.02\" or \"250\""))
        }
    }
}

fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) =
        unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let whole_fits = whole == "0" || (!whole.starts_with('0') && !whole.is_empty());
    let sized = whole.len() <= 18
        && fraction.is_none_or(|part| (1..=18).contains(&part.len()) && !part.ends_with('0'));
    whole_fits && sized && digits(whole) && fraction.is_none_or(digits) && text.cmp("-0") != Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_one_spelling() {
        for good in ["0", "0.02", "-0.5", "250", "999999999999999999", "0.000000000000000001"] {
            assert!(good.parse::<Decimal>().is_ok(), "{good}");
        }
        for bad in
            ["", "-0", "00", "01", ".5", "5.", "0.20", "+1", "1e3", "nan", "1_000", "1000000000000000000"]
        {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }
}
