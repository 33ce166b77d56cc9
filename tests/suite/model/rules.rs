//! The model: a ledger as a plain list. Every query goes through the whole list again.
//!
//! It is written from ledger-schema/verify.md (steps 3 to 7) and trust.md alone, in their order and words. It
//! is slow on purpose: nothing is cached that can be computed again.

use countersign::finding::Code;

use super::values::{Entry, Key, Minute, Name, Number, Policy, Record, Says, Target, Trust, Vote};

/// A record of an entry that counts.
#[derive(Debug, Clone)]
pub struct Accepted {
    pub record: Record,
    pub position: u64,
    /// The size of the ledger before its entry.
    pub judged_at: u64,
    pub entry: Number,
    pub void: Option<Code>,
    /// Whether it is signed with a key that an open proposal lists and that is not in force.
    pub by_proposed_key: bool,
}

/// A proposal that took effect, and the size since which it is in force.
#[derive(Debug, Clone, Copy)]
pub struct InForce {
    pub position: u64,
    pub since: u64,
}

/// Whether an entry counts, or the codes that break it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Counted,
    Broken(Vec<Code>),
}

#[derive(Debug, Clone, Default)]
pub struct Model {
    pub accepted: Vec<Accepted>,
    pub trusts: Vec<InForce>,
    pub policies: Vec<InForce>,
    pub quarantines: Vec<InForce>,
    /// The positions of open proposals.
    pub open: Vec<u64>,
    /// Broken entries, and entries above them, that no quarantine accounts for.
    pub unaccounted: Vec<Number>,
}

impl Model {
    pub fn size(&self) -> u64 {
        self.accepted.len() as u64
    }

    /// Returns the sizes after each entry that counts.
    pub fn boundaries(&self) -> Vec<u64> {
        let mut all: Vec<u64> =
            self.accepted.iter().map(|accepted| accepted.judged_at).chain([self.size()]).collect();
        all.dedup();
        all.retain(|size| *size > 0);
        all
    }

    pub fn at(&self, position: u64) -> &Accepted {
        self.accepted.iter().find(|accepted| accepted.position == position).unwrap()
    }

    pub fn numbered(&self, number: Number) -> Option<&Accepted> {
        self.accepted.iter().find(|accepted| accepted.record.number == number)
    }

    pub fn trust_of(&self, position: u64) -> Option<&Trust> {
        let Says::Trust(trust) = &self.at(position).record.says else { return None };
        Some(trust)
    }

    /// Returns the roster in force at a size; before the founding, the roster of the first record.
    pub fn roster_at(&self, size: u64) -> &Trust {
        let position =
            self.trusts.iter().rfind(|effect| effect.since <= size).map_or(0, |effect| effect.position);
        self.trust_of(position).unwrap()
    }

    pub fn roster(&self) -> &Trust {
        self.roster_at(self.size())
    }

    /// Returns the policy in force at a size; an empty policy if there was none.
    pub fn policy_at(&self, size: u64) -> Policy {
        let Some(found) = self.policies.iter().rfind(|effect| effect.since <= size) else {
            return Policy::default();
        };
        let Says::Policy(policy) = &self.at(found.position).record.says else { unreachable!() };
        policy.clone()
    }

    pub fn policy(&self) -> Policy {
        self.policy_at(self.size())
    }

    /// Returns the position from which a key is distrusted: the lowest that any trust in effect has named.
    pub fn distrusted_from(&self, key: Key) -> Option<u64> {
        let named = |effect: &InForce| self.trust_of(effect.position).unwrap().distrust.clone();
        self.trusts
            .iter()
            .flat_map(named)
            .filter(|distrust| distrust.0 == key)
            .map(|distrust| distrust.1)
            .min()
    }

    pub fn is_distrusted(&self, accepted: &Accepted) -> bool {
        self.distrusted_from(accepted.record.key).is_some_and(|from| accepted.position >= from)
    }

