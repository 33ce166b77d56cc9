//! What a code means, why it matters and what to do: the text of `countersign explain`.

use super::code::{Code, Group};

/// The explanation of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// What kind of code it is.
    pub group: Group,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// Why the rule is there.
    pub why: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}
