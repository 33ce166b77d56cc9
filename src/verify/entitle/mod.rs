//! Whether an author was entitled to say what a record says, at its position (ledger-schema/verify.md).
//!
//! The rules are asked in one order; the first that applies makes the record void. Each looks at the
//! state before the record's entry, and at nothing else.

mod bounds;
mod proposals;
mod reference;
mod roles;

pub use roles::concerned_names;

use std::sync::Arc;

use super::authenticate::AuthenticRecord;
use super::filed::Filed;
use super::past::Past;
use crate::finding::Code;
use crate::record::{Body, Content, Header};
use crate::trust::Roster;
use crate::value::{MemberName, RecordId, Target};

/// A record that is to be judged.
pub(super) struct Case<'a> {
    /// Everything before its entry.
    pub(super) past: &'a Past,
    /// The record.
    pub(super) authentic: &'a AuthenticRecord,
    /// Where it will stand.
    pub(super) position: u64,
    /// Whether its entry holds nothing but receipts.
    pub(super) only_receipts: bool,
}

/// What a rule says: nothing, or what was found against the record.
type Rule = fn(&Case<'_>, &Body, &Roster) -> Option<String>;

/// The rules in the order in which they are asked.
const RULES: &[(Code, Rule)] = &[
    (Code::Founding, proposals::founding),
    (Code::Key, roles::key),
    (Code::Required, roles::required),
    (Code::Identity, roles::identity),
    (Code::Reference, reference::reference),
    (Code::Seen, reference::seen),
    (Code::Role, roles::role),
    (Code::Scope, roles::scope),
    (Code::Concerned, roles::concerned),
    (Code::Version, proposals::version),
    (Code::Roster, proposals::roster),
    (Code::StaleWord, reference::stale_word),
    (Code::Expected, bounds::expected),
    (Code::Closed, reference::closed),
    (Code::Lifetime, bounds::lifetime),
    (Code::Backdated, bounds::backdated),
    (Code::StaleDecision, bounds::stale_decision),
];

/// The person behind the author if the author was entitled, else the first rule that says no.
pub(super) fn judge(case: &Case<'_>) -> Result<MemberName, (Code, String)> {
    let record = case.authentic.record();
    let Content::Known { body, .. } = record.content() else {
        let found =
            format!("the kind {} of schema {} is not of format 1", record.kind(), record.header().schema);
        return Err((Code::Format, found));
    };
    let first;
    let roster = match (case.past.roster(), &**body) {
        (Some(roster), _) => &**roster,
        // The first record is judged by the roster that it brings; form has looked at the rest of it.
        (None, Body::Trust(trust)) => {
            first = Roster::new(record.id(), trust.clone());
            let person = first.person(record.author()).cloned();
            return person.ok_or_else(|| (Code::Role, "its author is no member of it".to_owned()));
        }
        (None, _) => return Err((Code::Founding, "there is no ledger yet".to_owned())),
    };
    for (code, rule) in RULES {
        if let Some(found) = rule(case, body, roster) {
            return Err((*code, found));
        }
    }
    let newcomer = case
        .proposal()
        .and_then(|proposal| proposal.roster())
        .and_then(|roster| roster.person(record.author()));
    let person = roster.person(record.author()).or(newcomer).cloned();
    person.ok_or_else(|| (Code::Role, "its author is nobody's".to_owned()))
}

impl Case<'_> {
    fn header(&self) -> &Header {
        self.authentic.record().header()
    }

    fn author(&self) -> &MemberName {
        &self.header().author
    }

    /// The record that this one is about: what is approved, reviewed, closed, resumed, or came out.
    fn subject(&self) -> Option<Filed> {
        self.past.record(&self.about()?)
    }

    /// What that record says.
    fn subject_body(&self) -> Option<Arc<Body>> {
        self.past.body(&self.about()?)
    }

    fn about(&self) -> Option<RecordId> {
        match self.body()? {
            Body::Approval(approval) => Some(approval.of),
            Body::Closure(closure) => Some(closure.of),
            Body::Review(review) => Some(review.of),
            Body::Resume(resume) => Some(resume.of),
            Body::Outcome(outcome) => Some(outcome.of),
            _ => None,
        }
    }

    fn body(&self) -> Option<&Body> {
        match self.authentic.record().content() {
            Content::Known { body, .. } => Some(body),
            Content::Foreign => None,
        }
    }

    /// The open proposal that an approval is of.
    fn proposal(&self) -> Option<&super::Proposal> {
        match self.body()? {
            Body::Approval(approval) => self.past.proposals().get(&approval.of),
            _ => None,
        }
    }

    /// The targets that the author's scope has to cover: the record's own, else those of what it is about.
    fn targets(&self, body: &Body) -> Vec<Target> {
        let of = |body: &Body| match body {
            Body::Triage(triage) => {
                let about = triage.of.iter().filter_map(|id| self.past.body(id));
                about.flat_map(|exception| exception.targets()).collect()
            }
            other => other.targets(),
        };
        self.subject_body().map_or_else(|| of(body), |subject| of(&subject))
    }
}
