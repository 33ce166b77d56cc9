//! Macros that declare the tables, the closed sets of words and the scalar values of records.

/// Declares a table of a record: a struct with the fields of the table, in the order of the canonical
/// spelling. `check` names a function that reports fields which contradict each other.
macro_rules! table {
    (
        $(#[doc = $doc:literal])+
        $(check = $check:expr;)?
        pub struct $name:ident {
            $( $(#[doc = $help:expr])+ pub $field:ident: $type:ty, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $( $(#[doc = $help])+ pub $field: $type, )+
        }

        impl $crate::record::field::Table for $name {
            const FIELDS: &'static [$crate::record::field::FieldInfo] = &[ $(
                $crate::record::field::FieldInfo {
                    name: $crate::record::field::key(stringify!($field)),
                    help: concat!($($help),+),
                    shape: <$type as $crate::record::field::Field>::SHAPE,
                },
            )+ ];

            fn read(reader: &mut $crate::record::field::Reader<'_, '_>) -> Option<Self> {
                $( let $field = <$type as $crate::record::field::Field>::read(
                    reader,
                    const { $crate::record::field::key(stringify!($field)) },
                ); )+
                Some(Self { $( $field: $field?, )+ })
            }

            fn write(&self, writer: &mut $crate::record::field::Writer, path: &str) {
                $( $crate::record::field::Field::write(
                    &self.$field,
                    writer,
                    path,
                    const { $crate::record::field::key(stringify!($field)) },
                ); )+
            }

            $( fn check(&self, check: &mut $crate::record::field::CrossCheck<'_>) {
                let rules: fn(&Self, &mut $crate::record::field::CrossCheck<'_>) = $check;
                rules(self, check);
            } )?
        }
    };
}

/// Declares an enum for a closed set of words.
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $( $(#[doc = $help:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[doc = $help])+ $variant, )+ }

        impl $name {
            /// Every word, in the order of the format.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// Returns the word as written in a record.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::value::FormError;

            fn from_str(text: &str) -> Result<Self, $crate::value::FormError> {
                match text {
                    $( $word => Ok(Self::$variant), )+
                    _ => Err($crate::value::FormError::expected(
                        concat!("expected one of:" $(, " ", $word)+),
                    )),
                }
            }
        }

        $crate::record::field::string_scalar!($name, concat!("" $(, $word, " ")+));
    };
}

/// Implements a scalar that is written as a string: `FromStr` reads it, and `Display` writes it. `$compact` names its
/// encoding in the cache, `as_text` or `as_bytes`.
macro_rules! string_scalar {
    ($type:ty, $form:expr) => {
        $crate::record::field::string_scalar!($type, $form, as_text);
    };
    ($type:ty, $form:expr, $compact:ident) => {
        impl $crate::record::field::Scalar for $type {
            const FORM: &'static str = $form;

            fn take(value: &toml::de::DeValue<'_>) -> Result<Self, String> {
                $crate::record::field::take_string(value, $form)
            }

            fn put(&self, out: &mut String) {
                $crate::record::field::put_string(out, self);
            }
        }

        $crate::record::field::scalar_field!($type);
        $crate::value::compact::$compact!($type);
    };
}

/// Implements a required field for a scalar type. A wrapper type such as `Option` or `List` makes an optional field or
/// a list of it.
macro_rules! scalar_field {
    ($type:ty) => {
        impl $crate::record::field::Field for $type {
            const SHAPE: $crate::record::field::Shape = $crate::record::field::Shape {
                required: true,
                form: $crate::record::field::FieldForm::Scalar(
                    <$type as $crate::record::field::Scalar>::FORM,
                ),
            };

            fn read(reader: &mut $crate::record::field::Reader<'_, '_>, key: &'static str) -> Option<Self> {
                let form = <$type as $crate::record::field::Scalar>::FORM;
                reader.required(key, form).and_then(|value| reader.scalar(key, value))
            }

            fn write(&self, writer: &mut $crate::record::field::Writer, _: &str, key: &'static str) {
                writer.scalar(key, self);
            }
        }
    };
}

pub(crate) use {choice, scalar_field, string_scalar, table};
