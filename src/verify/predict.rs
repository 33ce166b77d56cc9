//! Prediction: the verdict that a record would get if it were appended now.

use super::accepted::{Verdict, VerifiedRecord};
use super::authenticate::AuthenticRecord;
use super::bodies::Unreadable;
use super::entitle::{self, Case, Said};
use super::past::Past;
use crate::record::{Body, Content, Header};
use crate::sshsig::PublicKey;

impl Past {
    /// Returns the verdict that a draft would get if it were signed with `key` and appended now, as the only record of
    /// its entry.
    ///
    /// # Errors
    ///
    /// If the body of a record that the draft refers to was verified in an earlier run, and can no longer be read.
    pub fn predict_draft(
        &self,
        header: &Header,
        body: &Body,
        key: &PublicKey,
    ) -> Result<Verdict, Unreadable> {
        let case = Case::new(self, Said { header, body: Some(body), key }, self.size(), &[])?;
        Ok(match entitle::evaluate(&case) {
            Ok(_) => Verdict::Verified,
            Err((code, found)) => Verdict::Void { code, found },
        })
    }

    /// Returns the verified record that a record would become if it were appended now. Returns `None` if the record is
    /// in the ledger already, or would not be verified. To be verified, it must name this ledger and a checkpoint of
    /// this ledger, and must be signed with a key in force for its author. The author must also be entitled to write
    /// it.
    pub fn predict(&self, authentic: &AuthenticRecord) -> Result<Option<VerifiedRecord>, Unreadable> {
        let (record, key) = (authentic.record(), authentic.key());
        let holder = self.roster().and_then(|roster| roster.holder(key));
        let is_own = holder.is_some_and(|member| member.name == *record.author());
        let seen = match record.header().checkpoint {
            Some(seen) if self.boundary(seen.size)? == Some(seen.root) => Some(seen),
            Some(_) | None => None,
        };
        let is_of_ledger = record.header().ledger == self.ledger_id();
        let (true, true, Some(seen), None) = (is_own, is_of_ledger, seen, self.position(&record.id())?)
        else {
            return Ok(None);
        };
        let case = Case::new(self, authentic.into(), self.size(), &[])?;
        let (Ok(person), Content::Known { body, .. }) = (entitle::evaluate(&case), record.content()) else {
            return Ok(None);
        };
        Ok(Some(VerifiedRecord {
            id: record.id(),
            position: self.size(),
            judged_at: self.size(),
            record: body.clone(),
            author: record.author().clone(),
            person,
            created_at: record.created_at(),
            point: key.point,
            by_proposed_key: false,
            seen: seen.size,
        }))
    }
}
