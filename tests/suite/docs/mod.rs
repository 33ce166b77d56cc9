//! The pages and examples, run and compared.

mod check_by_hand;
mod controls;
mod grant_examples;
mod json_output;
mod readme;
mod schema;
mod story;
