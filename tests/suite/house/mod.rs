//! Architecture tests: which room may import which, the sizes and names of files and types, and how types are
//! used.

pub mod architecture;
mod enums;
mod imports;
mod signatures;
mod words;