    pub fn is_quarantined(&self, entry: Number) -> bool {
        self.quarantines.iter().any(|effect| self.names(effect.position, entry))
    }

    fn names(&self, quarantine: u64, entry: Number) -> bool {
        matches!(&self.at(quarantine).record.says, Says::Quarantine { entries } if entries.contains(&entry))
    }

    /// Whether a record stands (verify.md, Standing): it is verified, its key was believed and its entry is
    /// not quarantined, or it stands for ever.
    pub fn stands(&self, accepted: &Accepted) -> bool {
        let believed = !self.is_distrusted(accepted) && !self.is_quarantined(accepted.entry);
        accepted.void.is_none() && (believed || self.stands_for_ever(accepted))
    }

    /// Whether a record stands for ever: the first record, and each trust, policy and quarantine that took
    /// effect, with each person's latest vote on it by a key in force and by a proposed key.
    pub fn stands_for_ever(&self, accepted: &Accepted) -> bool {
        let effective = [&self.trusts[..], &self.policies, &self.quarantines].concat();
        let is_latest_vote = |of: u64| {
            let alike = |other: &&Accepted| {
                other.record.author == accepted.record.author
                    && other.by_proposed_key == accepted.by_proposed_key
            };
            let votes = self.votes_on(of);
            let latest = votes.into_iter().filter(alike).max_by_key(|approval| latest(approval));
            latest.is_some_and(|approval| approval.position == accepted.position)
        };
        accepted.position == 0
            || effective
                .iter()
                .any(|effect| effect.position == accepted.position || is_latest_vote(effect.position))
    }

    /// Returns the votes on a record that are not void, including those that no longer stand.
    pub fn votes_on(&self, subject: u64) -> Vec<&Accepted> {
        let number = self.at(subject).record.number;
        let is_vote = |accepted: &&Accepted| {
            accepted.void.is_none()
                && matches!(accepted.record.says, Says::Approval { of, .. } if of == number)
        };
        self.accepted.iter().filter(is_vote).collect()
    }

    /// Returns the register: every key that the first trust, or a trust that took effect, has listed.
    pub fn registered(&self) -> Vec<(Name, Key)> {
        let positions =
            self.trusts.iter().map(|effect| effect.position).chain((self.size() > 0).then_some(0));
        let members = positions.flat_map(|position| self.trust_of(position).unwrap().members.clone());
        members.flat_map(|member| member.keys.into_iter().map(move |key| (member.name, key))).collect()
    }

