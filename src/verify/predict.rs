//! Prediction: whether a record would count if it were appended now, and how.

use super::accepted::{Verdict, VerifiedRecord};
use super::authenticate::AuthenticRecord;
use super::bodies::Unreadable;
use super::entitle::{self, Case, Said};
use super::past::Past;
use crate::record::{Body, Content, Header};
use crate::sshsig::PublicKey;

impl Past {
    /// Returns the verdict that a draft would get if it were signed with a key and appended now, as the only record of
    /// its entry.
    ///
    /// # Errors
    ///
    /// If the contents of a record that it refers to were cached and cannot be read any more.
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

    /// Returns a record as it would be verified at the end of this past: it is of this ledger, names an earlier
    /// checkpoint of it, and is signed with a key in force of its author, who is entitled to say it. `None` if it
    /// would not count, or is in the ledger already.
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
