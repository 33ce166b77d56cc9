//! Random votes: mostly on records that need them, by people who may vote.

use super::generate::{Generator, NOTHING};
use super::reported::{Accepted, Reported};
use super::values::{Key, Name, Number, Record, Says, Trust, Vote};

impl Generator {
    /// Returns the newest records that need votes, or that a vote may end.
    pub fn waiting(&self, reported: &Reported, fits: impl Fn(&Accepted) -> bool) -> Vec<Number> {
        let over =
            |accepted: &Accepted| reported.policy().end(&accepted.record).is_some_and(|end| end <= self.now);
        let waits = |accepted: &Accepted| match &accepted.record.says {
            says if says.is_proposal() => reported.open.contains(&accepted.position),
            says => (says.is_override() || says.is_request()) && !over(accepted),
        };
        let fit = reported
            .accepted
            .iter()
            .rev()
            .filter(|accepted| accepted.void.is_none() && waits(accepted) && fits(accepted));
        fit.map(|accepted| accepted.record.number).take(6).collect()
    }

    /// Makes a vote, mostly on a record that needs votes.
    pub fn approval(&mut self, reported: &Reported, fits: impl Fn(&Accepted) -> bool) -> Record {
        let waiting = self.waiting(reported, fits);
        let any = self
            .of(reported, |says| says.is_override() || says.is_proposal() || matches!(says, Says::Plan(_)));
        let of = if waiting.is_empty() || self.random.one_in(15) { any } else { self.random.pick(&waiting) };
        self.vote(reported, of)
    }

    /// Makes several votes in one entry, some by the same person or on the same subject. Votes of one entry
    /// do not see each other.
    pub fn votes_together(&mut self, reported: &Reported) -> Vec<Record> {
        let mut records = vec![self.approval(reported, |_| true)];
        for _ in 0..=self.random.below(3) {
            let earlier = self.random.pick(&records);
            let Says::Approval { of, .. } = earlier.says else { unreachable!() };
            let says = Says::Approval { of, vote: self.any_vote() };
            records.push(match self.random.below(3) {
                0 => self.record(reported, earlier.author, earlier.key, says),
                1 => self.vote(reported, of),
                _ => self.approval(reported, |_| true),
            });
        }
        records
    }

    /// Makes a vote by an author who, most of the time, is not concerned.
    pub fn vote(&mut self, reported: &Reported, of: Number) -> Record {
        let says = Says::Approval { of, vote: self.any_vote() };
        let Some(subject) = reported.numbered(of) else { return self.by(reported, "approver", says) };
        let role = if subject.record.says.is_proposal() { "admin" } else { "approver" };
        let (mut author, mut key) = self.author(reported, role);
        // Let people vote again, with any of their keys.
        let voters: Vec<Name> =
            reported.votes_on(subject.position).iter().map(|approval| approval.record.author).collect();
        if let Some(again) = self.random.sometimes(4, &voters) {
            (author, key) = (again, self.key(reported, again));
        }
        let concerned = [subject.record.says.concerned(), vec![subject.record.author]].concat();
        for _ in 0..self.random.below(3) {
            if role == "approver"
                && concerned.iter().any(|name| reported.roster().person(name) == Some(author))
            {
                (author, key) = self.author(reported, role);
            }
        }
        if let Says::Trust(own) = &subject.record.says {
            // Let a thief vote with a key that the proposed trust distrusts, before or after its owner.
            let stolen: Vec<Key> = own.distrust.iter().map(|distrusted| distrusted.0).collect();
            let stolen = self.random.sometimes(2, &stolen);
            (author, key) = stolen.map_or((author, key), |stolen| (stolen.0, stolen));
            (author, key) = self.random.sometimes(2, &Self::new_keys(reported, own)).unwrap_or((author, key));
        }
        if Self::is_disputed(reported, author, &says) {
            return self.record(reported, author, key, Says::Approval { of: NOTHING, vote: Vote::Yes });
        }
        let mut record = self.record(reported, author, key, says);
        if let Some(end) = reported.policy().end(&subject.record).filter(|_| self.random.one_in(8)) {
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

    /// Whether a record is a vote on a trust that is no longer open, by an admin of only that trust. trust.md does not
    /// say whether such an admin has the role: if so, the code of the vote is `closed`, otherwise `role`. No such vote
    /// is made here.
    pub fn is_disputed(reported: &Reported, author: Name, says: &Says) -> bool {
        let Says::Approval { of, .. } = says else { return false };
        let Some(subject) = reported.numbered(*of) else { return false };
        let Says::Trust(own) = &subject.record.says else { return false };
        let open = reported.open.contains(&subject.position);
        !open && own.is_admin(author) && !reported.roster().is_admin(author)
    }

    /// Makes a vote with a proposed key. In half of the cases its checkpoint is the first one that includes the
    /// proposal. That is enough, unless the author has voted on the proposal with a proposed key before: only such
    /// votes must have been seen.
    pub fn vote_with_proposed_key(&mut self, reported: &Reported) -> Record {
        let (of, author, key) = self.random.pick(&Self::proposed_keys(reported));
        let says = Says::Approval { of, vote: self.any_vote() };
        let mut record = self.record(reported, author, key, says);
        let position = reported.numbered(of).unwrap().position;
        if self.random.one_in(2) {
            record.seen = reported.boundaries().into_iter().find(|boundary| *boundary > position).unwrap();
            self.made[record.number].seen = record.seen;
        }
        record
    }

    /// Returns each key that an open proposal lists and that is not in force, with the proposal and the
    /// member.
    pub fn proposed_keys(reported: &Reported) -> Vec<(Number, Name, Key)> {
        let open = reported.open.iter().map(|position| &reported.at(*position).record);
        let trusts =
            open.filter_map(
                |record| if let Says::Trust(own) = &record.says { Some((record, own)) } else { None },
            );
        let keys = |(record, trust): (&Record, &Trust)| {
            let of = record.number;
            Self::new_keys(reported, trust).into_iter().map(move |(name, key)| (of, name, key))
        };
        trusts.flat_map(keys).collect()
    }

    /// Returns the keys that a proposal lists and that are not in force, with their members.
    fn new_keys(reported: &Reported, trust: &Trust) -> Vec<(Name, Key)> {
        let all = trust.members.iter().flat_map(|member| member.keys.iter().map(|key| (member.name, *key)));
        all.filter(|pair| !reported.roster().holds(pair.0, pair.1)).collect()
    }
}
