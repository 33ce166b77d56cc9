//! Scalar types: the values after `key = ` and the elements of lists.

use toml::de::DeValue;

use super::macros::{scalar_field, string_scalar};
use super::read::Reader;
use super::shape::{FieldForm, Shape};
use super::spelled::type_of;
use super::traits::{Field, Scalar};
use super::write::Writer;
use crate::value::{
    Ascii, CommitId, Decimal, Destination, Digest, Duration, EnvironmentName, ExpectedName, KindName, Line,
    MemberName, NamePattern, PathPattern, RecordId, RepositoryName, RootCause, ServiceName, TargetName,
    TeamName, Text, Time, WorkflowName, limit,
};

string_scalar!(Ascii, "printable ASCII");
string_scalar!(CommitId, "a full commit id");
string_scalar!(Decimal, "a decimal");
string_scalar!(Destination, "previous, removal or a full commit id");
string_scalar!(Digest, "64 hex digits", as_bytes);
string_scalar!(Duration, "a duration such as 24h");
string_scalar!(EnvironmentName, "a name");
string_scalar!(ExpectedName, "a name");
string_scalar!(KindName, "a name");
string_scalar!(Line, "one line of prose");
string_scalar!(MemberName, "a name");
string_scalar!(NamePattern, "a name, optionally with *");
string_scalar!(PathPattern, "a ref or path, optionally with * or **");
string_scalar!(RecordId, "a full record id of 64 digits", as_bytes);
string_scalar!(RepositoryName, "a name");
string_scalar!(RootCause, "a name");
string_scalar!(ServiceName, "a name");
string_scalar!(TargetName, "a target such as payments/production");
string_scalar!(TeamName, "a name");
string_scalar!(Text, "prose of one or more lines");
string_scalar!(WorkflowName, "a name");

/// An integer from `MIN` to 2^53 - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Int<const MIN: u64>(u64);

impl<const MIN: u64> TryFrom<u64> for Int<MIN> {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, &'static str> {
        Self::new(number).ok_or("an integer out of range")
    }
}

impl<const MIN: u64> From<Int<MIN>> for u64 {
    fn from(int: Int<MIN>) -> Self {
        int.0
    }
}

impl<const MIN: u64> Int<MIN> {
    /// Makes an integer; `None` if `number` is out of range.
    pub fn new(number: u64) -> Option<Self> {
        (MIN..=limit::INTEGER).contains(&number).then_some(Self(number))
    }

    /// The number as a `u64`.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64> Scalar for Int<MIN> {
    const FORM: &'static str = "an integer";

    fn take(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Integer(digits) if digits.radix() == 10 => {
                digits.as_str().parse().ok().and_then(Self::new).ok_or_else(|| {
                    format!("is {}; expected an integer from {MIN} to {}", digits.as_str(), limit::INTEGER)
                })
            }
            DeValue::Integer(_) => Err("expected a decimal integer".to_owned()),
            other => Err(format!("is {}; expected an integer of at least {MIN}", type_of(other))),
        }
    }

    fn put(&self, out: &mut String) {
        out.push_str(&self.0.to_string());
    }
}

impl<const MIN: u64> Field for Int<MIN> {
    const SHAPE: Shape = Shape { required: true, form: FieldForm::Scalar(Self::FORM) };

    fn read(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Self> {
        reader.required(key, Self::FORM).and_then(|value| reader.scalar(key, value))
    }

    fn write(&self, writer: &mut Writer, _: &str, key: &'static str) {
        writer.scalar(key, self);
    }
}

impl Scalar for Time {
    const FORM: &'static str = "a time such as 2026-11-24T09:14:03Z";

    fn take(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Datetime(time) => {
                let text = time.to_string();
                // Parsed again, strictly: the TOML parser accepts times without seconds, which TOML 1.0 does not have.
                text.parse().map_err(|error| format!("is {text}: {error}"))
            }
            other => Err(format!("is {}; expected {} without quotes", type_of(other), Self::FORM)),
        }
    }

    fn put(&self, out: &mut String) {
        out.push_str(&self.to_string());
    }
}

scalar_field!(Time);

impl Scalar for bool {
    const FORM: &'static str = "true or false";

    fn take(value: &DeValue<'_>) -> Result<Self, String> {
        match value {
            DeValue::Boolean(value) => Ok(*value),
            other => Err(format!("is {}; expected {} without quotes", type_of(other), Self::FORM)),
        }
    }

    fn put(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

scalar_field!(bool);
