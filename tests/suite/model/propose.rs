//! Random trusts and policies: the one in force with a few changes, and sometimes with a mistake.

use super::generate::{ENVIRONMENTS, Generator, PEOPLE, SERVICES};
use super::reported::Reported;
use super::values::{Expected, Key, Limits, Member, Minute, Name, Number, Policy, Role, Trust};

const FIRST_THRESHOLDS: [[u64; 3]; 6] = [[1, 1, 1], [1, 1, 1], [1, 2, 1], [1, 2, 2], [2, 1, 2], [2, 2, 2]];
/// With a threshold of three, a later vote of one admin matters before the last admin votes.
const THRESHOLDS: [[u64; 3]; 6] = [[1, 1, 1], [1, 2, 1], [2, 1, 2], [2, 2, 2], [2, 3, 3], [3, 2, 3]];

fn role(name: Name, services: Option<Name>, environments: Option<Name>) -> Role {
    Role { name, services, environments }
}

fn all(names: &[Name]) -> Vec<Role> {
    names.iter().map(|name| role(name, None, None)).collect()
}

fn member(name: Name, number: u8, roles: Vec<Role>) -> Member {
    Member { name, is_human: true, owner: None, teams: Vec::new(), keys: vec![Key(name, number)], roles }
}

impl Generator {
    pub fn first_trust(&mut self) -> Trust {
        let every = ["admin", "reporter", "approver", "gate", "reviewer"];
        let mut members: Vec<Member> = PEOPLE[..3].iter().map(|name| member(name, 1, all(&every))).collect();
        // Alice and bob have two keys each, and can sign with either.
        members[0].keys.push(Key("alice", 2));
        members[1].keys.push(Key("bob", 2));
        members[0].teams = vec!["on-call"];
        members[1].teams = vec!["on-call", "security"];
        members[2].roles.push(role("auditor", None, None));
        let mut scoped = vec![
            role("approver", Some("pay*"), Some("staging")),
            role("approver", Some("payments"), Some("production")),
            role("reporter", Some("payroll"), None),
            role("reviewer", Some("payroll"), None),
            role("gate", None, Some("staging")),
        ];
        // In half of the ledgers, no role table of dave covers payments in production.
        scoped.remove(if self.random.one_in(2) { 1 } else { 4 });
        members.push(member("dave", 1, scoped));
        let ops = member("ops", 1, all(&["reporter", "gate"]));
        members.push(Member { is_human: false, owner: Some("alice"), ..ops });
        let gus = member("gus", 1, all(&["gate"]));
        members.push(Member { is_human: false, owner: Some("bob"), ..gus });
        let thresholds = self.random.pick(&FIRST_THRESHOLDS);
        Trust { version: 1, supersedes: None, thresholds, members, distrust: Vec::new() }
    }

    /// Returns the next version, and the number of the record in force, which it supersedes; rarely wrong
    /// ones.
    fn following(&mut self, version: u64, in_force: Option<Number>) -> (u64, Option<Number>) {
        match self.random.below(24) {
            0 => (version + 2, in_force.or(Some(0))),
            // Version 1 must not supersede anything: its form would be wrong.
            1 if version > 0 => (version + 1, Some(0)),
            _ => (version + 1, in_force),
        }
    }

    pub fn trust(&mut self, reported: &Reported) -> Trust {
        let before = reported.trusts.last().map_or(0, |effect| reported.at(effect.position).record.number);
        let mut trust = reported.roster().clone();
        (trust.version, trust.supersedes) = self.following(trust.version, Some(before));
        trust.distrust.clear();
        for _ in 0..=self.random.below(3) {
            self.change(reported, &mut trust);
        }
        if self.random.one_in(6) {
            self.mistake(reported, &mut trust);
        }
        trust
    }

    /// Makes a random change to a trust.
    fn change(&mut self, reported: &Reported, trust: &mut Trust) {
        let at = self.random.below(trust.members.len());
        match self.random.below(13) {
            0 | 1 if self.random.one_in(2) => trust.thresholds = self.random.pick(&THRESHOLDS),
            1 if trust.members.len() > 4 => drop(trust.members.remove(at)),
            2 | 3 => self.join(trust),
            4 | 12 => trust.members[at].keys = vec![self.new_key(trust.members[at].name)],
            5 => {
                let key = self.new_key(trust.members[at].name);
                if !trust.members[at].keys.contains(&key) {
                    trust.members[at].keys.push(key);
                }
            }
            6 if trust.members[at].is_human => {
                trust.members[at].teams = self.random.some_of(&["on-call", "security"]);
            }
            7 if trust.members[at].is_human => {
                let services = self.random.sometimes(2, &SERVICES);
                let environments = self.random.sometimes(2, &ENVIRONMENTS);
                trust.members[at].roles.retain(|role| role.name != "approver");
                trust.members[at].roles.push(role("approver", services, environments));
            }
            8 if trust.members[at].is_human => {
                trust.members[at].roles = all(&self
                    .random
                    .some_of(&["admin", "reporter", "approver", "gate", "reviewer", "auditor"]));
            }
            9 => {
                // From now on, exceptions triggered by a service concern another person.
                let owner = Some(self.random.pick(&PEOPLE[..3]));
                trust
                    .members
                    .iter_mut()
                    .filter(|member| !member.is_human)
                    .for_each(|member| member.owner = owner);
            }
            10 | 11 => self.distrust(reported, trust, at),
            _ => {}
        }
    }

