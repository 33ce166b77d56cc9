//! Random entries: mostly what honest people would append next, and often enough something else.
//!
//! The generator reads the program's reports for one purpose only: to refer to records that exist. It never
//! decides whether a record is good: the second verifier does.

use countersign::finding::Code;

use super::reported::{Accepted, Reported};
use super::values::{Entry, Key, Minute, Name, Number, Record, Says};
use crate::support::random::Random;

pub const PEOPLE: [Name; 5] = ["alice", "bob", "carol", "dave", "erin"];
pub const NAMES: [Name; 7] = ["alice", "bob", "carol", "dave", "erin", "ops", "mallory"];
pub const SERVICES: [Name; 2] = ["payments", "payroll"];
pub const ENVIRONMENTS: [Name; 2] = ["production", "staging"];
/// The number of a record or entry that does not exist.
pub const NOTHING: Number = Number::MAX;

pub struct Generator {
    pub random: Random,
    pub now: Minute,
    /// Every record made so far, by number.
    pub made: Vec<Record>,
    entries: Number,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), now: 20 * 24 * 60, made: Vec::new(), entries: 0 }
    }

    /// Makes the next entry. The order of its records is not final: `write` sorts them by path.
    pub fn entry(&mut self, reported: &Reported) -> Entry {
        self.now += self.random.pick(&[0, 0, 30, 30, 60, 180, 600]);
        let halted = !reported.unaccounted.is_empty();
        let records = if reported.accepted.is_empty() {
            vec![self.founding()]
        } else if halted && !self.random.one_in(5) {
            vec![self.way_out(reported)]
        } else if reported.trusts.is_empty() && !self.random.one_in(3) {
            vec![self.approval(reported, |accepted| accepted.position == 0)]
        } else if self.random.one_in(25) && self.made.len() > 1 && !reported.trusts.is_empty() {
            vec![self.again(reported)]
        } else if !Self::proposed_keys(reported).is_empty() && self.random.one_in(3) {
            vec![self.vote_with_proposed_key(reported)]
        } else if self.random.one_in(6) && !self.waiting(reported, |_| true).is_empty() {
            self.votes_together(reported)
        } else {
            let count = self.random.pick(&[1, 1, 1, 1, 2, 3]);
            let receipts = self.random.one_in(10);
            (0..count).map(|_| self.anything(reported, receipts)).collect()
        };
        let number = self.entries;
        self.entries += 1;
        let mut entry = Entry { number, committer: records[0].key, records, damage: None };
        if !reported.trusts.is_empty() {
            self.spoil(reported, &mut entry);
        }
        entry
    }

    /// Repeats a record byte for byte, most often one that does not count yet.
    fn again(&mut self, reported: &Reported) -> Record {
        // Not the first record: it has no checkpoint, so it would break a later entry for several reasons at once.
        let fine = |record: &&Record| !Self::is_disputed(reported, record.author, &record.says);
        let all: Vec<Record> = self.made[1..].iter().filter(fine).cloned().collect();
        let uncounted = all.iter().filter(|record| reported.numbered(record.number).is_none());
        let uncounted: Vec<Record> = uncounted.cloned().collect();
        if all.is_empty() {
            return self.approval(reported, |_| true);
        }
        if uncounted.is_empty() || self.random.one_in(3) {
            self.random.pick(&all)
        } else {
            self.random.pick(&uncounted)
        }
    }

    /// Sometimes damages an entry, or changes its committer.
    fn spoil(&mut self, reported: &Reported, entry: &mut Entry) {
        let fresh = entry.records.iter().all(|record| record.number + entry.records.len() >= self.made.len());
        match self.random.below(100) {
            0 | 1 if fresh => {
                let damages = [Code::LedgerId, Code::Record, Code::Path, Code::Checkpoint, Code::Spelling];
                // The spelling of a foreign record cannot be wrong: anything may follow its checkpoint.
                let any = if entry.records[0].is_foreign { 4 } else { 5 };
                let damage = self.random.pick(&damages[..any]);
                entry.records[0].damage = Some(damage);
                self.made[entry.records[0].number].damage = Some(damage);
            }
            2 => entry.damage = Some(self.random.pick(&[Code::Trailer, Code::Commit])),
            3 if self.random.one_in(2) => entry.committer = Key(self.random.pick(&NAMES), 3),
            4..16 => entry.committer = self.key(reported, "ops"),
            _ => {}
        }
    }

    /// Makes a record, mostly dated now and with the head as its checkpoint.
    pub fn record(&mut self, reported: &Reported, author: Name, key: Key, says: Says) -> Record {
        let (size, boundaries) = (reported.size(), reported.boundaries());
        // Reviews and resumes are rare, so half of them get a random checkpoint, which may lack the record that they
        // are about.
        let rare = matches!(says, Says::Review { .. } | Says::Resume { .. });
        let seen =
            if self.random.one_in(if rare { 2 } else { 8 }) { self.random.pick(&boundaries) } else { size };
        let ago = self.random.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 30, 60, 300, 720, 1500, -60, -3000]);
        let number = self.made.len();
        let created_at = self.now - ago;
        let record = Record { number, author, key, seen, created_at, is_foreign: false, damage: None, says };
        self.made.push(record.clone());
        record
    }

    fn founding(&mut self) -> Record {
        let trust = self.first_trust();
        let first = Record {
            number: 0,
            author: "alice",
            key: Key("alice", 1),
            seen: 0,
            created_at: self.now,
            is_foreign: false,
            damage: None,
            says: Says::Trust(trust),
        };
        self.made.push(first.clone());
        first
    }

    /// Picks a key of a member, mostly one that is in force; rarely a key of somebody else.
    pub fn key(&mut self, reported: &Reported, name: Name) -> Key {
        let in_force = reported.roster().member(name).map_or_else(Vec::new, |member| member.keys.clone());
        let once: Vec<Key> =
            reported.registered().iter().filter(|pair| pair.0 == name).map(|pair| pair.1).collect();
        match self.random.below(300) {
            0 => Key(self.random.pick(&NAMES), 1),
            1 => Key(name, 4),
            2..50 if !once.is_empty() => self.random.pick(&once),
            _ if !in_force.is_empty() => self.random.pick(&in_force),
            _ if !once.is_empty() => self.random.pick(&once),
            _ => Key(name, 1),
        }
    }

    /// Picks an author and a key, mostly with this role.
    pub fn author(&mut self, reported: &Reported, role: Name) -> (Name, Key) {
        let roster = reported.roster();
        let fit: Vec<Name> =
            roster.members.iter().filter(|member| member.has(&[role])).map(|member| member.name).collect();
        let once: Vec<Name> = reported.registered().iter().map(|pair| pair.0).collect();
        let name = if fit.is_empty() || self.random.one_in(12) {
            self.random.pick(&once)
        } else {
            self.random.pick(&fit)
        };
        let key = self.key(reported, name);
        (name, key)
    }

    fn anything(&mut self, reported: &Reported, receipts: bool) -> Record {
        if receipts {
            let says = Says::Receipt(self.receipt(reported));
            return self.by(reported, "gate", says);
        }
        if reported.policies.is_empty() && self.random.one_in(4) {
            let says = Says::Policy(self.policy(reported));
            return self.by(reported, "admin", says);
        }
        if self.random.one_in(4)
            && let Some(record) = self.about_something(reported)
        {
            return record;
        }
        match self.random.below(100) {
            24..31 => {
                let says = Says::Plan(self.plan(reported));
                self.by(reported, "reporter", says)
            }
            31..36 => {
                let says = Says::Redesign(self.redesign(reported));
                self.by(reported, "reporter", says)
            }
            36..71 if !self.waiting(reported, |_| true).is_empty() => self.approval(reported, |_| true),
            71..77 => {
                let of = self.of(reported, |says| matches!(says, Says::Exception(_) | Says::Plan(_)));
                self.by(reported, "approver", Says::Closure { of })
            }
            77..85 => {
                let says = Says::Trust(self.trust(reported));
                self.by(reported, "admin", says)
            }
            85..92 => {
                let says = Says::Policy(self.policy(reported));
                self.by(reported, "admin", says)
            }
            92..96 => self.quarantine(reported),
            96..98 => {
                let says = Says::Receipt(self.receipt(reported));
                self.by(reported, "gate", says)
            }
            98..100 => {
                let says = Says::Exception(self.exception(reported));
                let mut record = self.by(reported, "reporter", says);
                record.is_foreign = true;
                self.made[record.number].is_foreign = true;
                record
            }
            _ => {
                let exception = self.exception(reported);
                // Sometimes choose the author of an earlier expected exception. If that took effect and lacks reviews,
                // a break-glass by the same person needs an approval.
                let expects = |accepted: &&Accepted| {
                    let Says::Exception(exception) = &accepted.record.says else { return false };
                    exception.expected.is_some() && accepted.void.is_none()
                };
                let before: Vec<Name> =
                    reported.accepted.iter().filter(expects).map(|accepted| accepted.record.author).collect();
                let again = self.random.sometimes(2, &before).filter(|_| exception.expected.is_some());
                let (author, key) = self.author(reported, "reporter");
                let (author, key) = again.map_or((author, key), |name| (name, self.key(reported, name)));
                self.record(reported, author, key, Says::Exception(exception))
            }
        }
    }

    /// Makes a triage, release, review, pause, resume, outcome or audit, mostly of an existing record, and often enough
    /// by an author without the role or the scope. Returns `None` if there is no record that the chosen kind could be
    /// about.
    fn about_something(&mut self, reported: &Reported) -> Option<Record> {
        let has = |fits: fn(&Says) -> bool| {
            reported.accepted.iter().any(|accepted| accepted.void.is_none() && fits(&accepted.record.says))
        };
        let has_exception = has(|says| matches!(says, Says::Exception(_)));
        let has_plan = has(|says| matches!(says, Says::Plan(_)));
        let has_expected =
            has(|says| matches!(says, Says::Exception(exception) if exception.expected.is_some()));
        let has_pause = has(|says| matches!(says, Says::Pause { .. }));
        let has_receipt = has(|says| matches!(says, Says::Receipt(_)));
        let (role, says) = match self.random.below(18) {
            4 | 5 if has_plan => ("reporter", self.release(reported)),
            6..10 if has_expected => ("reviewer", self.review(reported)),
            10 | 11 if has_receipt => ("gate", self.outcome(reported, "succeeded")),
            12 | 13 if has_plan => {
                let result = self.random.pick(&["rehearsed", "rehearsed", "rehearsed", "rehearsal-failed"]);
                ("reporter", self.outcome(reported, result))
            }
            14..17 if has_pause => {
                let of = self.of(reported, |says| matches!(says, Says::Pause { .. }));
                ("approver", Says::Resume { of })
            }
            17 => ("auditor", self.audit(reported)),
            0 | 1 => (self.random.pick(&["reporter", "approver", "admin"]), self.pause()),
            2 | 3 if has_exception => (self.random.pick(&["reporter", "approver"]), self.triage(reported)),
            _ => return None,
        };
        let (author, key) = self.author(reported, role);
        let mut another = self.random.pick(&["dave", "dave", "gus", "gus", "ops", "carol"]);
        if let Says::Outcome { of, result: "rehearsed", .. } = says
            && let Some(plan) = reported.numbered(of)
        {
            // The author of a plan tries to record its rehearsal, which is forbidden.
            another = reported.roster().person(plan.record.author).unwrap_or(another);
        }
        let is_known = reported.registered().iter().any(|pair| pair.0 == another);
        if is_known && self.random.one_in(2) {
            let key = self.key(reported, another);
            return Some(self.record(reported, another, key, says));
        }
        Some(self.record(reported, author, key, says))
    }

    /// Makes a record, mostly by an author with this role. If the role is `gate`, the checkpoint is mostly the head.
    pub fn by(&mut self, reported: &Reported, role: Name, says: Says) -> Record {
        let (author, key) = self.author(reported, role);
        let mut record = self.record(reported, author, key, says);
        if role == "gate" && !self.random.one_in(4) {
            record.seen = reported.size();
            self.made[record.number].seen = record.seen;
        }
        record
    }

    /// Picks a recent record that fits; rarely any record, or one that does not exist.
    pub fn of(&mut self, reported: &Reported, fits: impl Fn(&Says) -> bool) -> Number {
        let recent = reported
            .accepted
            .iter()
            .rev()
            .filter(|accepted| accepted.void.is_none() && fits(&accepted.record.says));
        let numbers: Vec<Number> = recent.map(|accepted| accepted.record.number).take(8).collect();
        match self.random.below(40) {
            0 => NOTHING,
            1 => self.random.pick(&reported.accepted).record.number,
            _ if numbers.is_empty() => self.random.pick(&reported.accepted).record.number,
            _ => self.random.pick(&numbers),
        }
    }

    /// Makes a record that leads out of a halt: a quarantine, or a vote on one.
    fn way_out(&mut self, reported: &Reported) -> Record {
        let quarantine = |accepted: &Accepted| matches!(accepted.record.says, Says::Quarantine { .. });
        let all: Vec<Number> = reported
            .accepted
            .iter()
            .filter(|accepted| quarantine(accepted))
            .map(|accepted| accepted.record.number)
            .collect();
        // Votes on quarantines that are void or no longer open may also follow a broken entry.
        if let Some(any) = self.random.sometimes(8, &all) {
            return self.vote(reported, any);
        }
        let open = reported.open.iter().any(|position| quarantine(reported.at(*position)));
        if open && !self.random.one_in(4) {
            self.approval(reported, quarantine)
        } else {
            self.quarantine(reported)
        }
    }

    /// Makes a quarantine, mostly of the unaccounted entries.
    fn quarantine(&mut self, reported: &Reported) -> Record {
        let mut entries = reported.unaccounted.clone();
        if entries.is_empty() || self.random.one_in(12) {
            let nearly_any = self.random.below(self.entries + 1);
            entries.push(if nearly_any == self.entries { NOTHING } else { nearly_any });
            entries.sort_unstable();
            entries.dedup();
        }
        self.by(reported, "admin", Says::Quarantine { entries })
    }
}
