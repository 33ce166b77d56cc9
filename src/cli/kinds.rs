//! The parser for kinds of records on the command line. For an unknown word, Clap suggests the kind that was probably
//! meant.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::record::Kind;

/// Returns a parser that accepts the name of any kind.
pub(crate) fn kinds() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.iter().map(|kind| kind.as_str())).try_map(|word| word.parse::<Kind>())
}
