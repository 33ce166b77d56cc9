//! What stands at the head, told from its beginning: effect, end and closure of each record that takes
//! approvals (ledger-schema/trust.md, Taking effect, and ending; verify.md, Apply and Standing).

use super::rules::{Filed, Model, latest, word};
use super::values::{Minute, Name, Policy, Says, Trust, Word};

/// An exception, a plan or a redesign at the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub position: u64,
    pub person: Option<Name>,
    /// Where it took effect, the latest date among it and the words that carried it, and whether that was
    /// because another trust or policy was in force.
    pub effect: Option<(u64, Minute, bool)>,
    /// Where a rejection ended it.
    pub ended: Option<u64>,
    /// Whether a rejection stops it.
    pub is_rejected: bool,
    pub closed: Option<u64>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Life {
    Live,
    Undecided,
    Rejected,
    NotYet,
    Over,
}

impl Model {
    /// The fold of what stands: each entry is taken in as it was, without what no longer stands.
    pub fn items(&self) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut before = None;
        let heads = self.boundaries();
        for size in [0].into_iter().chain(heads) {
            // Where another trust or policy is in force than before, everything is counted again.
            let judges = (self.roster_at(size).version, self.policy_at(size).version);
            if before.replace(judges).is_some_and(|it| it != judges) {
                let decided = (0..items.len()).filter(|at| !self.is_observation(&items[*at]));
                let decided: Vec<usize> = decided.collect();
                decided.into_iter().for_each(|at| self.count(&mut items, at, size, size, size - 1));
            }
            let here: Vec<&Filed> =
                self.filed.iter().filter(|it| it.judged_at == size && self.stands(it)).collect();
            for filed in &here {
                if matches!(filed.record.says, Says::Exception(_) | Says::Plan(_) | Says::Redesign(_)) {
                    items.push(self.new_item(filed));
                }
                if let Says::Closure { of } = filed.record.says
                    && let Some(item) = items.iter_mut().find(|it| self.at(it.position).record.number == of)
                {
                    item.closed = item.closed.or(Some(filed.position));
                }
            }
            for at in 0..items.len() {
                // An observation asks for no approval, and grants nothing that could be in effect.
                if self.is_observation(&items[at]) {
                    continue;
                }
                let number = self.at(items[at].position).record.number;
                let speaks =
                    |it: &&&Filed| matches!(it.record.says, Says::Approval { of, .. } if of == number);
                let own = here
                    .iter()
                    .filter(|it| it.position == items[at].position)
                    .chain(here.iter().filter(speaks));
                if let Some(last) = own.map(|it| it.position).max() {
                    self.count(&mut items, at, size, size + 1, last);
                }
            }
        }
        items
    }

    pub fn is_observation(&self, item: &Item) -> bool {
        let says = &self.at(item.position).record.says;
        matches!(says, Says::Exception(_)) && !says.is_override()
    }

    fn new_item(&self, filed: &Filed) -> Item {
        let person = self.roster_at(filed.judged_at).person(filed.record.author);
        Item { position: filed.position, person, effect: None, ended: None, is_rejected: false, closed: None }
    }

    /// Counts the words on an item that were judged before some size, under the trust and policy in force.
    fn count(&self, items: &mut [Item], at: usize, size: u64, until: u64, position: u64) {
        let (roster, policy) = (self.roster_at(size), self.policy_at(size));
        let subject = self.at(items[at].position);
        let says = &subject.record.says;
        let entitled = |it: &&Filed| {
            roster.member(it.record.author).is_some_and(|it| it.is_human)
                && !roster.tables(it.record.author, "approver").is_empty()
                && roster.covers(it.record.author, "approver", &says.targets())
        };
        let so_far = |it: &&Filed| self.stands(it) && it.judged_at < until;
        let words: Vec<&Filed> = self.words_on(subject.position).into_iter().filter(so_far).collect();
        let is_latest = |it: &&Filed| {
            let own = words.iter().filter(|other| other.record.author == it.record.author);
            own.map(|other| latest(other)).max() == Some(latest(it))
        };
        let counted: Vec<&Filed> = words.iter().copied().filter(is_latest).filter(entitled).collect();
        let rejected = counted.iter().any(|it| word(it) == Word::No);
        let approvals: Vec<&Filed> = counted.iter().copied().filter(|it| word(it) == Word::Yes).collect();
        let enough = self.suffices(items, at, &policy, roster, &approvals);
        let item = &mut items[at];
        item.is_rejected = rejected && item.effect.is_none();
        if item.effect.is_none() && !rejected && enough {
            let dates = approvals.iter().map(|it| it.record.created_at).chain([subject.record.created_at]);
            item.effect = Some((position, dates.max().unwrap(), until == size));
        } else if item.effect.is_some() && rejected && (says.is_override() || matches!(says, Says::Plan(_))) {
            item.ended = item.ended.or(Some(position));
        }
    }

    /// How many approvals are asked for, and whether these persons can take all places.
    fn suffices(
        &self,
        items: &[Item],
        at: usize,
        policy: &Policy,
        roster: &Trust,
        approvals: &[&Filed],
    ) -> bool {
        let subject = &self.at(items[at].position).record;
        let targets = subject.says.targets();
        let (number, of) = match &subject.says {
            Says::Exception(it) => match it.expected.map(|name| policy.expected(name)) {
                Some(Some(entry)) if entry.approvals == 0 => (u64::from(self.owes_a_review(items, at)), ""),
                Some(Some(entry)) => (entry.approvals, ""),
                // trust.md does not say it: an entry that the policy no longer has is asked for like any override.
                _ => (policy.largest(&targets, |it| it.overrides), "overrides"),
            },
            Says::Plan(_) => (policy.largest(&targets, |it| it.plans), "rollback_plans"),
            _ => (policy.largest(&targets, |it| it.redesigns), "redesigns"),
        };
        let places: Vec<Name> =
            policy.quorum.iter().filter(|it| it.0 == of).flat_map(|it| (0..it.2).map(|_| it.1)).collect();
        let total = number.max(places.len() as u64);
        let names: Vec<Name> = approvals.iter().map(|it| it.record.author).collect();
        names.len() as u64 >= total && can_take(&places, &names, roster)
    }

    /// The person behind it has an earlier expected exception that took effect (trust.md, Break-glass).
    fn owes_a_review(&self, items: &[Item], at: usize) -> bool {
        let is_expected = |it: &Item| matches!(&self.at(it.position).record.says, Says::Exception(it) if it.expected.is_some());
        items[..at].iter().any(|it| it.person == items[at].person && it.effect.is_some() && is_expected(it))
    }

    /// Its end by time, under the policy in force at the head.
    pub fn end(&self, item: &Item) -> Option<Minute> {
        self.policy().end(&self.at(item.position).record)
    }

    pub fn life(&self, item: &Item, now: Minute) -> Life {
        let over =
            self.end(item).is_some_and(|end| now >= end) || item.closed.is_some() || item.ended.is_some();
        match item.effect {
            _ if over => Life::Over,
            None if item.is_rejected => Life::Rejected,
            None => Life::Undecided,
            Some((_, from, _)) if now < from => Life::NotYet,
            Some(_) => Life::Live,
        }
    }
}

/// Each place is taken by another person of its team: simply every way to do it.
fn can_take(places: &[Name], names: &[Name], roster: &Trust) -> bool {
    let Some((team, rest)) = places.split_first() else { return true };
    let fits = |name: &&Name| roster.member(name).is_some_and(|it| it.teams.contains(team));
    names.iter().filter(fits).any(|name| {
        let others: Vec<Name> = names.iter().copied().filter(|it| it != name).collect();
        can_take(rest, &others, roster)
    })
}
