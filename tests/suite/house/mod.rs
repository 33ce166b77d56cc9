//! Architecture tests: which room may import which, the sizes and names of files and types, how types are used, and
//! which words the sources avoid.

pub mod architecture;
mod enums;
mod imports;
mod signatures;
mod words;
