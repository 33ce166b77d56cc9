//! The house rules: which file imports which, sizes and names.

mod architecture;
mod imports;
mod words;
