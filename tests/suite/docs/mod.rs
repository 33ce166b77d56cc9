//! The pages and the examples, run and compared with the program.

mod check_by_hand;
mod controls;
mod deploy_tools;
mod grant_examples;
mod hook_frameworks;
mod json_output;
mod paths;
mod readme;
mod schema;
mod security;
mod settings;
mod story;
