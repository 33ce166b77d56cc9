//! Marks: that a pattern was found to repeat.

/// That the exceptions of a cause were found to repeat on a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Mark {
    /// The position of the exception by which this was found last.
    pub(in crate::state) position: u64,
    /// The position behind which a redesign has to take effect to resolve it: the same; or that of the policy which
    /// joined the exceptions with others, of which a redesign had taken effect before.
    pub(in crate::state) resolved_behind: u64,
}

impl Mark {
    /// Returns a mark at the position of an exception.
    pub(in crate::state) fn at(position: u64) -> Self {
        Self { position, resolved_behind: position }
    }

    /// Returns the position of the policy that joined the exceptions with others, if one did.
    pub(in crate::state) fn joined_at(self) -> Option<u64> {
        Some(self.resolved_behind).filter(|behind| *behind > self.position)
    }

    /// Returns the later of two marks: the higher positions of both.
    pub(in crate::state) fn later(self, other: Self) -> Self {
        Self {
            position: self.position.max(other.position),
            resolved_behind: self.resolved_behind.max(other.resolved_behind),
        }
    }
}
