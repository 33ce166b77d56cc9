//! Git repositories as people have them, and as an attacker makes them.

mod discovery;
mod history;
mod incomplete_repositories;
mod large_objects;
mod predicted_trees;
mod revert;
mod sha1_collision;
