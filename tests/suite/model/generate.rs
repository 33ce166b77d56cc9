//! Random entries: mostly what honest people would say next, often enough what they would not.
//!
//! It looks at the model only to say something to the point; whatever it says, the model judges.

use countersign::finding::Code;

use super::rules::{Filed, Model};
use super::values::{Entry, Key, Minute, Name, Number, Record, Says, Trust, Word};
use crate::support::random::Random;

pub const PEOPLE: [Name; 5] = ["alice", "bob", "carol", "dave", "erin"];
pub const NAMES: [Name; 7] = ["alice", "bob", "carol", "dave", "erin", "ops", "mallory"];
pub const SERVICES: [Name; 2] = ["payments", "payroll"];
pub const ENVIRONMENTS: [Name; 2] = ["production", "staging"];
/// The number of a record or an entry that nobody made.
const NOTHING: Number = Number::MAX;

pub struct Generator {
    pub random: Random,
    pub now: Minute,
    /// Every record, in the order of the numbers.
    made: Vec<Record>,
    entries: Number,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random(seed), now: 20 * 24 * 60, made: Vec::new(), entries: 0 }
    }

    /// The next entry; the order of its records is not final.
    pub fn entry(&mut self, model: &Model) -> Entry {
        self.now += self.random.pick(&[0, 0, 30, 30, 60, 180, 600]);
        let halted = !model.unaccounted.is_empty();
        let records = if model.accepted.is_empty() {
            vec![self.founding()]
        } else if halted && !self.random.one_in(5) {
            vec![self.way_out(model)]
        } else if model.trusts.is_empty() && !self.random.one_in(3) {
            vec![self.approval(model, |it| it.position == 0)]
        } else if self.random.one_in(25) && self.made.len() > 1 && !model.trusts.is_empty() {
            vec![self.again(model)]
        } else if !Self::proposed_keys(model).is_empty() && self.random.one_in(3) {
            vec![self.word_with_proposed_key(model)]
        } else if self.random.one_in(6) && !self.waiting(model, |_| true).is_empty() {
            self.words_together(model)
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

    /// A record byte for byte again, most often one that does not count yet.
    fn again(&mut self, model: &Model) -> Record {
        // Not the first: without a checkpoint it can be in no later entry, for several reasons at once.
        let fine = |it: &&Record| !Self::is_disputed(model, it.author, &it.says);
        let all: Vec<Record> = self.made[1..].iter().filter(fine).cloned().collect();
        let lost = all.iter().filter(|it| model.numbered(it.number).is_none());
        let lost: Vec<Record> = lost.cloned().collect();
        if all.is_empty() {
            return self.approval(model, |_| true);
        }
        if lost.is_empty() || self.random.one_in(3) {
            self.random.pick(&all)
        } else {
            self.random.pick(&lost)
        }
    }

    fn spoil(&mut self, model: &Model, entry: &mut Entry) {
        let fresh = entry.records.iter().all(|it| it.number + entry.records.len() >= self.made.len());
        match self.random.below(100) {
            0 | 1 if fresh => {
                let damages = [Code::LedgerId, Code::Record, Code::Path, Code::Checkpoint, Code::Spelling];
                // What follows the checkpoint of a foreign record may be anything.
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

    /// A member with one of their keys in force, seldom with another; seldom somebody else.
    fn key(&mut self, model: &Model, name: Name) -> Key {
        let in_force = model.roster().member(name).map_or_else(Vec::new, |it| it.keys.clone());
        let once: Vec<Key> = model.registered().iter().filter(|it| it.0 == name).map(|it| it.1).collect();
        match self.random.below(300) {
            0 => Key(self.random.pick(&NAMES), 1),
            1 => Key(name, 4),
            2..50 if !once.is_empty() => self.random.pick(&once),
            _ if !in_force.is_empty() => self.random.pick(&in_force),
            _ if !once.is_empty() => self.random.pick(&once),
            _ => Key(name, 1),
        }
    }

    fn author(&mut self, model: &Model, role: Name) -> (Name, Key) {
        let roster = model.roster();
        let fit: Vec<Name> = roster.members.iter().filter(|it| it.has(&[role])).map(|it| it.name).collect();
        let once: Vec<Name> = model.registered().iter().map(|it| it.0).collect();
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
                let of = self.of(model, |it| matches!(it, Says::Exception(_) | Says::Plan(_)));
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
                // Who has broken glass before does so again, and owes an approval now.
                let expects = |it: &&Filed| {
                    matches!(&it.record.says, Says::Exception(it) if it.expected.is_some())
                        && it.void.is_none()
                };
                let before: Vec<Name> =
                    model.accepted.iter().filter(expects).map(|it| it.record.author).collect();
                let again = self.random.sometimes(2, &before).filter(|_| exception.expected.is_some());
                let (author, key) = self.author(model, "reporter");
                let (author, key) = again.map_or((author, key), |it| (it, self.key(model, it)));
                self.record(model, author, key, Says::Exception(exception))
            }
        }
    }

    /// Triage, releases, reviews, pauses, resumes, outcomes and audits, mostly of something that is there; often
    /// enough by somebody who may not, or not everywhere.
    fn about_something(&mut self, model: &Model) -> Option<Record> {
        let is_there = |fits: fn(&Says) -> bool| {
            model.accepted.iter().any(|it| it.void.is_none() && fits(&it.record.says))
        };
        let has_exception = is_there(|it| matches!(it, Says::Exception(_)));
        let has_plan = is_there(|it| matches!(it, Says::Plan(_)));
        let has_expected = is_there(|it| matches!(it, Says::Exception(it) if it.expected.is_some()));
        let has_pause = is_there(|it| matches!(it, Says::Pause { .. }));
        let has_receipt = is_there(|it| matches!(it, Says::Receipt(_)));
        let (role, says) = match self.random.below(18) {
            4 | 5 if has_plan => ("reporter", self.release(model)),
            6..10 if has_expected => ("reviewer", self.review(model)),
            10 | 11 if has_receipt => ("gate", self.outcome(model, "succeeded")),
            12 | 13 if has_plan => {
                let result = self.random.pick(&["rehearsed", "rehearsed", "rehearsed", "rehearsal-failed"]);
                ("reporter", self.outcome(model, result))
            }
            14..17 if has_pause => {
                let of = self.of(model, |it| matches!(it, Says::Pause { .. }));
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
            // Whoever wrote a plan would like to prove it.
            another = model.roster().person(plan.record.author).unwrap_or(another);
        }
        let is_known = model.registered().iter().any(|it| it.0 == another);
        if is_known && self.random.one_in(2) {
            let key = self.key(model, another);
            return Some(self.record(model, another, key, says));
        }
        Some(self.record(model, author, key, says))
    }

    fn by(&mut self, model: &Model, role: Name, says: Says) -> Record {
        let (author, key) = self.author(model, role);
        let mut record = self.record(model, author, key, says);
        if role == "gate" && !self.random.one_in(4) {
            record.seen = model.size();
            self.made[record.number].seen = record.seen;
        }
        record
    }

    /// A record of some kind, or seldom any, or none at all.
    pub fn of(&mut self, model: &Model, fits: impl Fn(&Says) -> bool) -> Number {
        let recent = model.accepted.iter().rev().filter(|it| it.void.is_none() && fits(&it.record.says));
        let numbers: Vec<Number> = recent.map(|it| it.record.number).take(8).collect();
        match self.random.below(40) {
            0 => NOTHING,
            1 => self.random.pick(&model.accepted).record.number,
            _ if numbers.is_empty() => self.random.pick(&model.accepted).record.number,
            _ => self.random.pick(&numbers),
        }
    }

    fn way_out(&mut self, model: &Model) -> Record {
        let quarantine = |it: &Filed| matches!(it.record.says, Says::Quarantine { .. });
        let all: Vec<Number> =
            model.accepted.iter().filter(|it| quarantine(it)).map(|it| it.record.number).collect();
        // Also one that is void or no longer open: a word on it is put on a halted ledger all the same.
        if let Some(any) = self.random.sometimes(8, &all) {
            return self.word(model, any);
        }
        let open = model.open.iter().any(|it| quarantine(model.at(*it)));
        if open && !self.random.one_in(4) { self.approval(model, quarantine) } else { self.quarantine(model) }
    }

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

    /// What waits for a word, or may be ended by one; the newest of it.
    fn waiting(&self, model: &Model, fits: impl Fn(&Filed) -> bool) -> Vec<Number> {
        let over = |it: &Filed| model.policy().end(&it.record).is_some_and(|end| end <= self.now);
        let waits = |it: &Filed| match &it.record.says {
            says if says.is_proposal() => model.open.contains(&it.position),
            says => (says.is_override() || says.is_request()) && !over(it),
        };
        let fit = model.accepted.iter().rev().filter(|it| it.void.is_none() && waits(it) && fits(it));
        fit.map(|it| it.record.number).take(6).collect()
    }

    fn approval(&mut self, model: &Model, fits: impl Fn(&Filed) -> bool) -> Record {
        let waiting = self.waiting(model, fits);
        let any = self.of(model, |it| it.is_override() || it.is_proposal() || matches!(it, Says::Plan(_)));
        let of = if waiting.is_empty() || self.random.one_in(15) { any } else { self.random.pick(&waiting) };
        self.word(model, of)
    }

    /// Several words in one entry, some of one person or on one subject: they do not see each other.
    fn words_together(&mut self, model: &Model) -> Vec<Record> {
        let mut records = vec![self.approval(model, |_| true)];
        for _ in 0..=self.random.below(3) {
            let earlier = self.random.pick(&records);
            let Says::Approval { of, .. } = earlier.says else { unreachable!() };
            let says = Says::Approval { of, word: self.any_word() };
            records.push(match self.random.below(3) {
                0 => self.record(model, earlier.author, earlier.key, says),
                1 => self.word(model, of),
                _ => self.approval(model, |_| true),
            });
        }
        records
    }

    /// A word by somebody who is, most of the time, not concerned.
    fn word(&mut self, model: &Model, of: Number) -> Record {
        let says = Says::Approval { of, word: self.any_word() };
        let Some(subject) = model.numbered(of) else { return self.by(model, "approver", says) };
        let role = if subject.record.says.is_proposal() { "admin" } else { "approver" };
        let (mut author, mut key) = self.author(model, role);
        // Most people who have spoken are heard again, with whichever of their keys.
        let spoken: Vec<Name> = model.words_on(subject.position).iter().map(|it| it.record.author).collect();
        if let Some(again) = self.random.sometimes(4, &spoken) {
            (author, key) = (again, self.key(model, again));
        }
        let concerned = [subject.record.says.concerned(), vec![subject.record.author]].concat();
        for _ in 0..self.random.below(3) {
            if role == "approver" && concerned.iter().any(|it| model.roster().person(it) == Some(author)) {
                (author, key) = self.author(model, role);
            }
        }
        if let Says::Trust(own) = &subject.record.says {
            // A thief speaks for the trust that says so, perhaps after or before whom the key belongs to.
            let stolen: Vec<Key> = own.distrust.iter().map(|it| it.0).collect();
            let stolen = self.random.sometimes(2, &stolen);
            (author, key) = stolen.map_or((author, key), |it| (it.0, it));
            (author, key) = self.random.sometimes(2, &Self::new_keys(model, own)).unwrap_or((author, key));
        }
        if Self::is_disputed(model, author, &says) {
            return self.record(model, author, key, Says::Approval { of: NOTHING, word: Word::Yes });
        }
        let mut record = self.record(model, author, key, says);
        if let Some(end) = model.policy().end(&subject.record).filter(|_| self.random.one_in(8)) {
            record.created_at = end - self.random.pick(&[0, 0, 1]);
            self.made[record.number].created_at = record.created_at;
        }
        record
    }

    fn any_word(&mut self) -> Word {
        match self.random.below(8) {
            0 | 1 => Word::No,
            2 => Word::Neither,
            _ => Word::Yes,
        }
    }

    /// Whether an admin of its own roster alone has the role for a word on a trust that is no longer open,
    /// void(closed), or has not, void(role), can be read in trust.md either way: nobody says such a word here.
    fn is_disputed(model: &Model, author: Name, says: &Says) -> bool {
        let Says::Approval { of, .. } = says else { return false };
        let Some(subject) = model.numbered(*of) else { return false };
        let Says::Trust(own) = &subject.record.says else { return false };
        let open = model.open.contains(&subject.position);
        !open && own.is_admin(author) && !model.roster().is_admin(author)
    }

    /// Half of them by somebody who has seen no other word: it follows only words with such keys.
    fn word_with_proposed_key(&mut self, model: &Model) -> Record {
        let (of, author, key) = self.random.pick(&Self::proposed_keys(model));
        let says = Says::Approval { of, word: self.any_word() };
        let mut record = self.record(model, author, key, says);
        let position = model.numbered(of).unwrap().position;
        if self.random.one_in(2) {
            record.seen = model.boundaries().into_iter().find(|it| *it > position).unwrap();
            self.made[record.number].seen = record.seen;
        }
        record
    }

    /// The open proposals that list such keys, with each of them.
    fn proposed_keys(model: &Model) -> Vec<(Number, Name, Key)> {
        let open = model.open.iter().map(|it| &model.at(*it).record);
        let trusts =
            open.filter_map(|it| if let Says::Trust(own) = &it.says { Some((it, own)) } else { None });
        let keys = |it: (&Record, &Trust)| {
            let of = it.0.number;
            Self::new_keys(model, it.1).into_iter().map(move |(name, key)| (of, name, key))
        };
        trusts.flat_map(keys).collect()
    }

    /// The keys that a proposal lists and that are not in force.
    fn new_keys(model: &Model, trust: &Trust) -> Vec<(Name, Key)> {
        let all = trust.members.iter().flat_map(|it| it.keys.iter().map(|key| (it.name, *key)));
        all.filter(|it| !model.roster().holds(it.0, it.1)).collect()
    }
}
