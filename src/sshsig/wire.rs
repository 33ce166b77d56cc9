//! The SSH wire encoding (RFC 4251 §5): bytes, 32-bit integers and length-prefixed strings.

/// A reader over encoded bytes. Each method returns `None` if too few bytes are left.
#[derive(Debug, Clone)]
pub struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    /// Makes a reader that starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Reads `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    /// Reads one byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    /// Reads a big-endian 32-bit integer.
    pub fn uint32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// Reads a string: a 32-bit length, then as many bytes.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.uint32()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    /// Whether all bytes have been read.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// A writer of the SSH wire encoding.
#[derive(Debug, Clone)]
pub struct WireWriter(Vec<u8>);

impl Default for WireWriter {
    fn default() -> Self {
        Self(Vec::with_capacity(256))
    }
}

impl WireWriter {
    /// Appends bytes without a length.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a big-endian 32-bit integer.
    #[must_use]
    pub fn uint32(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    /// Appends a string: a 32-bit length, then the bytes. Strings of 4 GiB or more do not occur here; their
    /// length would be written as `u32::MAX`.
    #[must_use]
    pub fn string(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.uint32(length).raw(bytes)
    }

    /// Returns the bytes written.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}
