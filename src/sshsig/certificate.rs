//! Certificates (OpenSSH PROTOCOL.certkeys), as far as the key that they are about.

use super::algorithm::CERTIFICATE;
use super::key::PublicKey;
use super::wire::{Wire, WireWriter};

impl PublicKey {
    /// Returns the key that a certificate is about; `None` unless it is one of a supported algorithm. Nothing of the
    /// certificate is verified: only its key is taken.
    pub fn of_certificate(blob: &[u8]) -> Option<Self> {
        let mut wire = Wire::new(blob);
        let name = std::str::from_utf8(wire.string()?).ok()?.strip_suffix(CERTIFICATE)?;
        let is_hardware = name.starts_with("sk-");
        let (_nonce, point) = wire.string().zip(wire.string())?;
        let name = if is_hardware { format!("{name}@openssh.com") } else { name.to_owned() };
        let key = WireWriter::default().string(name.as_bytes()).string(point);
        let key = if is_hardware { key.string(wire.string()?) } else { key };
        Self::from_blob(&key.finish())
    }
}
