//! The commands of the program, one file each, and what holds for all of them.

mod append_races;
mod bad_input;
mod crashes;
mod determinism;
mod environment;
mod escaping;
mod fault_matrix;
mod foreign_text;
mod gate;
mod grant;
mod hook_managers;
mod hooks;
mod key;
mod outbox;
mod output;
mod patterns;
mod pause;
mod policy_diff;
mod pre_push;
mod record;
mod review;
mod status;
mod triage;
mod verify_compare;
mod verify_outstanding;
mod workflow_runner;
