//! Kinds of records as they are typed: a word that is none is told with the one that was probably meant.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::record::Kind;

/// Reads a kind.
pub(crate) fn kinds() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.iter().map(|kind| kind.as_str())).try_map(|word| word.parse::<Kind>())
}
