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

/// A moment at which words are counted.
#[derive(Clone, Copy)]
struct Moment {
    /// The trust and the policy in force at this size count.
    size: u64,
    /// Words count that were judged before this size.
    until: u64,
    /// Where what takes effect now takes effect.
    position: u64,
}

impl Model {
    /// The fold of what stands: each entry is taken in as it was, without what no longer stands.
    pub fn items(&self) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut before = None;
        for size in [0].into_iter().chain(self.boundaries()) {
            // Where another trust or policy is in force than before, everything is counted again; what
            // takes effect so does at the end of the entry before, which brought it.
            let judges = (self.roster_at(size).version, self.policy_at(size).version);
            if before.replace(judges).is_some_and(|it| it != judges) {
                let moment = Moment { size, until: size, position: size - 1 };
                (0..items.len()).for_each(|at| self.count(&mut items, at, moment));
            }
            let is_here = |it: &&Filed| it.judged_at == size && self.stands(it);
            let here: Vec<&Filed> = self.accepted.iter().filter(is_here).collect();
            here.iter().for_each(|it| self.take_in(&mut items, it));
            // Each record that is here, or has a word here: all words are taken in before any is counted.
            for at in 0..items.len() {
                let subject = self.at(items[at].position);
                let is_about = |it: &&&Filed| match it.record.says {
                    Says::Approval { of, .. } => of == subject.record.number,
                    _ => it.position == subject.position,
                };
                if let Some(position) = here.iter().filter(is_about).map(|it| it.position).max() {
                    self.count(&mut items, at, Moment { size, until: size + 1, position });
                }
            }
        }
        items
    }

    fn take_in(&self, items: &mut Vec<Item>, accepted: &Filed) {
        match accepted.record.says {
            Says::Exception(_) | Says::Plan(_) | Says::Redesign(_) => items.push(self.new_item(accepted)),
            Says::Closure { of } => {
                let closed = items.iter_mut().filter(|it| self.at(it.position).record.number == of);
                closed.for_each(|it| it.closed = it.closed.or(Some(accepted.position)));
            }
            _ => {}
        }
    }

    pub fn is_observation(&self, item: &Item) -> bool {
        let says = &self.at(item.position).record.says;
        matches!(says, Says::Exception(_)) && !says.is_override()
    }

    fn new_item(&self, accepted: &Filed) -> Item {
        let person = self.roster_at(accepted.judged_at).person(accepted.record.author);
        Item {
            position: accepted.position,
            person,
            effect: None,
            ended: None,
            is_rejected: false,
            closed: None,
        }
    }

    /// Counts the words on an item.
    fn count(&self, items: &mut [Item], at: usize, moment: Moment) {
        // An observation asks for no approval, and grants nothing that could be in effect.
        if self.is_observation(&items[at]) {
            return;
        }
        let Moment { size, until, position } = moment;
        let (roster, policy) = (self.roster_at(size), self.policy_at(size));
        let subject = self.at(items[at].position);
        let says = &subject.record.says;
        let entitled = |it: &&Filed| {
            roster.member(it.record.author).is_some_and(|it| it.is_human)
                && !roster.tables(it.record.author, &["approver"]).is_empty()
                && roster.covers(it.record.author, &["approver"], &says.targets())
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
        let (number, of) = self.asked(items, at, &policy);
        let quorum = policy.quorum.iter().filter(|it| it.0 == of);
        let places: Vec<Name> = quorum.flat_map(|it| (0..it.2).map(|_| it.1)).collect();
        let names: Vec<Name> = approvals.iter().map(|it| it.record.author).collect();
        let total = number.max(places.len() as u64);
        let enough = names.len() as u64 >= total && can_take(&places, &names, roster);
        let item = &mut items[at];
        item.is_rejected = rejected && item.effect.is_none();
        if item.effect.is_none() && !rejected && enough {
            let dates = approvals.iter().map(|it| it.record.created_at).chain([subject.record.created_at]);
            item.effect = Some((position, dates.max().unwrap(), until == size));
        } else if item.effect.is_some() && rejected && (says.is_override() || matches!(says, Says::Plan(_))) {
            item.ended = item.ended.or(Some(position));
        }
    }

    /// How many approvals are asked for, and by which field of the policy; an entry has no quorum.
    fn asked(&self, items: &[Item], at: usize, policy: &Policy) -> (u64, Name) {
        let says = &self.at(items[at].position).record.says;
        let targets = says.targets();
        if let Says::Exception(exception) = says
            && let Some(entry) = exception.expected.and_then(|name| policy.expected(name))
        {
            let breaks_glass = entry.approvals == 0;
            return (if breaks_glass { self.owed(items, at) } else { entry.approvals }, "");
        }
        match says {
            Says::Exception(_) => (policy.largest(&targets, |it| it.overrides), "overrides"),
            Says::Plan(_) => (policy.largest(&targets, |it| it.plans), "rollback_plans"),
            _ => (policy.largest(&targets, |it| it.redesigns), "redesigns"),
        }
    }

    /// Whether it is a break-glass that waits only because of an earlier one.
    pub fn owes(&self, item: &Item) -> bool {
        let items = self.items();
        let at = items.iter().position(|it| it == item).unwrap();
        let night = self.asked(&items, at, &self.policy()) == (1, "") && self.owed(&items, at) == 1;
        night && item.effect.is_none() && !item.is_rejected
    }

    /// One approval, where the person has an earlier expected exception that took effect (trust.md,
    /// Break-glass): in this version a review does not change that.
    fn owed(&self, items: &[Item], at: usize) -> u64 {
        let is_expected = |it: &Item| {
            let says = &self.at(it.position).record.says;
            matches!(says, Says::Exception(it) if it.expected.is_some())
        };
        let by_the_same = items[..at].iter().filter(|it| it.person == items[at].person);
        u64::from(by_the_same.filter(|it| it.effect.is_some()).any(is_expected))
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
