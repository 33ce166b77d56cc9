//! The SSH wire encoding (RFC 4251 §5): bytes, 32-bit integers and length-prefixed strings.

/// Reads from the front of some bytes; `None` where they end too early.
#[derive(Debug, Clone)]
pub struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    /// Starts at the beginning.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    /// A byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    /// A 32-bit integer, big-endian.
    pub fn uint32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// A string: its length, then its bytes.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.uint32()?;
        self.bytes(usize::try_from(length).ok()?)
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// Writes the same encoding.
#[derive(Debug, Clone)]
pub struct WireWriter(Vec<u8>);

impl Default for WireWriter {
    fn default() -> Self {
        Self(Vec::with_capacity(256))
    }
}

impl WireWriter {
    /// Appends bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a 32-bit integer.
    #[must_use]
    pub fn uint32(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    /// Appends a string; longer ones than 4 GiB do not occur here and are cut.
    #[must_use]
    pub fn string(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.uint32(length).raw(bytes)
    }

    /// What was written.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}
