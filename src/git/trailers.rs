//! Trailers of a commit message (git-interpret-trailers(1)).

use std::path::Path;

use super::error::GitError;
use super::repository::Repository;

impl Repository {
    /// Returns the trailers of the message in a file, as key and value. Git finds them: only the last block of the
    /// message counts, and comments and everything below a scissors line are ignored.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or Git fails.
    pub fn trailers(&self, message: &Path) -> Result<Vec<(String, String)>, GitError> {
        let message = message.display().to_string();
        let command =
            ["-c", "trailer.separators=:", "interpret-trailers", "--parse", "--no-divider", "--", &message];
        let text = self.git().must(&command)?;
        let pair = |line: &str| {
            line.split_once(':').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        };
        Ok(text.lines().filter_map(pair).collect())
    }
}
