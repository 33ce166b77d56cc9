//! The model: a ledger as a plain list, and every question answered by going through all of it again.
//!
//! Written from ledger-schema/verify.md (steps 3 to 7) and trust.md alone, in their order and words.
//! What is slow here is meant to be: nothing is remembered that can be found again.

use countersign::finding::Code;

use super::values::{Entry, Key, Minute, Name, Number, Policy, Record, Says, Target, Trust, Word};

/// A record of an entry that counts.
#[derive(Debug, Clone)]
pub struct Filed {
    pub record: Record,
    pub position: u64,
    /// The size before its entry.
    pub judged_at: u64,
    pub entry: Number,
    pub void: Option<Code>,
    /// Signed with the key of an open proposal that is not in force.
    pub by_proposed_key: bool,
}

/// A proposal that took effect, and the size since which it decides.
#[derive(Debug, Clone, Copy)]
pub struct InForce {
    pub position: u64,
    pub since: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Counted,
    Broken(Vec<Code>),
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub accepted: Vec<Filed>,
    pub trusts: Vec<InForce>,
    pub policies: Vec<InForce>,
    pub quarantines: Vec<InForce>,
    /// The positions of open proposals.
    pub open: Vec<u64>,
    /// Entries that broke the form, or stand above such a one.
    pub unaccounted: Vec<Number>,
}

impl Model {
    pub fn size(&self) -> u64 {
        self.accepted.len() as u64
    }

    /// The sizes after each entry that counts.
    pub fn boundaries(&self) -> Vec<u64> {
        let mut all: Vec<u64> = self.accepted.iter().map(|it| it.judged_at).chain([self.size()]).collect();
        all.dedup();
        all.retain(|it| *it > 0);
        all
    }

    pub fn at(&self, position: u64) -> &Filed {
        self.accepted.iter().find(|it| it.position == position).unwrap()
    }

    pub fn numbered(&self, number: Number) -> Option<&Filed> {
        self.accepted.iter().find(|it| it.record.number == number)
    }

    pub fn trust_of(&self, position: u64) -> Option<&Trust> {
        let Says::Trust(trust) = &self.at(position).record.says else { return None };
        Some(trust)
    }

    /// The roster that judged at a size; before the founding, that of the first record.
    pub fn roster_at(&self, size: u64) -> &Trust {
        let position = self.trusts.iter().rfind(|it| it.since <= size).map_or(0, |it| it.position);
        self.trust_of(position).unwrap()
    }

    pub fn roster(&self) -> &Trust {
        self.roster_at(self.size())
    }

    /// The policy that judged at a size; where there was none, one that leaves everything open.
    pub fn policy_at(&self, size: u64) -> Policy {
        let Some(found) = self.policies.iter().rfind(|it| it.since <= size) else { return Policy::default() };
        let Says::Policy(policy) = &self.at(found.position).record.says else { unreachable!() };
        policy.clone()
    }

    pub fn policy(&self) -> Policy {
        self.policy_at(self.size())
    }

    /// From which position on a key is distrusted: the lowest that any trust in effect has named.
    pub fn distrusted_from(&self, key: Key) -> Option<u64> {
        let named = |it: &InForce| self.trust_of(it.position).unwrap().distrust.clone();
        self.trusts.iter().flat_map(named).filter(|it| it.0 == key).map(|it| it.1).min()
    }

    pub fn is_distrusted(&self, accepted: &Filed) -> bool {
        self.distrusted_from(accepted.record.key).is_some_and(|from| accepted.position >= from)
    }

    pub fn is_quarantined(&self, entry: Number) -> bool {
        self.quarantines.iter().any(|it| self.names(it.position, entry))
    }

    fn names(&self, quarantine: u64, entry: Number) -> bool {
        matches!(&self.at(quarantine).record.says, Says::Quarantine { entries } if entries.contains(&entry))
    }

    /// verify.md, Standing.
    pub fn stands(&self, accepted: &Filed) -> bool {
        let believed = !self.is_distrusted(accepted) && !self.is_quarantined(accepted.entry);
        accepted.void.is_none() && (believed || self.stands_for_ever(accepted))
    }

    /// The first record, and what took effect of trust, policy and quarantine, with each person's latest
    /// word on it, of those with a key in force and of those with a proposed key.
    pub fn stands_for_ever(&self, accepted: &Filed) -> bool {
        let effective = [&self.trusts[..], &self.policies, &self.quarantines].concat();
        let is_latest_word = |of: u64| {
            let alike = |it: &&Filed| {
                it.record.author == accepted.record.author && it.by_proposed_key == accepted.by_proposed_key
            };
            let words = self.words_on(of);
            let latest = words.into_iter().filter(alike).max_by_key(|it| latest(it));
            latest.is_some_and(|it| it.position == accepted.position)
        };
        accepted.position == 0
            || effective.iter().any(|it| it.position == accepted.position || is_latest_word(it.position))
    }

    /// The words on a record that are not void, also those that no longer stand.
    pub fn words_on(&self, subject: u64) -> Vec<&Filed> {
        let number = self.at(subject).record.number;
        let is_word = |it: &&Filed| {
            it.void.is_none() && matches!(it.record.says, Says::Approval { of, .. } if of == number)
        };
        self.accepted.iter().filter(is_word).collect()
    }

