//! Whether an author was entitled to say what a record says, at its position (ledger-schema/verify.md).
//!
//! The rules are asked in one order; the first that applies makes the record void. Each looks at the
//! state before the record's entry, and at nothing else.

mod bounds;
mod case;
mod proposals;
mod reference;
mod roles;

use crate::finding::Code;
use crate::record::{Body, Content};
use crate::trust::Roster;
use crate::value::MemberName;

pub(super) use case::Case;
pub use roles::concerned_names;

/// What a rule says: nothing, or what was found against the record.
type EntitlementRule = fn(&Case<'_>, &Body, &Roster) -> Option<String>;

/// The rules in the order in which they are asked.
const RULES: &[(Code, EntitlementRule)] = &[
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
