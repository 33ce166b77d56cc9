//! Authentication of one record: checks that its key signed its bytes.

use crate::record::SignedRecord;
use crate::sshsig::{PublicKey, RECORD_NAMESPACE, SignatureError, Verifier};

/// A record whose signature matches the bytes of the record and the key that the signature names.
///
/// Whether that key belongs to the author is a separate question, which needs the history. Only
/// [`authenticate`] creates this type:
///
/// ```
/// use countersign::record::SignedRecord;
/// use countersign::sshsig::Verifier;
/// use countersign::verify::{AuthenticRecord, authenticate};
/// fn proven(record: SignedRecord) -> Option<AuthenticRecord> {
///     authenticate(record, &mut Verifier::default()).ok()
/// }
/// ```
///
/// ```compile_fail
/// use countersign::record::SignedRecord;
/// use countersign::sshsig::Verifier;
/// use countersign::verify::{AuthenticRecord, authenticate};
/// fn proven(record: SignedRecord) -> Option<AuthenticRecord> {
///     Some(AuthenticRecord(record))
/// }
/// ```
#[derive(Debug, Clone)]
pub struct AuthenticRecord(SignedRecord);

impl AuthenticRecord {
    /// Returns the record.
    pub fn record(&self) -> &SignedRecord {
        &self.0
    }

    /// Returns the key that signed it.
    pub fn key(&self) -> &PublicKey {
        self.0.signature().key()
    }
}

/// Verifies the signature of a record strictly, in the signature namespace of records.
pub fn authenticate(
    record: SignedRecord,
    verifier: &mut Verifier,
) -> Result<AuthenticRecord, SignatureError> {
    verifier.verify(record.signature(), RECORD_NAMESPACE, record.payload())?;
    Ok(AuthenticRecord(record))
}
