//! Proofs that a leaf is in the tree of a given size and root: inclusion proofs (RFC 6962 §2.1.1, RFC 9162 §2.1.3.2).

use super::{LeafHash, node_hash};
use crate::value::{Digest, Root};

/// Returns the audit path of a leaf among all leaves of a tree; `None` if there is no such leaf.
pub fn inclusion_proof(leaves: &[LeafHash], index: usize) -> Option<Vec<[u8; 32]>> {
    leaves.get(index)?;
    let mut path = Vec::new();
    collect(leaves, index, &mut path);
    Some(path)
}

/// Collects the audit path (PATH of RFC 6962 §2.1.1).
fn collect(leaves: &[LeafHash], index: usize, path: &mut Vec<[u8; 32]>) {
    if leaves.len() < 2 {
        return;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    if let Some(index) = index.checked_sub(left.len()) {
        collect(right, index, path);
        path.push(subtree(left));
    } else {
        collect(left, index, path);
        path.push(subtree(right));
    }
}

/// The root hash (MTH of RFC 6962 §2.1) of one leaf or more.
fn subtree(leaves: &[LeafHash]) -> [u8; 32] {
    if let [only] = leaves {
        return only.0;
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    node_hash(&subtree(left), &subtree(right))
}

/// Computes the root of a tree of `size` leaves from the leaf at `index` and the audit path of that leaf (RFC 9162
/// §2.1.3.2). `None` if there is no such leaf, or if the path has the wrong length for the index and size.
pub fn root_by_inclusion(leaf: LeafHash, index: u64, size: u64, path: &[[u8; 32]]) -> Option<Root> {
    let mut last = size.checked_sub(1).filter(|last| index <= *last)?;
    let (mut at, mut hash) = (index, leaf.0);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then(|| Root::new(Digest::from_bytes(hash)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Tree, leaf_hash};

    #[test]
    fn the_path_of_each_leaf_gives_the_root_and_no_other_leaf_index_or_path_does() {
        for size in 1..70_usize {
            let leaves: Vec<LeafHash> = (0..size).map(|leaf| leaf_hash(&leaf.to_be_bytes())).collect();
            let mut tree = Tree::default();
            leaves.iter().for_each(|leaf| tree.append_hash(*leaf));
            let length = u64::try_from(size).unwrap();
            for (index, leaf) in leaves.iter().enumerate() {
                let path = inclusion_proof(&leaves, index).unwrap();
                let at = u64::try_from(index).unwrap();
                assert_eq!(root_by_inclusion(*leaf, at, length, &path), Some(tree.root()));
                let other = leaf_hash(b"other");
                assert_ne!(root_by_inclusion(other, at, length, &path), Some(tree.root()));
                assert_ne!(root_by_inclusion(*leaf, at ^ 1, length, &path), Some(tree.root()));
                if let Some((_, shorter)) = path.split_last() {
                    assert_ne!(root_by_inclusion(*leaf, at, length, shorter), Some(tree.root()));
                }
                let longer = [path.as_slice(), &[[0; 32]]].concat();
                assert_ne!(root_by_inclusion(*leaf, at, length, &longer), Some(tree.root()));
            }
            assert!(inclusion_proof(&leaves, size).is_none());
        }
    }
}
