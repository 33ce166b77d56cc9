//! Values of records for a file of the program's own: what was folded before, so that it need not be parsed again.
//!
//! This is no form of the ledger's; there, a record has one spelling and no other. A value is still checked when
//! it is read back.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};

/// Takes a value from the text that it is written as.
pub(crate) struct AsText<T>(pub PhantomData<T>);

impl<T> Visitor<'_> for AsText<T>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Serde for a type by `FromStr` and `Display`.
macro_rules! as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::record::compact::AsText(std::marker::PhantomData))
            }
        }
    };
}

pub(crate) use as_text;
