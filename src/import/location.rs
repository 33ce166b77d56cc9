//! Locations as paths. A file has the same path, however a tool writes the URI of that file (RFC 8089, RFC 3986).

use crate::value::percent_decoded;

/// Returns a URI of a file, or a path, as a plain path: without scheme, percent-encoding and backslashes, and without
/// the segments `.` and `..`. A `..` with no folder before it stays. Any other URI stays as it is.
pub(super) fn path(uri: &str) -> String {
    let local = match uri.strip_prefix("file:") {
        Some(rest) => match rest.strip_prefix("//") {
            Some(rest) => rest.strip_prefix("localhost").filter(|rest| rest.starts_with('/')).unwrap_or(rest),
            None => rest,
        },
        None if uri.contains("://") => return uri.to_owned(),
        None => uri,
    };
    let decoded = percent_decoded(local).unwrap_or_else(|| local.to_owned()).replace('\\', "/");
    // A drive follows a slash in a URI, but is at the beginning of a path.
    let drive = decoded.strip_prefix('/').filter(|rest| is_drive(rest));
    without_dots(drive.unwrap_or(&decoded))
}

/// Whether a path or a URI is absolute.
pub(super) fn is_absolute(path: &str) -> bool {
    path.contains("://") || path.starts_with("file:") || path.starts_with('/') || is_drive(path)
}

fn is_drive(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && bytes.next() == Some(b':')
        && bytes.next() == Some(b'/')
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." if kept.last().is_some_and(|last| !matches!(*last, "" | "..")) => _ = kept.pop(),
            _ => kept.push(segment),
        }
    }
    kept.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_has_the_same_path() {
        for (uri, expected) in [
            ("src/a.c", "src/a.c"),
            ("./src/a.c", "src/a.c"),
            ("src/./x/../a.c", "src/a.c"),
            ("src\\a.c", "src/a.c"),
            ("../a.c", "../a.c"),
            ("/../a.c", "/../a.c"),
            ("file:///r/my%20repo/a.c", "/r/my repo/a.c"),
            ("file:/r/a.c", "/r/a.c"),
            ("file://localhost/r/a.c", "/r/a.c"),
            ("/r/x/../a.c", "/r/a.c"),
            ("file:///C:/r/a.c", "C:/r/a.c"),
            ("C:\\r\\a.c", "C:/r/a.c"),
            ("k%C3%A4se.c", "käse.c"),
            ("100%.c", "100%.c"),
            ("https://x/y/../a.c", "https://x/y/../a.c"),
            ("/r/", "/r/"),
        ] {
            assert_eq!(path(uri), expected, "{uri}");
        }
        assert!(is_absolute("C:/a") && is_absolute("/a") && is_absolute("http://a") && !is_absolute("a:b"));
    }
}
