//! Tables of records. Each table is declared once, and is read, written and explained from that declaration.
//!
//! A kind declares its tables with `table!`. The type of a field determines its form and whether it may be
//! absent. Input: a parsed TOML table. Output: a typed table, or every mistake in it.

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
