//! [`AsideStore`]: where a live state finds the exceptions that it has set aside, its dormant patterns, and the names
//! of what it leaves out.

use std::collections::{BTreeMap, BTreeSet};

use super::dormant::Dormant;
use crate::state::item::{Delivered, ExceptionItem};
use crate::value::{CommitId, Target, Time};
use crate::verify::Unreadable;

/// A store of the exceptions that a live state has set aside, of its dormant patterns, and of the names of what it
/// leaves out. A question needs only a few of these.
pub trait AsideStore: std::fmt::Debug + Send + Sync {
    /// Returns the exceptions at these places, in order.
    fn exceptions(&self, places: &BTreeSet<usize>) -> Result<Vec<(usize, ExceptionItem)>, Unreadable>;

    /// Returns the dormant patterns.
    fn dormant(&self) -> Result<Dormant, Unreadable>;

    /// Returns whether this is the name of a dormant pattern, or of a cause of a redesign that is stored with the
    /// dormant patterns.
    fn has_dormant_name(&self, name: u64) -> Result<bool, Unreadable>;

    /// Returns whether something with this name was left out.
    fn has_name(&self, name: u64) -> Result<bool, Unreadable>;

    /// Returns the names of everything that was left out, in order.
    fn names(&self) -> Result<Vec<u64>, Unreadable>;

    /// Returns the commits of the allowed deployments to a target that were left out, each with the time of the
    /// decision, in order of time. Deployments are passed over if an unanswered outcome says that they never started.
    fn ran(&self, target: &Target) -> Result<Vec<(Time, CommitId)>, Unreadable>;

    /// Returns what the reports need of the deployments to a target that were left out, in order of position.
    fn delivered(&self, target: &Target) -> Result<Vec<Delivered>, Unreadable>;
}

/// What a live state sets aside, and the names of what it leaves out.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    /// The exceptions that are set aside, with their places, in order.
    pub exceptions: Vec<(usize, ExceptionItem)>,
    /// The dormant patterns.
    pub dormant: Dormant,
    /// The names of the dormant patterns, and of the causes of the redesigns that are stored with these, in order.
    pub dormant_names: Vec<u64>,
    /// The names of what was left out, in order, each as the first eight bytes of a digest. A collision of two names
    /// costs a fold of the whole ledger, and nothing else.
    pub names: Vec<u64>,
    /// For each target, the commits of the allowed deployments that were left out, each with the time of the decision,
    /// in order of time. Deployments are passed over if an unanswered outcome says that they never started.
    pub ran: BTreeMap<Target, Vec<(Time, CommitId)>>,
    /// For each target, what the reports need of the deployments that were left out, in order of position. Deployments
    /// that are too old for the reports are not among them.
    pub delivered: BTreeMap<Target, Vec<Delivered>>,
}

/// A store in memory.
impl AsideStore for Aside {
    fn exceptions(&self, places: &BTreeSet<usize>) -> Result<Vec<(usize, ExceptionItem)>, Unreadable> {
        Ok(self.exceptions.iter().filter(|(place, _)| places.contains(place)).cloned().collect())
    }

    fn dormant(&self) -> Result<Dormant, Unreadable> {
        Ok(self.dormant.clone())
    }

    fn has_dormant_name(&self, name: u64) -> Result<bool, Unreadable> {
        Ok(self.dormant_names.binary_search(&name).is_ok())
    }

    fn has_name(&self, name: u64) -> Result<bool, Unreadable> {
        Ok(self.names.binary_search(&name).is_ok())
    }

    fn names(&self) -> Result<Vec<u64>, Unreadable> {
        Ok(self.names.clone())
    }

    fn ran(&self, target: &Target) -> Result<Vec<(Time, CommitId)>, Unreadable> {
        Ok(self.ran.get(target).cloned().unwrap_or_default())
    }

    fn delivered(&self, target: &Target) -> Result<Vec<Delivered>, Unreadable> {
        Ok(self.delivered.get(target).cloned().unwrap_or_default())
    }
}
