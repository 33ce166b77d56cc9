//! A value that is unpacked when it is looked at.

use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Packed;

/// A value, perhaps one that was remembered.
#[derive(Debug, Clone)]
pub struct Lazy<T> {
    /// None once it was changed.
    packed: Option<Packed>,
    value: OnceLock<T>,
    /// What stands in where it could not be unpacked, which the source does not forget.
    nothing: T,
}

impl<T: Default> Default for Lazy<T> {
    fn default() -> Self {
        Self { packed: None, value: OnceLock::from(T::default()), nothing: T::default() }
    }
}

impl<T: Default + Serialize + DeserializeOwned> Lazy<T> {
    /// What was packed.
    pub fn unpacked(packed: Packed) -> Self {
        Self { packed: Some(packed), value: OnceLock::new(), nothing: T::default() }
    }

    /// The value.
    pub fn get(&self) -> &T {
        if let Some(value) = self.value.get() {
            return value;
        }
        let Some(packed) = &self.packed else { return &self.nothing };
        let bytes = packed.all();
        if let Some(value) = bytes.and_then(|bytes| postcard::from_bytes(&bytes).ok()) {
            return self.value.get_or_init(|| value);
        }
        packed.lose();
        &self.nothing
    }

    /// The value, to be changed.
    pub fn get_mut(&mut self) -> &mut T {
        self.get();
        self.packed = None;
        match self.value.get_mut() {
            Some(value) => value,
            None => &mut self.nothing,
        }
    }

    /// Packed.
    pub fn pack(&self) -> Option<Vec<u8>> {
        match &self.packed {
            Some(packed) => packed.all().map(Into::into),
            None => postcard::to_allocvec(self.value.get()?).ok(),
        }
    }
}
