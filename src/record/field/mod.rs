//! How a table of a record is described once and then read, written and explained from that one
//! description.
//!
//! A kind declares its tables with `table!`; each field's type says its form and whether it may be
//! absent. In comes a parsed TOML table, out goes a typed one, or every mistake in it.

mod lists;
mod macros;
mod put;
mod read;
mod scalars;
mod shape;
mod spelled;
mod take;
mod traits;
mod write;

pub use lists::{Elements, List, NonEmpty, OptionalSection, Section, SomeElements};
pub(crate) use macros::{choice, scalar_field, string_scalar, table};
pub use read::{Mistake, Path, Reader};
pub use scalars::Int;
pub use shape::{FieldForm, FieldInfo, Shape};
pub use spelled::{key, take_string};
pub(super) use spelled::{locate, shown};
pub use traits::{CrossCheck, Field, Scalar, Table};
pub use write::{Writer, put_string};
