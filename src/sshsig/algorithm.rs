//! Names of key algorithms that records are not signed with, so that an error message can say what a key is.

/// OpenSSH names certificates by the algorithm of their key, with this suffix (PROTOCOL.certkeys).
pub(super) const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// Describes a key of an algorithm that records are not signed with. `name` begins with OpenSSH's name of the
/// algorithm. Returns `None` for any other text.
pub fn other_algorithm(name: &str) -> Option<String> {
    let name = name.split(' ').next().unwrap_or_default();
    if let Some(of) = name.strip_suffix(CERTIFICATE) {
        return Some(format!("a certificate of a key of the type {of}"));
    }
    let words = match name.strip_suffix("@openssh.com").unwrap_or(name) {
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" => "an RSA key",
        "ssh-dss" => "a DSA key",
        "sk-ecdsa-sha2-nistp256" => "an ECDSA key of a security key",
        "webauthn-sk-ecdsa-sha2-nistp256" => "an ECDSA key of a browser",
        name if name.starts_with("ecdsa-sha2-") => "an ECDSA key",
        _ => return None,
    };
    Some(format!("{words} ({name})"))
}
