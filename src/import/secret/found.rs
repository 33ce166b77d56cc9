//! [`Secret`]: a part of a text that looks like a secret.

use std::ops::Range;

/// A part of a text that looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Where the part is in the text, as a range of bytes.
    pub place: Range<usize>,
    /// The kind of secret, e.g. `GitHub token`.
    pub kind: &'static str,
}