    /// The register: every key that the first trust, or one that took effect, has listed.
    pub fn registered(&self) -> Vec<(Name, Key)> {
        let positions = self.trusts.iter().map(|it| it.position).chain((self.size() > 0).then_some(0));
        let members = positions.flat_map(|it| self.trust_of(it).unwrap().members.clone());
        members.flat_map(|member| member.keys.into_iter().map(move |key| (member.name, key))).collect()
    }

    /// Ledger time: the second newest of the newest dates of each person (verify.md, Apply).
    pub fn ledger_time(&self) -> Option<Minute> {
        let mut newest: Vec<(Name, Minute)> = Vec::new();
        for accepted in &self.accepted {
            let counts = accepted.void.is_none()
                && !accepted.by_proposed_key
                && !self.is_distrusted(accepted)
                && !self.is_quarantined(accepted.entry);
            let Some(person) = self.roster_at(accepted.judged_at).person(accepted.record.author) else {
                continue;
            };
            if counts {
                let before = newest.iter().position(|it| it.0 == person).map(|at| newest.remove(at).1);
                newest.push((person, accepted.record.created_at.max(before.unwrap_or(Minute::MIN))));
            }
        }
        let mut times: Vec<Minute> = newest.into_iter().map(|it| it.1).collect();
        times.sort_unstable();
        times.iter().rev().nth(1).or(times.first()).copied()
    }

    /// An approval of an open trust proposal, by one of its keys (trust.md, The keys of a proposal).
    pub fn is_by_proposed_key(&self, record: &Record) -> bool {
        let Says::Approval { of, .. } = record.says else { return false };
        !record.is_foreign && self.proposes(of, record.key, Some(record.author))
    }

    /// An open trust proposal lists the key for this member, or any; and the key is not in force.
    fn proposes(&self, proposal: Number, key: Key, member: Option<Name>) -> bool {
        let Some(accepted) = self.numbered(proposal).filter(|it| self.open.contains(&it.position)) else {
            return false;
        };
        let Says::Trust(trust) = &accepted.record.says else { return false };
        let in_force = self.roster().members.iter().any(|it| it.keys.contains(&key));
        let lists = trust
            .members
            .iter()
            .any(|it| it.keys.contains(&key) && member.is_none_or(|name| it.name == name));
        lists && !in_force
    }

    /// Takes the next entry, and says what becomes of it.
    pub fn advance(&mut self, entry: &Entry) -> Fate {
        let broken = self.broken(entry);
        if !broken.is_empty() {
            self.unaccounted.push(entry.number);
            return Fate::Broken(broken);
        }
        let size = self.size();
        let judged: Vec<Filed> = (size..)
            .zip(&entry.records)
            .map(|(position, record)| Filed {
                record: record.clone(),
                position,
                judged_at: size,
                entry: entry.number,
                void: self.verdict(entry, record, position),
                by_proposed_key: self.is_by_proposed_key(record),
            })
            .collect();
        let before = self.clone();
        self.accepted.extend(judged);
        self.take_effect(&before);
        Fate::Counted
    }

