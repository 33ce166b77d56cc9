//! [`Numbered`]: values that occur in many rows. The rows refer to them by number.

use std::collections::HashMap;

/// Values, numbered in the order in which they first occurred.
#[derive(Debug, Clone)]
pub(in crate::verify) struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> From<Vec<T>> for Numbered<T> {
    fn from(values: Vec<T>) -> Self {
        let numbers = values.iter().cloned().zip(0..).collect();
        Self { values, numbers }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    /// Returns the number of a value; a new value gets the next number.
    pub(in crate::verify) fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }

    /// Returns the number of a value that occurred before.
    pub(in crate::verify) fn known(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// Returns the value with this number.
    pub(in crate::verify) fn value(&self, number: u32) -> Option<&T> {
        self.values.get(usize::try_from(number).ok()?)
    }

    /// Returns the values in order of their numbers.
    pub(in crate::verify) fn values(&self) -> &[T] {
        &self.values
    }
}
