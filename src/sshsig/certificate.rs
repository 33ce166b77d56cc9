//! Reads the public key out of a certificate (OpenSSH PROTOCOL.certkeys).

use super::algorithm::CERTIFICATE;
use super::key::PublicKey;
use super::wire::{Wire, WireWriter};

impl PublicKey {
    /// Returns the public key in a certificate; `None` unless the key is of a supported algorithm. The certificate
    /// itself is not verified.
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
