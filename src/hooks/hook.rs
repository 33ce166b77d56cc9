//! The hooks that countersign provides.

/// A Git hook that countersign provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The client-side hook that runs before a push.
    PrePush,
}

impl Hook {
    /// Every hook.
    pub const ALL: &'static [Self] = &[Self::PrePush];

    /// Returns the name by which Git calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
        }
    }

    /// Returns the command of which any text that calls the program holds this part.
    pub(super) fn call(self) -> &'static str {
        match self {
            Self::PrePush => "countersign hook pre-push",
        }
    }
}
