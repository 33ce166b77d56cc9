//! Entitlement: whether an author was entitled to write a record at its position (ledger-schema/verify.md).
//!
//! The rules are applied in a fixed order; the first that the record breaks makes it void. Each rule depends
//! only on the record, its entry and the state before that entry.

mod bounds;
mod case;
mod proposals;
mod reference;
mod references;
mod resource;
mod roles;

use crate::finding::Code;
use crate::record::Body;
use crate::trust::Roster;
use crate::value::{MemberName, RecordId, limit};

pub(super) use case::{Case, Said};
pub use roles::concerned_names;

/// Returns the ids of the records that a record refers to.
pub fn referenced(body: &Body) -> Vec<RecordId> {
    let references = references::references(body);
    references.iter().flat_map(|reference| reference.ids.iter().copied()).collect()
}

/// A rule: returns what is wrong with the record, or `None`.
type EntitlementRule = fn(&Case<'_>, &Body, &Roster) -> Option<String>;

/// The rules, in the order in which they are applied.
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
    (Code::Bounds, proposals::bounds),
    (Code::StaleWord, reference::stale_word),
    (Code::Expected, bounds::expected),
    (Code::Resource, resource::resource),
    (Code::Closed, reference::closed),
    (Code::Lifetime, bounds::lifetime),
    (Code::Backdated, bounds::backdated),
    (Code::StaleDecision, bounds::stale_decision),
];

/// Returns the person behind the author if the author was entitled, otherwise the first rule that the record breaks,
/// and what was found.
pub(super) fn evaluate(case: &Case<'_>) -> Result<MemberName, (Code, String)> {
    let header = case.header();
    let Some(body) = case.said.body else {
        let found = format!(
            "the kind {} of schema {} does not belong to format {}",
            header.kind,
            header.schema,
            limit::FORMAT
        );
        return Err((Code::Format, found));
    };
    let roster = match (case.past.roster(), body) {
        (Some(roster), _) => &**roster,
        // The first record is evaluated against its own roster; `form` has checked that its author is a human admin of
        // that roster.
        (None, Body::Trust(trust)) => {
            let author = trust.member.iter().find(|member| member.name == *case.author());
            let person = author.map(|member| member.name.clone());
            return person.ok_or_else(|| (Code::Role, "its author is not a member of its roster".to_owned()));
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
        .and_then(|roster| roster.person(case.author()));
    let person = roster.person(case.author()).or(newcomer).cloned();
    person.ok_or_else(|| (Code::Role, "there is no person behind its author".to_owned()))
}
