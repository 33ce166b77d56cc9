//! The mathematics of one record: this key signed these bytes.

use crate::record::SignedRecord;
use crate::sshsig::{PublicKey, RECORD_NAMESPACE, SignatureError, Verifier};

/// A record whose signature fits its bytes and the key that it names.
///
/// That the key was its author's is another question, which needs the history. It is made by
/// [`authenticate`] alone:
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
    /// The record.
    pub fn record(&self) -> &SignedRecord {
        &self.0
    }

    /// The key that signed it.
    pub fn key(&self) -> &PublicKey {
        self.0.signature().key()
    }
}

/// Checks the signature of a record, strictly, in the namespace of records.
pub fn authenticate(
    record: SignedRecord,
    verifier: &mut Verifier,
) -> Result<AuthenticRecord, SignatureError> {
    verifier.verify(record.signature(), RECORD_NAMESPACE, record.payload())?;
    Ok(AuthenticRecord(record))
}
