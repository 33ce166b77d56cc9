//! Standing credentials. Such a credential set off an exception and never ends. If the exception is an override, a
//! credential that ends later than the policy allows is a standing credential, too.

use std::collections::BTreeMap;

use super::exception::ExceptionItem;
use crate::policy;
use crate::value::{Ascii, MemberName, Time};

/// A standing credential that set off exceptions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct StandingCredential {
    /// Who used it.
    pub identity: MemberName,
    /// The reference to it.
    pub credential: Ascii,
    /// Why it is standing access, as a phrase.
    pub why: String,
}

/// For each standing credential, the dates of the exceptions that it set off, in any order.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(in crate::state) struct StandingUses(BTreeMap<StandingCredential, Vec<Time>>);

impl ExceptionItem {
    /// Returns the credential of its trigger if the credential never ends, or if this is an override and the credential
    /// ends later than `credentials.max_lifetime` allows.
    fn standing_credential(&self, policy: &policy::InForce) -> Option<StandingCredential> {
        let trigger = &self.says.exception.trigger.0;
        let credential = trigger.credential.clone()?;
        let why = match trigger.credential_expires_at {
            None => "has no end date".to_owned(),
            Some(end) => {
                let longest = policy.strictest(&self.targets).credentials.max_lifetime?;
                if !self.is_override() || end <= self.created_at.plus(longest) {
                    return None;
                }
                format!("was good until {end}, longer than the {longest} allowed")
            }
        };
        Some(StandingCredential { identity: trigger.identity.clone(), credential, why })
    }
}

impl StandingUses {
    /// Adds an exception, if a standing credential set it off.
    pub(in crate::state) fn add(&mut self, item: &ExceptionItem, policy: &policy::InForce) {
        if let Some(credential) = item.standing_credential(policy) {
            self.0.entry(credential).or_default().push(item.created_at);
        }
    }

    /// Takes out an exception that was added.
    pub(in crate::state) fn remove(&mut self, item: &ExceptionItem, policy: &policy::InForce) {
        let dates = item.standing_credential(policy).and_then(|credential| self.0.get_mut(&credential));
        if let Some(dates) = dates
            && let Some(place) = dates.iter().position(|date| *date == item.created_at)
        {
            dates.swap_remove(place);
        }
    }

    /// Drops the exceptions that are dated before `since`.
    pub(in crate::state) fn keep_since(&mut self, since: Time) {
        self.0.values_mut().for_each(|dates| dates.retain(|date| since <= *date));
        self.0.retain(|_, dates| !dates.is_empty());
    }

    /// Returns the credentials that set off exceptions dated `since` or later. With each credential, it returns the
    /// number of such exceptions that this credential set off.
    pub(in crate::state) fn since(&self, since: Time) -> impl Iterator<Item = (&StandingCredential, u64)> {
        let recent = move |dates: &Vec<Time>| dates.iter().filter(|date| since <= **date).count();
        let counted = self.0.iter().map(move |(credential, dates)| (credential, recent(dates)));
        let counted = counted.filter(|(_, count)| *count > 0);
        counted.map(|(credential, count)| (credential, u64::try_from(count).unwrap_or(u64::MAX)))
    }
}