    /// verify.md, Form and Broken entries.
    fn broken(&self, entry: &Entry) -> Vec<Code> {
        let mut codes: Vec<Code> = entry.damage.into_iter().collect();
        if !self.unaccounted.is_empty() && !self.leads_out(entry) {
            codes.push(Code::AfterHalt);
        }
        if self.accepted.is_empty() {
            // The first entry is always a good one here: nothing mends another.
            return codes;
        }
        let held = |name: Option<Name>, key: Key| {
            self.registered().iter().any(|it| it.1 == key && name.is_none_or(|name| it.0 == name))
        };
        for record in &entry.records {
            codes.extend(record.damage);
            if self.numbered(record.number).is_some() {
                codes.push(Code::Duplicate);
            }
            if !held(Some(record.author), record.key) && !self.is_by_proposed_key(record) {
                codes.push(Code::Signer);
            }
            if !self.boundaries().contains(&record.seen) {
                codes.push(Code::Checkpoint);
            }
        }
        let approves_alone = |accepted: &Filed| {
            let of_it =
                |it: &Record| matches!(it.says, Says::Approval { of, .. } if of == accepted.record.number);
            entry.records.iter().all(of_it) && self.proposes(accepted.record.number, entry.committer, None)
        };
        if !held(None, entry.committer) && !self.accepted.iter().any(approves_alone) {
            codes.push(Code::CommitSignature);
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Nothing but quarantines, and words on quarantines that count, be they void or not.
    fn leads_out(&self, entry: &Entry) -> bool {
        let is_quarantine = |of: &Number| {
            self.numbered(*of).is_some_and(|it| matches!(it.record.says, Says::Quarantine { .. }))
        };
        entry.records.iter().all(|record| match &record.says {
            Says::Quarantine { .. } => true,
            Says::Approval { of, .. } => is_quarantine(of),
            _ => false,
        })
    }

    /// Proposals are counted over the trust before the entry, and take effect at its end, in order.
    fn take_effect(&mut self, before: &Self) {
        let here: Vec<&Filed> =
            self.accepted.iter().filter(|it| it.judged_at == before.size() && it.void.is_none()).collect();
        let proposed = here.iter().filter(|it| it.record.says.is_proposal()).map(|it| it.position);
        let candidates: Vec<u64> = before.open.iter().copied().chain(proposed).collect();
        let has_word = |of: u64| self.words_on(of).iter().any(|it| it.judged_at == before.size());
        let reach: Vec<u64> = candidates
            .iter()
            .copied()
            .filter(|it| *it >= before.size() || has_word(*it))
            .filter(|it| self.reaches(*it, before))
            .collect();
        self.open = candidates;
        let since = self.size();
        for position in reach {
            if !self.open.contains(&position) {
                continue;
            }
            let effect = InForce { position, since };
            let is_trust = |it: u64, model: &Self| matches!(model.at(it).record.says, Says::Trust(_));
            let is_policy = |it: u64, model: &Self| matches!(model.at(it).record.says, Says::Policy(_));
            let open = std::mem::take(&mut self.open);
            if is_trust(position, self) {
                self.trusts.push(effect);
                self.open = open.into_iter().filter(|it| !is_trust(*it, self)).collect();
            } else if is_policy(position, self) {
                self.policies.push(effect);
                self.open = open.into_iter().filter(|it| !is_policy(*it, self)).collect();
            } else {
                self.quarantines.push(effect);
                self.open = open.into_iter().filter(|it| *it != position).collect();
                let unaccounted = std::mem::take(&mut self.unaccounted);
                self.unaccounted = unaccounted.into_iter().filter(|it| !self.names(position, *it)).collect();
            }
            let open = std::mem::take(&mut self.open);
            self.open = open.into_iter().filter(|it| self.stands(self.at(*it))).collect();
        }
    }

    /// trust.md, Counting.
    fn reaches(&self, proposal: u64, before: &Self) -> bool {
        let (trust, kind) = match &self.at(proposal).record.says {
            Says::Trust(trust) => (Some(trust), 0),
            Says::Policy(_) => (None, 1),
            _ => (None, 2),
        };
        let yes = |roster: &Trust, own_side: bool| {
            let admins = roster.members.iter().filter(|it| roster.is_admin(it.name));
            admins.filter(|it| self.says_yes(it.name, proposal, own_side, before)).count() as u64
        };
        let in_force =
            before.trusts.is_empty() || yes(before.roster(), false) >= before.roster().thresholds[kind];
        in_force && trust.is_none_or(|own| yes(own, true) >= own.thresholds[0])
    }

    /// Whether an admin says yes to a proposal, on the side of the trust in force or on its own.
    fn says_yes(&self, admin: Name, proposal: u64, own_side: bool, before: &Self) -> bool {
        let subject = self.at(proposal);
        let distrusts = |key: Key| match &subject.record.says {
            Says::Trust(trust) => trust.distrust.iter().any(|it| it.0 == key),
            _ => false,
        };
        let counts = |it: &Filed| {
            let distrusted = before.distrusted_from(it.record.key).is_some_and(|from| it.position >= from);
            !distrusted && !distrusts(it.record.key) && !before.is_quarantined(it.entry)
        };
        let words = self.words_on(proposal);
        let word_of = |by_proposed_key: bool| {
            let own =
                words.iter().filter(|it| it.record.author == admin && it.by_proposed_key == by_proposed_key);
            own.filter(|it| counts(it)).max_by_key(|it| latest(it)).map(|it| word(it))
        };
        if let Some(word) = word_of(false) {
            return word == Word::Yes;
        }
        let is_author = subject.record.author == admin && counts(subject);
        is_author || (own_side && word_of(true) == Some(Word::Yes))
    }

    /// The targets of a record, or of what it speaks of.
    pub fn targets(&self, record: &Record) -> Vec<Target> {
        match &record.says {
            Says::Approval { of, .. }
            | Says::Closure { of }
            | Says::Review { of, .. }
            | Says::Resume { of }
            | Says::Outcome { of, .. } => {
                self.named(&[*of]).iter().flat_map(|it| self.own_targets(it)).collect()
            }
            _ => self.own_targets(record),
        }
    }

    /// Those of a triage are those of every exception that it names.
    fn own_targets(&self, record: &Record) -> Vec<Target> {
        match &record.says {
            Says::Triage { of, .. } => self.named(of).iter().flat_map(|it| it.says.targets()).collect(),
            says => says.targets(),
        }
    }

    fn named(&self, numbers: &[Number]) -> Vec<&Record> {
        numbers.iter().filter_map(|it| self.numbered(*it)).map(|it| &it.record).collect()
    }
}

/// What orders the words of one person: of one entry, the rejection, else the highest position.
pub fn latest(accepted: &Filed) -> (u64, bool, u64) {
    (accepted.judged_at, word(accepted) == Word::No, accepted.position)
}

pub fn word(accepted: &Filed) -> Word {
    let Says::Approval { word, .. } = accepted.record.says else { unreachable!("no word") };
    word
}
