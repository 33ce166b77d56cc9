//! Passwords in URLs (RFC 3986 §3.2.1).

use super::found::Secret;

/// Finds the passwords in URLs of the form `scheme://user:password@host`.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let from = at + 3;
        let rest = text.get(from..).unwrap_or_default();
        let is_end = |character: char| character.is_whitespace() || "/?#\"'<>`,;()".contains(character);
        // A password may hold characters that would end the authority of a URL. So if there is no @ in the authority,
        // the first @ before white space ends the password.
        let authority = rest.get(..rest.find(is_end).unwrap_or(rest.len())).unwrap_or_default();
        let word = rest.get(..rest.find(char::is_whitespace).unwrap_or(rest.len())).unwrap_or_default();
        let userinfo = match authority.rfind('@') {
            Some(end) => authority.get(..end),
            None => word.find('@').and_then(|end| word.get(..end)).filter(|user| !user.contains("//")),
        };
        let Some((user, password)) = userinfo.and_then(|userinfo| userinfo.split_once(':')) else { continue };
        let is_name = !user.contains(['/', '?', '#']);
        // If only digits stand before a `/`, `?` or `#`, they are a port. The @ then belongs to what follows the port.
        let port = password.split(['/', '?', '#']).next().unwrap_or_default();
        let is_port = port.len() < password.len() && port.bytes().all(|byte| byte.is_ascii_digit());
        if is_name && !is_port && !is_placeholder(password) {
            let start = from + user.len() + 1;
            found.push(Secret { place: start..start + password.len(), kind: "password" });
        }
    }
    found
}

/// Whether a value is only a placeholder for a secret. A placeholder is empty or masked, begins as a variable does or
/// with a bracket, or consists of fewer than six digits.
pub(super) fn is_placeholder(value: &str) -> bool {
    let masks = |character: char| "*xX.•".contains(character);
    value.chars().all(masks)
        || value.starts_with(['$', '<', '{', '%', '['])
        || value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() < 6
}
