//! [`Secret`]: a place in a text that looks like a secret.

use std::ops::Range;

/// Something that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its place in the text, in bytes.
    pub place: Range<usize>,
    /// Its kind, e.g. `GitHub token`.
    pub kind: &'static str,
}
