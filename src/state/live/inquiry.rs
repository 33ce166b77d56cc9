//! [`Inquiry`]: what a command will ask a state about, and whether a live state can answer.

use super::left_out::LeftOutName;
use crate::record::Body;
use crate::state::State;
use crate::value::{CommitId, RecordId, Target, Time};
use crate::verify::{Past, Unreadable, referenced};

/// What a command will ask a state about.
#[derive(Debug, Clone, Default)]
pub struct Inquiry {
    /// The time that the questions are about; the earliest time, if there are several.
    pub now: Option<Time>,
    /// The commits that are asked about.
    pub commits: Vec<CommitId>,
    /// The records that are asked about.
    pub records: Vec<RecordId>,
    /// The exceptions that are examined one by one.
    pub exceptions: ExceptionsAsked,
    /// The patterns that are asked about, if not all exceptions are.
    pub patterns: PatternsAsked,
}

/// Which patterns a command asks about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PatternsAsked {
    /// Those that count on a target.
    #[default]
    Counting,
    /// Also those that count on no target now.
    All,
}

/// Which exceptions a command examines one by one, besides those that are open or give access.
#[derive(Debug, Clone, Default)]
pub enum ExceptionsAsked {
    /// Any of them.
    #[default]
    Any,
    /// Those that the gate shows for the patterns on any target.
    Shown,
    /// Those that the gate shows for the patterns on some targets.
    ShownOn(Vec<Target>),
}

impl Inquiry {
    /// Asks at a time, about no commit or record in particular.
    pub fn at(now: Time) -> Self {
        Self { now: Some(now), ..Self::default() }
    }

    /// Asks about records.
    pub fn records(records: impl IntoIterator<Item = RecordId>) -> Self {
        Self { records: records.into_iter().collect(), ..Self::default() }
    }

    /// Asks to examine no exceptions one by one.
    #[must_use]
    pub fn without_exceptions(self) -> Self {
        self.showing([])
    }

    /// Asks to examine only those exceptions that the gate shows for the patterns on some targets.
    #[must_use]
    pub fn showing(self, targets: impl IntoIterator<Item = Target>) -> Self {
        Self { exceptions: ExceptionsAsked::ShownOn(targets.into_iter().collect()), ..self }
    }

    /// Asks to examine only those exceptions that the gate shows for the patterns on any target.
    #[must_use]
    pub fn showing_all_targets(self) -> Self {
        Self { exceptions: ExceptionsAsked::Shown, ..self }
    }

    /// Asks also about patterns that count on no target now.
    #[must_use]
    pub fn and_all_patterns(self) -> Self {
        Self { patterns: PatternsAsked::All, ..self }
    }

    /// Asks also about commits.
    #[must_use]
    pub fn and_commits<'a>(mut self, commits: impl IntoIterator<Item = &'a CommitId>) -> Self {
        self.commits.extend(commits.into_iter().cloned());
        self
    }

    /// Asks also about the records that a draft names.
    #[must_use]
    pub fn and_named_in(mut self, body: &Body) -> Self {
        self.records.extend(referenced(body));
        self
    }

    /// Asks also about a record.
    #[must_use]
    pub fn and_record(mut self, id: RecordId) -> Self {
        self.records.push(id);
        self
    }
}

impl State {
    /// Whether this state can answer an inquiry. The whole state always can. A live state can if it tells what ran on
    /// every target, if no record or commit that is asked about was left out, and if the time that is asked
    /// about is not before the time from which on the state answers. The state must have been folded from `past`, and
    /// prepared for the inquiry ([`State::prepared`]).
    pub fn can_answer(&self, past: &Past, inquiry: &Inquiry) -> Result<bool, Unreadable> {
        let Some(left_out) = &self.left_out else { return Ok(true) };
        for id in inquiry.records.iter().filter(|id| !self.places.contains_key(*id)) {
            if past.position(id)?.is_some_and(|position| position < left_out.size) {
                return Ok(false);
            }
        }
        for commit in &inquiry.commits {
            if self.has_left_out(&LeftOutName::Commit(commit))? {
                return Ok(false);
            }
        }
        Ok(inquiry.now.is_none_or(|now| left_out.since <= now)
            && self.policy.targets().iter().all(|rules| self.tells_what_ran(&rules.target(), left_out)))
    }
}
