//! The Merkle tree of RFC 6962 §2.1 over record files, with SHA-256.
//!
//! Input: leaves, in order. Output: the root over all leaves so far. Leaf and node hashes use different
//! prefix bytes, so a leaf cannot be mistaken for a node.

mod inclusion;

pub use inclusion::{inclusion_proof, root_by_inclusion};

use sha2::{Digest as _, Sha256};

use crate::value::{Digest, Root};

/// An append-only tree, stored as the roots of its perfect subtrees, largest first. Appending a leaf and
/// computing the root take time logarithmic in the size.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    peaks: Vec<[u8; 32]>,
}

impl Tree {
    /// Restores a tree from its size and the roots of its perfect subtrees, largest first. Returns `None` if
    /// the number of roots differs from the number of ones in the binary form of `size`.
    pub fn from_peaks(size: u64, peaks: Vec<[u8; 32]>) -> Option<Self> {
        let fits = u32::try_from(peaks.len()).is_ok_and(|count| count == size.count_ones());
        fits.then_some(Self { size, peaks })
    }

    /// The roots of the perfect subtrees, largest first.
    pub fn peaks(&self) -> &[[u8; 32]] {
        &self.peaks
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf: the bytes of a complete record file.
    pub fn append(&mut self, leaf: &[u8]) {
        self.append_hash(leaf_hash(leaf));
    }

    /// Appends a leaf whose hash was computed elsewhere.
    pub fn append_hash(&mut self, leaf: LeafHash) {
        let mut hash = leaf.0;
        let mut below = self.size;
        while below & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            below >>= 1;
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root; for an empty tree, the hash of the empty string.
    pub fn root(&self) -> Root {
        let mut peaks = self.peaks.iter().rev();
        let hash = match peaks.next() {
            None => Sha256::digest([]).into(),
            Some(last) => peaks.fold(*last, |right, left| node_hash(left, &right)),
        };
        Root::new(Digest::from_bytes(hash))
    }
}

/// The hash of a leaf: SHA-256 of the byte 0x00 followed by the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafHash([u8; 32]);

/// Hashes a leaf.
pub fn leaf_hash(leaf: &[u8]) -> LeafHash {
    LeafHash(Sha256::new().chain_update([0]).chain_update(leaf).finalize().into())
}

fn node_hash(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root as RFC 6962 §2.1 defines it, word for word.
    fn reference(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => leaf_hash(leaf).0,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(split);
                node_hash(&reference(left), &reference(right))
            }
        }
    }

    #[test]
    fn roots_of_every_size_up_to_1025_are_those_of_the_rfc_and_of_another_implementation() {
        let mut tree = Tree::default();
        let mut leaves = Vec::new();
        let mut other = ct_merkle::mem_backed_tree::MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for size in 0..=1025_u32 {
            assert_eq!(*tree.root().digest().as_bytes(), reference(&leaves), "{size}");
            if size > 0 {
                assert_eq!(
                    tree.root().digest().as_bytes().as_slice(),
                    other.root().as_bytes().as_slice(),
                    "{size}"
                );
            }
            let leaf = size.to_be_bytes().to_vec();
            tree.append(&leaf);
            other.push(leaf.clone());
            leaves.push(leaf);
        }
    }

    #[test]
    fn two_last_leaves_are_not_one_and_a_leaf_is_no_node() {
        let tree = |leaves: &[&[u8]]| {
            let mut tree = Tree::default();
            leaves.iter().for_each(|leaf| tree.append(leaf));
            tree.root()
        };
        assert_ne!(tree(&[b"a", b"b", b"c"]), tree(&[b"a", b"b", b"c", b"c"]));
        let mut node = vec![1];
        node.extend(leaf_hash(b"a").0);
        node.extend(leaf_hash(b"b").0);
        assert_ne!(tree(&[b"a", b"b"]), tree(&[&node]));
    }
}
