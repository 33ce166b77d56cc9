//! Architecture tests: which room may import which, and the sizes and names of files and types.

mod architecture;
mod imports;
mod words;
