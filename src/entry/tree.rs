//! The grammar of tree objects in a ledger: canonical, with directories and plain files only.

use std::cmp::Ordering;

/// An entry of a tree object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// Whether the object is a directory (mode 40000) or a plain file (mode 100644).
    pub is_directory: bool,
    /// The name. Which names are allowed depends on the directory level and is not checked here.
    pub name: &'a str,
    /// The raw bytes of the object id.
    pub id: &'a [u8],
}

/// Parses a tree object. The error message says how the tree differs from the required form. `id_bytes` is the length
/// of an object id, 20 or 32.
pub fn parse_tree(bytes: &[u8], id_bytes: usize) -> Result<Vec<TreeEntry<'_>>, String> {
    // Capacity estimate: a ledger's shortest tree entries have a mode of 5 digits, a name of 2 bytes, and an id.
    let mut entries: Vec<TreeEntry<'_>> = Vec::with_capacity(bytes.len() / (id_bytes + 9) + 1);
    let mut rest = bytes;
    while !rest.is_empty() {
        let nul = rest.iter().position(|byte| *byte == 0).ok_or("ends within an entry")?;
        let (head, after) = rest.split_at(nul);
        let (id, after) =
            after.get(1..).and_then(|after| after.split_at_checked(id_bytes)).ok_or("ends within an id")?;
        let head = std::str::from_utf8(head).map_err(|_| "holds a name that is not UTF-8")?;
        let (mode, name) = head.split_once(' ').ok_or("holds an entry without a mode")?;
        let is_directory = match mode {
            "40000" => true,
            "100644" => false,
            _ => return Err(format!("holds an entry of mode {}", mode.escape_debug())),
        };
        if name.is_empty() || name.contains('/') {
            return Err(format!("holds the name `{}`", name.escape_debug()));
        }
        let entry = TreeEntry { is_directory, name, id };
        if entries.last().is_some_and(|last| order(last, &entry).is_ge()) {
            return Err(format!("is not sorted, or holds `{}` twice", name.escape_debug()));
        }
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

/// Compares entries in Git's order, which sorts directories as if their names ended with a slash.
fn order(one: &TreeEntry<'_>, other: &TreeEntry<'_>) -> Ordering {
    let (name, other_name) = (one.name.as_bytes(), other.name.as_bytes());
    let common = name.len().min(other_name.len());
    let slash = |entry: &TreeEntry<'_>| if entry.is_directory { &b"/"[..] } else { b"" };
    let rest = |entry| slash(entry).iter();
    name.iter().take(common).cmp(other_name.iter().take(common)).then_with(|| {
        let one = name.iter().skip(common).chain(rest(one));
        one.cmp(other_name.iter().skip(common).chain(rest(other)))
    })
}

/// Encodes the tree object of `entries`, which are sorted, with `entry` inserted. An entry of the same name and the
/// same kind (directory or file) is replaced.
pub fn with_entry(entries: &[TreeEntry<'_>], entry: &TreeEntry<'_>) -> Vec<u8> {
    let length = |entry: &TreeEntry<'_>| entry.name.len() + entry.id.len() + 8;
    let mut new = Vec::with_capacity(entries.iter().map(length).sum::<usize>() + length(entry));
    let mut put = |entry: &TreeEntry<'_>| {
        new.extend_from_slice(if entry.is_directory { b"40000 " } else { b"100644 " });
        new.extend_from_slice(entry.name.as_bytes());
        new.push(0);
        new.extend_from_slice(entry.id);
    };
    let mut missing = Some(entry);
    for known in entries {
        match missing.map(|entry| order(entry, known)) {
            Some(Ordering::Less) => {
                missing.take().into_iter().for_each(&mut put);
                put(known);
            }
            Some(Ordering::Equal) => missing.take().into_iter().for_each(&mut put),
            Some(Ordering::Greater) | None => put(known),
        }
    }
    missing.into_iter().for_each(&mut put);
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (mode, name) in entries {
            bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            bytes.extend_from_slice(&[7; 20]);
        }
        bytes
    }

    #[test]
    fn an_entry_is_put_where_git_sorts_it_or_in_the_place_of_its_like() {
        let add = |to: &[u8], is_directory, name, id: &[u8]| {
            with_entry(&parse_tree(to, 20).unwrap(), &TreeEntry { is_directory, name, id })
        };
        let files = tree(&[("100644", "a.b"), ("40000", "a"), ("40000", "b")]);
        for (is_directory, name) in [(true, "a"), (true, "a-b"), (false, "0"), (true, "c"), (false, "a0")] {
            let more = add(&files, is_directory, name, &[9; 20]);
            let entries = parse_tree(&more, 20).unwrap();
            assert!(entries.contains(&TreeEntry { is_directory, name, id: &[9; 20] }), "{name}");
            assert_eq!(entries.len(), if name == "a" { 3 } else { 4 });
        }
        assert_eq!(add(b"", false, "x", &[7; 20]), tree(&[("100644", "x")]));
    }

    #[test]
    fn a_tree_is_canonical_and_plain() {
        assert!(parse_tree(&tree(&[("100644", "a"), ("40000", "b")]), 20).is_ok());
        assert!(parse_tree(&tree(&[("100644", "a.b"), ("40000", "a")]), 20).is_ok());
        for bad in [
            tree(&[("100755", "a")]),
            tree(&[("100664", "a")]),
            tree(&[("120000", "a")]),
            tree(&[("160000", "a")]),
            tree(&[("040000", "a")]),
            tree(&[("100644", "b"), ("100644", "a")]),
            tree(&[("100644", "a"), ("100644", "a")]),
            tree(&[("40000", "a"), ("100644", "a.b")]),
            tree(&[("100644", "a/b")]),
            tree(&[("100644", "")]),
            b"100644 a\0short".to_vec(),
            b"100644 a".to_vec(),
        ] {
            assert!(parse_tree(&bad, 20).is_err(), "{bad:?}");
        }
    }
}
