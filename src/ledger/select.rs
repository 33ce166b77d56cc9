//! Selects records of a ledger by their header, their verdict, and what they are about.

use std::collections::BTreeSet;

use super::Loaded;
use crate::record::{Body, Kind};
use crate::value::{CommitId, EnvironmentName, MemberName, RecordId, RootCause, ServiceName, Targets, Time};
use crate::verify::{Accepted, Unreadable, Verdict};

/// Which records are wanted. A record has to meet every condition; an empty list and `None` are no condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select {
    /// One of these kinds.
    pub kinds: Vec<Kind>,
    /// By one of these members.
    pub authors: Vec<MemberName>,
    /// About one of these services.
    pub services: Vec<ServiceName>,
    /// About one of these environments.
    pub environments: Vec<EnvironmentName>,
    /// About one of these root causes.
    pub root_causes: Vec<RootCause>,
    /// Dated at this time or later.
    pub since: Option<Time>,
    /// With this verdict.
    pub verdict: Option<WantedVerdict>,
}

/// The verdict that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedVerdict {
    /// Verified records.
    Verified,
    /// Void records.
    Void,
}

impl Select {
    /// Whether a record is wanted.
    ///
    /// # Errors
    ///
    /// If a body that was verified in an earlier run can no longer be read: the body of the record, or that of a record
    /// which it is about.
    pub fn fits(&self, id: &RecordId, accepted: &Accepted, loaded: &Loaded) -> Result<bool, Unreadable> {
        let verdict = match accepted.verdict {
            Verdict::Verified => WantedVerdict::Verified,
            Verdict::Void { .. } => WantedVerdict::Void,
        };
        let fits_header = is_among(&self.kinds, accepted.kind.as_ref())
            && is_among(&self.authors, Some(&accepted.author))
            && self.since.is_none_or(|since| since <= accepted.created_at)
            && self.verdict.is_none_or(|wanted| wanted == verdict);
        let asks_body =
            !(self.services.is_empty() && self.environments.is_empty() && self.root_causes.is_empty());
        if !fits_header || !asks_body {
            return Ok(fits_header);
        }
        let Some(topic) = Topic::of(id, loaded)? else { return Ok(false) };
        let is_about = |service: &ServiceName, environment: &EnvironmentName| {
            is_among(&self.services, Some(service)) && is_among(&self.environments, Some(environment))
        };
        let fits_target = (self.services.is_empty() && self.environments.is_empty())
            || topic.targets.iter().any(|target| is_about(&target.service, &target.environment));
        let fits_cause = self.root_causes.is_empty()
            || self.root_causes.iter().any(|cause| topic.root_causes.contains(cause));
        Ok(fits_target && fits_cause)
    }
}

fn is_among<T: PartialEq>(wanted: &[T], found: Option<&T>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
}

/// What a record is about, by its own fields and by those of the records that it refers to.
#[derive(Debug, Clone, Default)]
pub struct Topic {
    /// The targets.
    pub targets: Targets,
    /// The commit that the record names, or else the first one named by the records that it refers to.
    pub commit: Option<CommitId>,
    /// The root causes.
    pub root_causes: BTreeSet<RootCause>,
    /// The kind and the subject of the first record that it refers to.
    pub about: Option<String>,
}

/// The largest number of steps from a record to the records that it is about. From a vote on a triage to the exception
/// that is triaged there are two.
const FOLLOWED: usize = 3;

impl Topic {
    /// Returns what a record is about; `None` for a record of another format.
    ///
    /// # Errors
    ///
    /// If a body that was verified in an earlier run can no longer be read: the body of the record, or that of a record
    /// which it is about.
    pub fn of(id: &RecordId, loaded: &Loaded) -> Result<Option<Self>, Unreadable> {
        let Some(body) = loaded.replay.past().body(id)? else { return Ok(None) };
        let mut topic = Self::default();
        topic.add(&body, loaded, FOLLOWED)?;
        if let Some(first) = body.about().first()
            && let Some(about) = loaded.replay.past().body(first)?
        {
            topic.about = Some(format!("{} {}", about.kind(), about.subject()));
        }
        Ok(Some(topic))
    }

    fn add(&mut self, body: &Body, loaded: &Loaded, left: usize) -> Result<(), Unreadable> {
        self.targets = Targets::union([&self.targets, &body.targets()]);
        self.commit = self.commit.take().or_else(|| body.commit().cloned());
        self.root_causes.extend(body.root_causes().into_iter().cloned());
        if left == 0 {
            return Ok(());
        }
        for id in body.about() {
            if let Some(about) = loaded.replay.past().body(id)? {
                self.add(&about, loaded, left - 1)?;
            }
        }
        Ok(())
    }
}
