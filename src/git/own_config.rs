//! A configuration file of a repository, read as Git reads it, without includes (git-config, "CONFIGURATION FILE").

use std::collections::HashMap;
use std::path::Path;

use gix::bstr::{BStr, ByteSlice as _};
use gix::config::file::Metadata;
use gix::config::file::init::Options;
use gix::config::{File, Source};

use super::error::GitError;

/// The sections that are read.
const SECTIONS: &[&str] = &["countersign", "remote", "extensions"];

/// Returns the values in the sections that countersign reads, by key. If a key has several values, the last one counts.
/// If there is no such file, there are no values.
///
/// In a key, the section and the name are in lower case. The subsection between them, such as the name of a remote, is
/// as written in the file; only in the old form `[section.subsection]` it is in lower case too.
pub(super) fn read_own(path: &Path) -> Result<HashMap<String, String>, GitError> {
    let action = "cannot read the configuration of the repository";
    let failed = |reason: String| GitError::Gix { action, reason: format!("{}: {reason}", path.display()) };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => return Err(failed(error.to_string())),
    };
    let file = File::from_bytes_no_includes(&bytes, Metadata::from(Source::Local), Options::default())
        .map_err(|error| failed(super::error::one_line(&error)))?;
    let mut values = HashMap::new();
    for section in file.sections() {
        let name = lower(section.header().name());
        if !SECTIONS.contains(&name.as_str()) {
            continue;
        }
        let head = match section.header().subsection_name() {
            None => name,
            // In the old form [section.subsection], Git puts the subsection in lower case too.
            Some(sub) if section.header().is_legacy() => format!("{name}.{}", lower(sub)),
            Some(sub) => format!("{name}.{}", sub.to_str_lossy()),
        };
        for key in section.value_names() {
            // A key without a value means true.
            let value = section.value_implicit(&key).flatten();
            let value = value.map_or_else(|| "true".to_owned(), |value| value.to_str_lossy().into_owned());
            values.insert(format!("{head}.{}", key.to_ascii_lowercase()), value);
        }
    }
    Ok(values)
}

fn lower(name: &BStr) -> String {
    name.to_str_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// Returns what `git config` reads from a file; `None` if it refuses the file.
    fn of_git(path: &Path) -> Option<HashMap<String, String>> {
        let pattern = r"^(countersign|remote|extensions)\.";
        let mut command = Command::new("git");
        command.args(["config", "--null", "--file"]).arg(path);
        let output = command.args(["--no-includes", "--get-regexp", pattern]).output().unwrap();
        if !matches!(output.status.code(), Some(0 | 1)) {
            return None;
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('\n').unwrap_or((pair, "true"));
            (key.to_owned(), value.to_owned())
        };
        Some(text.split('\0').filter(|pair| !pair.is_empty()).map(pair).collect())
    }

    /// Pieces of configuration files. Git and another parser could read files made of them in different ways.
    const PIECES: &[&str] = &[
        "[countersign]",
        "[Countersign]",
        "[remote \"origin\"]",
        "[remote \"a b\\\"c\"]",
        "[remote.Origin]",
        "[extensions]",
        "[core]",
        "[include]",
        "[remote \"\"]",
        "\n",
        "\n\t",
        " ",
        "ledgerBranch",
        "url",
        "URL",
        "share",
        "worktreeConfig",
        "path",
        " = ",
        "=",
        "auto",
        "\"a b\"",
        "a\\\n  b",
        "\\t",
        "\\\\",
        "\"x\\\"y\"",
        "# note",
        "; note",
        "\"a # b\"",
        "true",
        "\r\n",
        "[",
        "]",
        "\"",
        "\\",
        "-x",
        "1x",
        "é",
        "include.path = other",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_file_says_what_git_reads_in_it(pieces in proptest::collection::vec(0..PIECES.len(), 1..24)) {
            let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &text).unwrap();
            match (of_git(file.path()), read_own(file.path())) {
                (Some(git), Ok(own)) => prop_assert_eq!(git, own, "{:?}", text),
                // If Git refuses the file, Git itself does not run in the repository. If only `read_own` refuses the
                // file, the user gets an error, and never other values than Git's.
                (None, Ok(_)) | (_, Err(_)) => {}
            }
        }
    }

    #[test]
    fn ordinary_files_are_read() {
        let text = "[core]\n\tbare = false\n[remote \"Origin\"]\n\turl = ssh://a/b ; c\n\tfetch = +refs/heads/*:refs/x/*\n[CounterSign]\n\tLedgerBranch = audit\n\tshare\n\tledgerBranch = \"last # one\"\n[include]\n\tpath = other\n";
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let own = read_own(file.path()).unwrap();
        assert_eq!(Some(&own), of_git(file.path()).as_ref());
        assert_eq!(own["remote.Origin.url"], "ssh://a/b");
        assert_eq!(own["countersign.ledgerbranch"], "last # one");
        assert_eq!(own["countersign.share"], "true");
        assert!(read_own(&file.path().with_extension("missing")).unwrap().is_empty());
    }
}
