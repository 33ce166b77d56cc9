//! Renders the answers of commands as text and JSON.
//!
//! Input: values of the library. Output: a view that serializes to JSON, and a function that renders the same
//! view as text, so that the two cannot disagree. Text from a ledger is never trusted: it is escaped before
//! it reaches a terminal. This module prints nothing.

mod change;
mod compare;
mod concepts;
mod controls;
mod doctor;
mod escape;
mod explain;
mod gate;
mod grant;
mod hooks;
mod import;
mod log;
mod page;
mod patterns;
mod policy;
mod show;
mod status;
mod story;
mod style;
mod table;
mod todo;
mod trail;
mod trust;
mod verify;
mod width;

pub use change::{ChangeView, change_text};
pub use compare::{CompareView, compare_text};
pub use concepts::concepts_text;
pub use controls::{ControlView, controls_text};
pub use doctor::{DoctorView, ExaminationView, doctor_text};
pub use escape::{escape, guard, guard_json};
pub use explain::{ExplanationView, explain_text};
pub use gate::{GateView, gate_text, unchanged_text};
pub use grant::{GrantQuestion, GrantView, grant_text};
pub use hooks::{HookRunView, HookView, HooksView, hooks_text};
pub use import::{ImportView, ImportedRow, ReportedRow, import_text};
pub use log::{LogRow, LogView, log_text};
pub use page::{Page, Shown};
pub use patterns::{By, PatternsView, patterns_text};
pub use policy::{PolicyView, policy_reference, policy_text};
pub use show::{ShowView, show_text};
pub use status::{StatusInput, StatusView, status_text, tasks_text};
pub use style::Style;
pub use todo::{Tasks, replaced_by, waits_for};
pub use trail::{StateRow, TrailRow, TrailView, trail_text};
pub use trust::{TrustView, trust_text};
pub use verify::{VerifyView, verify_text};
pub use width::{Width, columns};
