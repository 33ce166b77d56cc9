//! Random entries: mostly what honest people would append next, and often enough something else.
//!
//! The generator reads the model only to refer to existing records. It never decides whether a record is
//! good: that is the model's task.

use countersign::finding::Code;

use super::rules::{Accepted, Model};
use super::values::{Entry, Key, Minute, Name, Number, Record, Says, Trust, Vote};
use crate::support::random::Random;

pub const PEOPLE: [Name; 5] = ["alice", "bob", "carol", "dave", "erin"];
pub const NAMES: [Name; 7] = ["alice", "bob", "carol", "dave", "erin", "ops", "mallory"];
pub const SERVICES: [Name; 2] = ["payments", "payroll"];
pub const ENVIRONMENTS: [Name; 2] = ["production", "staging"];
/// The number of a record or entry that does not exist.
const NOTHING: Number = Number::MAX;

pub struct Generator {
    pub random: Random,
    pub now: Minute,
    /// Every record made so far, by number.
    made: Vec<Record>,
    entries: Number,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), now: 20 * 24 * 60, made: Vec::new(), entries: 0 }
    }

    /// Makes the next entry. The order of its records is not final: `write` sorts them by path.
    pub fn entry(&mut self, model: &Model) -> Entry {
        self.now += self.random.pick(&[0, 0, 30, 30, 60, 180, 600]);
        let halted = !model.unaccounted.is_empty();
        let records = if model.accepted.is_empty() {
            vec![self.founding()]
        } else if halted && !self.random.one_in(5) {
            vec![self.way_out(model)]
        } else if model.trusts.is_empty() && !self.random.one_in(3) {
            vec![self.approval(model, |accepted| accepted.position == 0)]
        } else if self.random.one_in(25) && self.made.len() > 1 && !model.trusts.is_empty() {
            vec![self.again(model)]
        } else if !Self::proposed_keys(model).is_empty() && self.random.one_in(3) {
            vec![self.vote_with_proposed_key(model)]
        } else if self.random.one_in(6) && !self.waiting(model, |_| true).is_empty() {
            self.votes_together(model)
        } else {
            let count = self.random.pick(&[1, 1, 1, 1, 2, 3]);
            let receipts = self.random.one_in(10);
            (0..count).map(|_| self.anything(model, receipts)).collect()
        };
        let number = self.entries;
        self.entries += 1;
        let mut entry = Entry { number, committer: records[0].key, records, damage: None };
        if !model.trusts.is_empty() {
            self.spoil(model, &mut entry);
        }
        entry
    }

    /// Repeats a record byte for byte, most often one that does not count yet.
    fn again(&mut self, model: &Model) -> Record {
        // Not the first record: it has no checkpoint, and breaks a later entry for several reasons at once.
        let fine = |record: &&Record| !Self::is_disputed(model, record.author, &record.says);
        let all: Vec<Record> = self.made[1..].iter().filter(fine).cloned().collect();
        let uncounted = all.iter().filter(|record| model.numbered(record.number).is_none());
        let uncounted: Vec<Record> = uncounted.cloned().collect();
        if all.is_empty() {
            return self.approval(model, |_| true);
        }
        if uncounted.is_empty() || self.random.one_in(3) {
            self.random.pick(&all)
        } else {
            self.random.pick(&uncounted)
        }
    }

    /// Sometimes damages an entry, or changes its committer.
    fn spoil(&mut self, model: &Model, entry: &mut Entry) {
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
            4..16 => entry.committer = self.key(model, "ops"),
            _ => {}
        }
    }

    /// Makes a record, mostly dated now and with the head as its checkpoint.
    fn record(&mut self, model: &Model, author: Name, key: Key, says: Says) -> Record {
        let (size, boundaries) = (model.size(), model.boundaries());
        let seen = if self.random.one_in(8) { self.random.pick(&boundaries) } else { size };
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
    fn key(&mut self, model: &Model, name: Name) -> Key {
        let in_force = model.roster().member(name).map_or_else(Vec::new, |member| member.keys.clone());
        let once: Vec<Key> =
            model.registered().iter().filter(|pair| pair.0 == name).map(|pair| pair.1).collect();
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
    fn author(&mut self, model: &Model, role: Name) -> (Name, Key) {
        let roster = model.roster();
        let fit: Vec<Name> =
            roster.members.iter().filter(|member| member.has(&[role])).map(|member| member.name).collect();
        let once: Vec<Name> = model.registered().iter().map(|pair| pair.0).collect();
        let name = if fit.is_empty() || self.random.one_in(12) {
            self.random.pick(&once)
        } else {
            self.random.pick(&fit)
        };
        let key = self.key(model, name);
        (name, key)
    }

    fn anything(&mut self, model: &Model, receipts: bool) -> Record {
        if receipts {
            let says = Says::Receipt(self.receipt(model));
            return self.by(model, "gate", says);
        }
        if model.policies.is_empty() && self.random.one_in(4) {
            let says = Says::Policy(self.policy(model));
            return self.by(model, "admin", says);
        }
        if self.random.one_in(4)
            && let Some(record) = self.about_something(model)
        {
            return record;
        }
        match self.random.below(100) {
            24..31 => {
                let says = Says::Plan(self.plan(model));
                self.by(model, "reporter", says)
            }
            31..36 => {
                let says = Says::Redesign(self.redesign(model));
                self.by(model, "reporter", says)
            }
            36..71 if !self.waiting(model, |_| true).is_empty() => self.approval(model, |_| true),
            71..77 => {
                let of = self.of(model, |says| matches!(says, Says::Exception(_) | Says::Plan(_)));
                self.by(model, "approver", Says::Closure { of })
            }
            77..85 => {
                let says = Says::Trust(self.trust(model));
                self.by(model, "admin", says)
            }
            85..92 => {
                let says = Says::Policy(self.policy(model));
                self.by(model, "admin", says)
            }
            92..96 => self.quarantine(model),
            96..98 => {
                let says = Says::Receipt(self.receipt(model));
                self.by(model, "gate", says)
            }
            98..100 => {
                let says = Says::Exception(self.exception(model));
                let mut record = self.by(model, "reporter", says);
                record.is_foreign = true;
                self.made[record.number].is_foreign = true;
                record
            }
            _ => {
                let exception = self.exception(model);
                // Repeat the break-glass of a person, which then needs an approval.
                let expects = |accepted: &&Accepted| {
                    let Says::Exception(exception) = &accepted.record.says else { return false };
                    exception.expected.is_some() && accepted.void.is_none()
                };
                let before: Vec<Name> =
                    model.accepted.iter().filter(expects).map(|accepted| accepted.record.author).collect();
                let again = self.random.sometimes(2, &before).filter(|_| exception.expected.is_some());
                let (author, key) = self.author(model, "reporter");
                let (author, key) = again.map_or((author, key), |name| (name, self.key(model, name)));
                self.record(model, author, key, Says::Exception(exception))
            }
        }
    }

    /// Makes a triage, release, review, pause, resume, outcome or audit, mostly of an existing record, and
    /// often enough by an author without the role or the scope. Returns `None` if there is nothing for it to
    /// be about.
    fn about_something(&mut self, model: &Model) -> Option<Record> {
        let has = |fits: fn(&Says) -> bool| {
            model.accepted.iter().any(|accepted| accepted.void.is_none() && fits(&accepted.record.says))
        };
        let has_exception = has(|says| matches!(says, Says::Exception(_)));
        let has_plan = has(|says| matches!(says, Says::Plan(_)));
        let has_expected =
            has(|says| matches!(says, Says::Exception(exception) if exception.expected.is_some()));
        let has_pause = has(|says| matches!(says, Says::Pause { .. }));
        let has_receipt = has(|says| matches!(says, Says::Receipt(_)));
        let (role, says) = match self.random.below(18) {
            4 | 5 if has_plan => ("reporter", self.release(model)),
            6..10 if has_expected => ("reviewer", self.review(model)),
            10 | 11 if has_receipt => ("gate", self.outcome(model, "succeeded")),
            12 | 13 if has_plan => {
                let result = self.random.pick(&["rehearsed", "rehearsed", "rehearsed", "rehearsal-failed"]);
                ("reporter", self.outcome(model, result))
            }
            14..17 if has_pause => {
                let of = self.of(model, |says| matches!(says, Says::Pause { .. }));
                ("approver", Says::Resume { of })
            }
            17 => ("auditor", self.audit(model)),
            0 | 1 => (self.random.pick(&["reporter", "approver", "admin"]), self.pause()),
            2 | 3 if has_exception => (self.random.pick(&["reporter", "approver"]), self.triage(model)),
            _ => return None,
        };
        let (author, key) = self.author(model, role);
        let mut another = self.random.pick(&["dave", "dave", "gus", "gus", "ops", "carol"]);
        if let Says::Outcome { of, result: "rehearsed", .. } = says
            && let Some(plan) = model.numbered(of)
        {
            // The author of a plan tries to record its rehearsal, which is forbidden.
            another = model.roster().person(plan.record.author).unwrap_or(another);
        }
        let is_known = model.registered().iter().any(|pair| pair.0 == another);
        if is_known && self.random.one_in(2) {
            let key = self.key(model, another);
            return Some(self.record(model, another, key, says));
        }
        Some(self.record(model, author, key, says))
    }

    /// Makes a record, mostly by an author with this role; a receipt mostly with the head as its checkpoint.
    fn by(&mut self, model: &Model, role: Name, says: Says) -> Record {
        let (author, key) = self.author(model, role);
        let mut record = self.record(model, author, key, says);
        if role == "gate" && !self.random.one_in(4) {
            record.seen = model.size();
            self.made[record.number].seen = record.seen;
        }
        record
    }

    /// Picks a recent record of some kind; rarely any record, or one that does not exist.
    pub fn of(&mut self, model: &Model, fits: impl Fn(&Says) -> bool) -> Number {
        let recent = model
            .accepted
            .iter()
            .rev()
            .filter(|accepted| accepted.void.is_none() && fits(&accepted.record.says));
        let numbers: Vec<Number> = recent.map(|accepted| accepted.record.number).take(8).collect();
        match self.random.below(40) {
            0 => NOTHING,
            1 => self.random.pick(&model.accepted).record.number,
            _ if numbers.is_empty() => self.random.pick(&model.accepted).record.number,
            _ => self.random.pick(&numbers),
        }
    }

    /// Makes a record that leads out of a halt: a quarantine, or a vote on one.
    fn way_out(&mut self, model: &Model) -> Record {
        let quarantine = |accepted: &Accepted| matches!(accepted.record.says, Says::Quarantine { .. });
        let all: Vec<Number> = model
            .accepted
            .iter()
            .filter(|accepted| quarantine(accepted))
            .map(|accepted| accepted.record.number)
            .collect();
        // Votes on quarantines that are void or no longer open may also follow a broken entry.
        if let Some(any) = self.random.sometimes(8, &all) {
            return self.vote(model, any);
        }
        let open = model.open.iter().any(|position| quarantine(model.at(*position)));
        if open && !self.random.one_in(4) { self.approval(model, quarantine) } else { self.quarantine(model) }
    }

    /// Makes a quarantine, mostly of the unaccounted entries.
    fn quarantine(&mut self, model: &Model) -> Record {
        let mut entries = model.unaccounted.clone();
        if entries.is_empty() || self.random.one_in(12) {
            let nearly_any = self.random.below(self.entries + 1);
            entries.push(if nearly_any == self.entries { NOTHING } else { nearly_any });
            entries.sort_unstable();
            entries.dedup();
        }
        self.by(model, "admin", Says::Quarantine { entries })
    }

    /// Returns the newest records that need votes, or that a vote may end.
    fn waiting(&self, model: &Model, fits: impl Fn(&Accepted) -> bool) -> Vec<Number> {
        let over =
            |accepted: &Accepted| model.policy().end(&accepted.record).is_some_and(|end| end <= self.now);
        let waits = |accepted: &Accepted| match &accepted.record.says {
            says if says.is_proposal() => model.open.contains(&accepted.position),
            says => (says.is_override() || says.is_request()) && !over(accepted),
        };
        let fit = model
            .accepted
            .iter()
            .rev()
            .filter(|accepted| accepted.void.is_none() && waits(accepted) && fits(accepted));
        fit.map(|accepted| accepted.record.number).take(6).collect()
    }

    /// Makes a vote, mostly on a record that needs votes.
    fn approval(&mut self, model: &Model, fits: impl Fn(&Accepted) -> bool) -> Record {
        let waiting = self.waiting(model, fits);
        let any =
            self.of(model, |says| says.is_override() || says.is_proposal() || matches!(says, Says::Plan(_)));
        let of = if waiting.is_empty() || self.random.one_in(15) { any } else { self.random.pick(&waiting) };
        self.vote(model, of)
    }

    /// Makes several votes in one entry, some by the same person or on the same subject. Votes of one entry
    /// do not see each other.
    fn votes_together(&mut self, model: &Model) -> Vec<Record> {
        let mut records = vec![self.approval(model, |_| true)];
        for _ in 0..=self.random.below(3) {
            let earlier = self.random.pick(&records);
            let Says::Approval { of, .. } = earlier.says else { unreachable!() };
            let says = Says::Approval { of, vote: self.any_vote() };
            records.push(match self.random.below(3) {
                0 => self.record(model, earlier.author, earlier.key, says),
                1 => self.vote(model, of),
                _ => self.approval(model, |_| true),
            });
        }
        records
    }

    /// Makes a vote by an author who, most of the time, is not concerned.
    fn vote(&mut self, model: &Model, of: Number) -> Record {
        let says = Says::Approval { of, vote: self.any_vote() };
        let Some(subject) = model.numbered(of) else { return self.by(model, "approver", says) };
        let role = if subject.record.says.is_proposal() { "admin" } else { "approver" };
        let (mut author, mut key) = self.author(model, role);
        // Let people vote again, with any of their keys.
        let voters: Vec<Name> =
            model.votes_on(subject.position).iter().map(|approval| approval.record.author).collect();
        if let Some(again) = self.random.sometimes(4, &voters) {
            (author, key) = (again, self.key(model, again));
        }
        let concerned = [subject.record.says.concerned(), vec![subject.record.author]].concat();
        for _ in 0..self.random.below(3) {
            if role == "approver" && concerned.iter().any(|name| model.roster().person(name) == Some(author))
            {
                (author, key) = self.author(model, role);
            }
        }
        if let Says::Trust(own) = &subject.record.says {
            // Let a thief vote with a key that the proposed trust distrusts, before or after its owner.
            let stolen: Vec<Key> = own.distrust.iter().map(|distrusted| distrusted.0).collect();
            let stolen = self.random.sometimes(2, &stolen);
            (author, key) = stolen.map_or((author, key), |stolen| (stolen.0, stolen));
            (author, key) = self.random.sometimes(2, &Self::new_keys(model, own)).unwrap_or((author, key));
        }
        if Self::is_disputed(model, author, &says) {
            return self.record(model, author, key, Says::Approval { of: NOTHING, vote: Vote::Yes });
        }
        let mut record = self.record(model, author, key, says);
        if let Some(end) = model.policy().end(&subject.record).filter(|_| self.random.one_in(8)) {
            record.created_at = end - self.random.pick(&[0, 0, 1]);
            self.made[record.number].created_at = record.created_at;
        }
        record
    }

    fn any_vote(&mut self) -> Vote {
        match self.random.below(8) {
            0 | 1 => Vote::No,
            2 => Vote::Withdraw,
            _ => Vote::Yes,
        }
    }

    /// Whether a record is a vote on a trust that is no longer open, by an admin of only that trust. By
    /// trust.md its code may be `closed`, if such an admin has the role, or `role`, if not. No such vote is
    /// made here.
    fn is_disputed(model: &Model, author: Name, says: &Says) -> bool {
        let Says::Approval { of, .. } = says else { return false };
        let Some(subject) = model.numbered(*of) else { return false };
        let Says::Trust(own) = &subject.record.says else { return false };
        let open = model.open.contains(&subject.position);
        !open && own.is_admin(author) && !model.roster().is_admin(author)
    }

    /// Makes a vote with a proposed key. In half of the cases the author has seen no other vote, which is
    /// enough: the vote must only have seen the author's earlier votes with proposed keys.
    fn vote_with_proposed_key(&mut self, model: &Model) -> Record {
        let (of, author, key) = self.random.pick(&Self::proposed_keys(model));
        let says = Says::Approval { of, vote: self.any_vote() };
        let mut record = self.record(model, author, key, says);
        let position = model.numbered(of).unwrap().position;
        if self.random.one_in(2) {
            record.seen = model.boundaries().into_iter().find(|boundary| *boundary > position).unwrap();
            self.made[record.number].seen = record.seen;
        }
        record
    }

    /// Returns each key that an open proposal lists and that is not in force, with the proposal and the
    /// member.
    fn proposed_keys(model: &Model) -> Vec<(Number, Name, Key)> {
        let open = model.open.iter().map(|position| &model.at(*position).record);
        let trusts =
            open.filter_map(
                |record| if let Says::Trust(own) = &record.says { Some((record, own)) } else { None },
            );
        let keys = |(record, trust): (&Record, &Trust)| {
            let of = record.number;
            Self::new_keys(model, trust).into_iter().map(move |(name, key)| (of, name, key))
        };
        trusts.flat_map(keys).collect()
    }

    /// Returns the keys that a proposal lists and that are not in force, with their members.
    fn new_keys(model: &Model, trust: &Trust) -> Vec<(Name, Key)> {
        let all = trust.members.iter().flat_map(|member| member.keys.iter().map(|key| (member.name, *key)));
        all.filter(|pair| !model.roster().holds(pair.0, pair.1)).collect()
    }
}
