//! The effect of a verified entry on the past: founding, proposals that take effect, quarantines, ledger
//! time.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::accepted::VerifiedRecord;
use super::bodies::Unreadable;
use super::earlier::VoteOf;
use super::past::{Past, RosterSince};
use super::proposal::ProposalVote;
use crate::record::Body;
use crate::record::kind::quarantine::Quarantine;
use crate::record::kind::trust::Trust;
use crate::trust::Roster;
use crate::value::{MemberName, RecordId, Time};

impl Past {
    /// Applies the verified records of an entry to trust, policy, quarantines and ledger time.
    pub(super) fn apply(&mut self, verified: &[VerifiedRecord]) -> Result<(), Unreadable> {
        if self.rosters.is_empty() {
            return self.found(verified);
        }
        let mut touched: BTreeSet<u64> = BTreeSet::new();
        for verified in verified {
            match &**verified.body() {
                Body::Trust(_) | Body::Policy(_) | Body::Quarantine(_) => {
                    self.proposals.open(verified, self.distrusted_by(verified.body()));
                    touched.insert(verified.position());
                }
                Body::Approval(approval) => {
                    let person = self.table.names.number(verified.person());
                    if let Some(of) = self.table.position(&approval.of)? {
                        let by_proposed_key = verified.is_by_proposed_key();
                        let of = VoteOf { subject: of, person, by_proposed_key };
                        self.votes.insert(of, verified.position());
                    }
                    let proposed =
                        self.proposals.add_vote(approval.of, ProposalVote::new(verified, approval));
                    touched.extend(proposed);
                }
                Body::Exception(_)
                | Body::RollbackPlan(_)
                | Body::Redesign(_)
                | Body::Closure(_)
                | Body::Receipt(_)
                | Body::Triage(_)
                | Body::Release(_)
                | Body::Review(_)
                | Body::Pause(_)
                | Body::Resume(_)
                | Body::Outcome(_)
                | Body::Audit(_) => {}
            }
            if !verified.is_by_proposed_key() {
                self.note_date(verified.person().clone(), verified.created_at());
            }
        }
        self.count(&touched)
    }

    /// Notes the date of a person's record, if it is the newest of that person.
    fn note_date(&mut self, person: MemberName, created_at: Time) {
        let newest = self.newest.entry(person).or_insert(created_at);
        *newest = (*newest).max(created_at);
    }

    /// Rebuilds the newest dates, because records that no longer stand do not count for ledger time.
    fn rebuild_dates(&mut self) -> Result<(), Unreadable> {
        let mut dates: Vec<(MemberName, Time)> = Vec::new();
        for position in 0..self.table.len() {
            let date = self.table.date(position)?.filter(|date| self.is_standing(date.point, position));
            dates.extend(date.map(|date| (date.person.clone(), date.created_at)));
        }
        self.newest.clear();
        for (person, created_at) in dates {
            self.note_date(person, created_at);
        }
        Ok(())
    }

    /// Founds the ledger with its first record (ledger-schema/trust.md).
    ///
    /// The keys of the roster in that record are in the register from now on. The roster is in force once enough of its
    /// own admins approve it: as many as its own threshold asks for.
    fn found(&mut self, verified: &[VerifiedRecord]) -> Result<(), Unreadable> {
        let first = verified.first().map(|record| (record, &**record.body()));
        let Some((verified, Body::Trust(trust))) = first else { return Ok(()) };
        self.anchor = Some(verified.id());
        let roster = Arc::new(Roster::new(verified.id(), trust.clone()));
        self.rosters.push(RosterSince { since: 0, roster });
        self.register.enrol(trust);
        self.note_date(verified.person().clone(), verified.created_at());
        self.forever.insert(verified.id());
        self.proposals.open(verified, self.distrusted_by(verified.body()));
        self.count(&BTreeSet::from([verified.position()]))
    }

    /// Counts the votes on proposals that are in this entry or have a vote in it.
    ///
    /// A proposal that reaches its threshold takes effect at the end of the entry. If several rivals reach their
    /// thresholds in the same entry, only the one that was proposed first takes effect.
    fn count(&mut self, touched: &BTreeSet<u64>) -> Result<(), Unreadable> {
        let Some(roster) = self.roster().cloned() else { return Ok(()) };
        let since = self.table.len();
        // All proposals are counted before any of them takes effect, so each is counted by the trust in force before
        // the entry.
        let believed = |point: &[u8; 32], position| self.is_standing(point, position);
        let reached: Vec<_> = touched
            .iter()
            .filter_map(|position| self.proposals.at(*position))
            .filter(|proposal| proposal.reaches(&roster, &believed))
            .map(|proposal| (proposal.id, proposal.body.clone(), proposal.latest_votes().collect::<Vec<_>>()))
            .collect();
        for (id, body, votes) in reached {
            // A rival that was proposed earlier has taken effect, and closed this proposal.
            if self.proposals.get(&id).is_none() {
                continue;
            }
            self.proposals.close(&id, &body);
            self.forever.insert(id);
            self.forever.extend(votes);
            match &*body {
                Body::Trust(trust) => self.take_effect(id, trust, since)?,
                Body::Policy(policy) => {
                    let policy = self.policy().next(id, policy.clone());
                    self.policies.push((since, policy));
                }
                Body::Quarantine(quarantine) => self.quarantine(id, quarantine)?,
                Body::Exception(_)
                | Body::RollbackPlan(_)
                | Body::Redesign(_)
                | Body::Approval(_)
                | Body::Closure(_)
                | Body::Receipt(_)
                | Body::Triage(_)
                | Body::Release(_)
                | Body::Review(_)
                | Body::Pause(_)
                | Body::Resume(_)
                | Body::Outcome(_)
                | Body::Audit(_) => {}
            }
        }
        Ok(())
    }

    /// Puts a quarantine into effect. Broken entries that it names no longer halt the ledger; the records of other
    /// entries that it names no longer stand.
    fn quarantine(&mut self, id: RecordId, quarantine: &Quarantine) -> Result<(), Unreadable> {
        for entry in &quarantine.entries {
            if !self.broken.account_for(entry)? {
                self.quarantined.extend(self.table.counting(entry)?);
            }
        }
        self.quarantines.push(id);
        self.close_fallen()
    }

    /// Closes proposals that no longer stand, and drops the dates of records that no longer stand.
    fn close_fallen(&mut self) -> Result<(), Unreadable> {
        self.rebuild_dates()?;
        let mut proposals = std::mem::take(&mut self.proposals);
        proposals.keep(|point, position| self.is_standing(point, position));
        self.proposals = proposals;
        Ok(())
    }

    fn take_effect(&mut self, id: RecordId, trust: &Trust, since: u64) -> Result<(), Unreadable> {
        self.register.enrol(trust);
        for distrust in &trust.distrust {
            if let Some(point) = self.register.point(&distrust.key, trust) {
                let from = self.distrust.entry(point).or_insert(u64::MAX);
                *from = (*from).min(distrust.from.value());
            }
        }
        self.close_fallen()?;
        if self.founded {
            let roster = Arc::new(Roster::new(id, Arc::new(trust.clone())));
            self.rosters.push(RosterSince { since, roster });
        }
        self.founded = true;
        Ok(())
    }

    /// Returns the points of the keys that a proposal distrusts, whatever the position from which it distrusts them.
    /// Votes with these keys do not count for the proposal.
    fn distrusted_by(&self, body: &Body) -> BTreeSet<[u8; 32]> {
        let Body::Trust(trust) = body else { return BTreeSet::new() };
        trust.distrust.iter().filter_map(|distrust| self.register.point(&distrust.key, trust)).collect()
    }
}