    /// Distrusts a key of a member and perhaps replaces it, or names a key again that was distrusted before.
    fn distrust(&mut self, reported: &Reported, trust: &mut Trust, at: usize) {
        let all = reported.registered().into_iter().map(|pair| pair.1);
        let stolen: Vec<Key> = all.filter(|key| reported.distrusted.contains_key(key)).collect();
        let own = self.random.pick(&trust.members[at].keys);
        let key = self.random.sometimes(2, &stolen).unwrap_or(own);
        let from = self.random.below(usize::try_from(reported.size()).unwrap() + 1) as u64;
        if trust.distrust.iter().all(|entry| entry.0 != key) {
            trust.distrust.push((key, from));
        }
        let keys = &mut trust.members[at].keys;
        if keys.len() > 1 {
            keys.retain(|other| *other != key);
        } else if key == own && !self.random.one_in(3) {
            trust.members[at].keys = vec![self.new_key(trust.members[at].name)];
        }
    }

    /// Adds a person, or a service of bob's.
    fn join(&mut self, trust: &mut Trust) {
        let name = self.random.pick(&PEOPLE);
        if trust.member(name).is_some() {
            return;
        }
        let number = self.random.pick(&[1, 1, 1, 2]);
        let roles = all(&["admin", "reporter", "approver", "gate"]);
        let mut joins = member(name, number, roles);
        if name == "erin" && self.random.one_in(3) {
            joins = Member { is_human: false, owner: Some("bob"), roles: all(&["reporter"]), ..joins };
        }
        trust.members.push(joins);
    }

    fn new_key(&mut self, name: Name) -> Key {
        Key(name, self.random.pick(&[1, 2, 2, 3]))
    }

    /// Makes a mistake for which a roster is void.
    fn mistake(&mut self, reported: &Reported, trust: &mut Trust) {
        let at = self.random.below(trust.members.len());
        let size = reported.size();
        let one = &mut trust.members[at];
        match self.random.below(14) {
            0 => one.keys = vec![Key("alice", 1)],
            // A mistake only if erin has held this key: a key belongs to the first name that lists it.
            12 => one.keys.push(Key("erin", 2)),
            1 => one.is_human = !one.is_human,
            2 => one.owner = Some("bob"),
            3 => one.owner = None,
            4 => one.roles = vec![role("admin", Some("payments"), None)],
            5 => one.roles = all(&["witness", "reporter"]),
            6 => one.roles.push(role("auditor", None, Some("staging"))),
            7 => one.roles = all(&["approver"]),
            8 => trust.thresholds = [9, 1, 9],
            9 => trust.thresholds = [2, 1, 1],
            10 => trust.distrust.push((Key("mallory", 1), 0)),
            11 => trust.distrust.push((one.keys[0], size + 3)),
            _ => {
                let copy = one.clone();
                trust.members.push(copy);
            }
        }
    }

    pub fn policy(&mut self, reported: &Reported) -> Policy {
        let before = reported.policies.last().map(|effect| reported.at(effect.position).record.number);
        let (version, supersedes) = self.following(reported.policy().version, before);
        let general = self.limits();
        let own = self.limits();
        let random = &mut self.random;
        let may_waive = random.sometimes(2, &["rollback-rehearsed", "ledger-valid"]).into_iter().collect();
        Policy {
            version,
            supersedes,
            max_backdating: random.sometimes(2, &[60, 300, 600, 1440]),
            clock_skew: random.sometimes(6, &[5, 60, 61]),
            resource_lifetime: random.sometimes(4, &[1440, 6000]),
            general,
            targets: vec![(("payments", "production"), own)],
            quorum: random
                .sometimes(
                    3,
                    &[
                        ("overrides", "security", 1),
                        ("rollback_plans", "on-call", 1),
                        ("redesigns", "on-call", 2),
                    ],
                )
                .into_iter()
                .collect(),
            // Every policy has both entries, because trust.md does not define how an exception is counted if a later
            // policy has removed its entry.
            expected: vec![
                Expected {
                    name: "night",
                    approvals: random.pick(&[0, 0, 0, 1]),
                    team: random.sometimes(2, &["on-call"]),
                    max_lifetime: random.pick(&[600, 1440, 6000]),
                    may_waive,
                },
                Expected {
                    name: "duty",
                    approvals: random.pick(&[1, 1, 2]),
                    team: None,
                    max_lifetime: random.pick(&[1440, 20_000]),
                    may_waive: Vec::new(),
                },
            ],
        }
    }

    fn limits(&mut self) -> Limits {
        let random = &mut self.random;
        let lengths: [Minute; 3] = [600, 1440, 6000];
        Limits {
            overrides: random.sometimes(2, &[0, 1, 2]),
            plans: random.sometimes(2, &[0, 1, 2]),
            redesigns: random.sometimes(2, &[0, 1, 2]),
            exception_lifetime: random.sometimes(3, &lengths),
            plan_lifetime: random.sometimes(3, &lengths),
            receipt_lifetime: random.sometimes(4, &[1, 16, 30]),
        }
    }
}
