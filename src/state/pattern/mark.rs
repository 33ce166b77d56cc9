//! Marks: findings that a pattern repeats on a target.

/// The finding that the exceptions of a cause, as written, repeat on a target. A mark is also set when a redesign fails
/// there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct Mark {
    /// The position of the exception as of which this was last found.
    pub(in crate::state) position: u64,
    /// The position after which a redesign has to take effect to resolve the mark. Usually this is `position`. If a
    /// policy joined the exceptions with others that a redesign had resolved, it is higher: the last position of the
    /// entry with which the policy took effect.
    pub(in crate::state) resolved_behind: u64,
}

impl Mark {
    /// Returns a mark at the position of an exception.
    pub(in crate::state) fn at(position: u64) -> Self {
        Self { position, resolved_behind: position }
    }

    /// If a policy joined the exceptions with others that a redesign had resolved, returns the last position of the
    /// entry with which the policy took effect.
    pub(in crate::state) fn joined_at(self) -> Option<u64> {
        Some(self.resolved_behind).filter(|behind| *behind > self.position)
    }

    /// Combines two marks: takes the higher `position` and the higher `resolved_behind`.
    pub(in crate::state) fn later(self, other: Self) -> Self {
        Self {
            position: self.position.max(other.position),
            resolved_behind: self.resolved_behind.max(other.resolved_behind),
        }
    }
}
