//! What became of the credentials that were issued for an override.

use std::fmt;

use super::exception::{ClosureOf, ExceptionItem};
use crate::policy;
use crate::record::kind::closure::FateOfCredential;
use crate::record::kind::exception::Grant;
use crate::record::kind::review::Judgement;
use crate::value::{Ascii, Time};

/// A credential that was issued and is not known to be gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingCredential<'a> {
    /// The reference to it.
    pub credential: &'a Ascii,
    /// The latest fate other than `pending` that a person concerned in the override reported. It does not count
    /// yet.
    pub said: Option<FateOfCredential>,
}

impl fmt::Display for PendingCredential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.said {
            Some(said) => {
                write!(
                    f,
                    "{} ({said}, reported by a person concerned; somebody not concerned has to confirm it)",
                    self.credential
                )
            }
            None => write!(f, "{}", self.credential),
        }
    }
}

impl ExceptionItem {
    /// Whether the override took effect, was closed, and still has a pending credential although the grace period has
    /// passed. The grace period starts at the end of the override or at the earliest date of a closure, whichever is
    /// earlier.
    pub fn is_unrevoked(&self, policy: &policy::InForce, now: Time) -> bool {
        !self.says.closures.is_empty()
            && self.approvals.effect().is_some()
            && self.over_at(policy).is_some_and(|over| over.plus(self.grace(policy)) <= now)
            && !self.pending_credentials(policy, now).is_empty()
    }

    /// Returns the credentials that were issued for the override and are not known to be gone.
    pub fn pending_credentials(&self, policy: &policy::InForce, now: Time) -> Vec<PendingCredential<'_>> {
        let mut pending = Vec::new();
        for grant in &self.says.exception.grant {
            let Some(credential) = &grant.credential else { continue };
            let words: Vec<(&ClosureOf, FateOfCredential)> = self.words_on(credential).collect();
            let is_gone = |(closure, became): &(&ClosureOf, FateOfCredential)| match became {
                FateOfCredential::Expired if self.has_expired(grant, credential, now) => true,
                FateOfCredential::Revoked | FateOfCredential::Rotated | FateOfCredential::Expired => {
                    self.counts(closure, policy)
                }
                FateOfCredential::Pending => false,
            };
            if !words.iter().any(is_gone) {
                let mut said = words.iter().map(|(_, became)| *became);
                let said = said.rfind(|became| *became != FateOfCredential::Pending);
                pending.push(PendingCredential { credential, said });
            }
        }
        pending
    }

    fn words_on<'a>(
        &'a self,
        credential: &'a Ascii,
    ) -> impl Iterator<Item = (&'a ClosureOf, FateOfCredential)> {
        self.says.closures.iter().flat_map(move |closure| {
            let fates = closure.says.credential.iter().filter(|fate| fate.credential == *credential);
            fates.map(move |fate| (closure, fate.became))
        })
    }

    /// Whether a credential is past its own end. If the trigger used this credential, its end is the trigger's
    /// `credential_expires_at`, else the `expires_at` of the grant.
    fn has_expired(&self, grant: &Grant, credential: &Ascii, now: Time) -> bool {
        let trigger = &self.says.exception.trigger.0;
        let is_of_trigger = trigger.credential.as_ref() == Some(credential);
        let end = if is_of_trigger { trigger.credential_expires_at } else { Some(grant.expires_at) };
        end.is_some_and(|end| end <= now)
    }

    /// Whether a closure's statement about a credential counts. It counts if the author of the closure is not concerned
    /// in the override, if a reviewer who had seen the closure found the override justified, or if the policy requires
    /// no approval of overrides.
    fn counts(&self, closure: &ClosureOf, policy: &policy::InForce) -> bool {
        let is_confirmed = || {
            // A review confirms only a closure that the reviewer had seen.
            let later = self.says.reviews.iter().filter(|review| review.seen > closure.position);
            later.into_iter().any(|review| review.says.verdict == Judgement::Justified)
        };
        closure.is_by_another || policy.strictest(&self.targets).approvals.overrides == 0 || is_confirmed()
    }
}