    /// Returns the ledger time: the second newest of the newest dates of each person (verify.md, Apply).
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
                let before = newest.iter().position(|pair| pair.0 == person).map(|at| newest.remove(at).1);
                newest.push((person, accepted.record.created_at.max(before.unwrap_or(Minute::MIN))));
            }
        }
        let mut times: Vec<Minute> = newest.into_iter().map(|pair| pair.1).collect();
        times.sort_unstable();
        times.iter().rev().nth(1).or(times.first()).copied()
    }

    /// Whether a record is a vote on an open trust proposal, by one of its keys (trust.md, The keys of a
    /// proposal).
    pub fn is_by_proposed_key(&self, record: &Record) -> bool {
        let Says::Approval { of, .. } = record.says else { return false };
        !record.is_foreign && self.proposes(of, record.key, Some(record.author))
    }

    /// Whether an open trust proposal lists a key that is not in force, for this member if one is given.
    fn proposes(&self, proposal: Number, key: Key, member: Option<Name>) -> bool {
        let Some(accepted) =
            self.numbered(proposal).filter(|accepted| self.open.contains(&accepted.position))
        else {
            return false;
        };
        let Says::Trust(trust) = &accepted.record.says else { return false };
        let in_force = self.roster().members.iter().any(|member| member.keys.contains(&key));
        let lists = trust
            .members
            .iter()
            .any(|listed| listed.keys.contains(&key) && member.is_none_or(|name| listed.name == name));
        lists && !in_force
    }

    /// Adds the next entry, and returns whether it counts.
    pub fn advance(&mut self, entry: &Entry) -> Fate {
        let broken = self.broken(entry);
        if !broken.is_empty() {
            self.unaccounted.push(entry.number);
            return Fate::Broken(broken);
        }
        let size = self.size();
        let records: Vec<Accepted> = (size..)
            .zip(&entry.records)
            .map(|(position, record)| Accepted {
                record: record.clone(),
                position,
                judged_at: size,
                entry: entry.number,
                void: self.verdict(entry, record, position),
                by_proposed_key: self.is_by_proposed_key(record),
            })
            .collect();
        let before = self.clone();
        self.accepted.extend(records);
        self.take_effect(&before);
        Fate::Counted
    }

    /// Returns the codes that break an entry (verify.md, Form and Broken entries).
    fn broken(&self, entry: &Entry) -> Vec<Code> {
        let mut codes: Vec<Code> = entry.damage.into_iter().collect();
        if !self.unaccounted.is_empty() && !self.leads_out(entry) {
            codes.push(Code::AfterHalt);
        }
        if self.accepted.is_empty() {
            // The first entry is always good here, because a bad one could not be repaired.
            return codes;
        }
        let held = |name: Option<Name>, key: Key| {
            self.registered().iter().any(|pair| pair.1 == key && name.is_none_or(|name| pair.0 == name))
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
        let approves_alone = |accepted: &Accepted| {
            let number = accepted.record.number;
            let approves = |record: &Record| matches!(record.says, Says::Approval { of, .. } if of == number);
            entry.records.iter().all(approves) && self.proposes(number, entry.committer, None)
        };
        if !held(None, entry.committer) && !self.accepted.iter().any(approves_alone) {
            codes.push(Code::CommitSignature);
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Whether an entry may follow a broken one: it has only quarantines, and votes on quarantines that
    /// count, void or not.
    fn leads_out(&self, entry: &Entry) -> bool {
        let is_quarantine = |of: &Number| {
            self.numbered(*of).is_some_and(|accepted| matches!(accepted.record.says, Says::Quarantine { .. }))
        };
        entry.records.iter().all(|record| match &record.says {
            Says::Quarantine { .. } => true,
            Says::Approval { of, .. } => is_quarantine(of),
            _ => false,
        })
    }

    /// Counts the votes on proposals under the trust before the entry. Proposals take effect at the end of
    /// the entry, in order.
    fn take_effect(&mut self, before: &Self) {
        let here: Vec<&Accepted> = self
            .accepted
            .iter()
            .filter(|accepted| accepted.judged_at == before.size() && accepted.void.is_none())
            .collect();
        let proposed = here
            .iter()
            .filter(|accepted| accepted.record.says.is_proposal())
            .map(|accepted| accepted.position);
        let candidates: Vec<u64> = before.open.iter().copied().chain(proposed).collect();
        let has_vote = |of: u64| self.votes_on(of).iter().any(|approval| approval.judged_at == before.size());
        let reached: Vec<u64> = candidates
            .iter()
            .copied()
            .filter(|position| *position >= before.size() || has_vote(*position))
            .filter(|position| self.reaches(*position, before))
            .collect();
        self.open = candidates;
        let since = self.size();
        for position in reached {
            if !self.open.contains(&position) {
                continue;
            }
            let effect = InForce { position, since };
            let is_trust =
                |position: u64, model: &Self| matches!(model.at(position).record.says, Says::Trust(_));
            let is_policy =
                |position: u64, model: &Self| matches!(model.at(position).record.says, Says::Policy(_));
            let open = std::mem::take(&mut self.open);
            if is_trust(position, self) {
                self.trusts.push(effect);
                self.open = open.into_iter().filter(|other| !is_trust(*other, self)).collect();
            } else if is_policy(position, self) {
                self.policies.push(effect);
                self.open = open.into_iter().filter(|other| !is_policy(*other, self)).collect();
            } else {
                self.quarantines.push(effect);
                self.open = open.into_iter().filter(|other| *other != position).collect();
                let unaccounted = std::mem::take(&mut self.unaccounted);
                self.unaccounted =
                    unaccounted.into_iter().filter(|entry| !self.names(position, *entry)).collect();
            }
            let open = std::mem::take(&mut self.open);
            self.open = open.into_iter().filter(|other| self.stands(self.at(*other))).collect();
        }
    }

    /// Whether a proposal reaches its thresholds (trust.md, Counting).
    fn reaches(&self, proposal: u64, before: &Self) -> bool {
        let (trust, kind) = match &self.at(proposal).record.says {
            Says::Trust(trust) => (Some(trust), 0),
            Says::Policy(_) => (None, 1),
            _ => (None, 2),
        };
        let yes = |roster: &Trust, own_side: bool| {
            let admins = roster.members.iter().filter(|member| roster.is_admin(member.name));
            admins.filter(|member| self.approves(member.name, proposal, own_side, before)).count() as u64
        };
        let in_force =
            before.trusts.is_empty() || yes(before.roster(), false) >= before.roster().thresholds[kind];
        in_force && trust.is_none_or(|own| yes(own, true) >= own.thresholds[0])
    }

    /// Whether an admin approves a proposal: on the side of the trust in force or, with `own_side`, on the
    /// side of the proposed trust.
    fn approves(&self, admin: Name, proposal: u64, own_side: bool, before: &Self) -> bool {
        let subject = self.at(proposal);
        let distrusts = |key: Key| match &subject.record.says {
            Says::Trust(trust) => trust.distrust.iter().any(|distrust| distrust.0 == key),
            _ => false,
        };
        let counts = |accepted: &Accepted| {
            let distrusted =
                before.distrusted_from(accepted.record.key).is_some_and(|from| accepted.position >= from);
            !distrusted && !distrusts(accepted.record.key) && !before.is_quarantined(accepted.entry)
        };
        let votes = self.votes_on(proposal);
        let vote_of = |by_proposed_key: bool| {
            let own = votes.iter().filter(|approval| {
                approval.record.author == admin && approval.by_proposed_key == by_proposed_key
            });
            own.filter(|approval| counts(approval))
                .max_by_key(|approval| latest(approval))
                .map(|approval| vote(approval))
        };
        if let Some(vote) = vote_of(false) {
            return vote == Vote::Yes;
        }
        let is_author = subject.record.author == admin && counts(subject);
        is_author || (own_side && vote_of(true) == Some(Vote::Yes))
    }

    /// Returns the targets of a record, or of the record that it is about.
    pub fn targets(&self, record: &Record) -> Vec<Target> {
        match &record.says {
            Says::Approval { of, .. }
            | Says::Closure { of }
            | Says::Review { of, .. }
            | Says::Resume { of }
            | Says::Outcome { of, .. } => {
                self.named(&[*of]).iter().flat_map(|record| self.own_targets(record)).collect()
            }
            _ => self.own_targets(record),
        }
    }

    /// Returns the targets of a record itself; those of a triage are the targets of every exception that it
    /// names.
    fn own_targets(&self, record: &Record) -> Vec<Target> {
        match &record.says {
            Says::Triage { of, .. } => {
                self.named(of).iter().flat_map(|record| record.says.targets()).collect()
            }
            says => says.targets(),
        }
    }

    fn named(&self, numbers: &[Number]) -> Vec<&Record> {
        numbers.iter().filter_map(|number| self.numbered(*number)).map(|accepted| &accepted.record).collect()
    }
}

/// Returns the key that orders the votes of one person: within one entry the rejection is the latest,
/// otherwise the highest position.
pub fn latest(accepted: &Accepted) -> (u64, bool, u64) {
    (accepted.judged_at, vote(accepted) == Vote::No, accepted.position)
}

/// Returns the vote of an approval record.
pub fn vote(accepted: &Accepted) -> Vote {
    let Says::Approval { vote, .. } = accepted.record.says else { unreachable!("not a vote") };
    vote
}
