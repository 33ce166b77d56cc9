//! The grammar of a tree object in a ledger: canonical, with directories and plain files only.

/// An entry of a tree object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// Whether it is a directory (mode 40000) or a plain file (mode 100644).
    pub is_directory: bool,
    /// Its name; which names are allowed depends on the level.
    pub name: &'a str,
    /// The raw id of the object.
    pub id: &'a [u8],
}

/// Reads a tree object; the message says what differs from the one form. `id_bytes` is 20 or 32.
pub fn parse_tree(bytes: &[u8], id_bytes: usize) -> Result<Vec<TreeEntry<'_>>, String> {
    let mut entries: Vec<TreeEntry<'_>> = Vec::new();
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
        if entries.last().is_some_and(|last| sort_key(last) >= sort_key(&entry)) {
            return Err(format!("is not sorted, or holds `{}` twice", name.escape_debug()));
        }
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}

/// Git sorts directories as if their names ended in a slash.
fn sort_key(entry: &TreeEntry<'_>) -> Vec<u8> {
    let mut key = entry.name.as_bytes().to_vec();
    if entry.is_directory {
        key.push(b'/');
    }
    key
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
