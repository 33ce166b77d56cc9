//! Random bodies of exceptions, plans, redesigns, receipts and the records about them: mostly valid, and
//! mostly about existing records.

use super::generate::{ENVIRONMENTS, Generator, NAMES, SERVICES};
use super::reported::Reported;
use super::values::{Exception, Minute, Name, Number, Plan, Receipt, Redesign, Release, Says, Target};

impl Generator {
    pub fn exception(&mut self, reported: &Reported) -> Exception {
        let longest = reported.policy().general.exception_lifetime.unwrap_or(7 * 24 * 60);
        let members: Vec<Name> = reported.roster().members.iter().map(|member| member.name).collect();
        let random = &mut self.random;
        let lengths = [300, 300, 300, 600, 600, longest / 2, longest / 2, longest, longest + 30, -30];
        let end = self.now + random.pick(&lengths);
        let entries = ["night", "night", "night", "night", "duty", "duty", "duty", "nowhere"];
        let expected = random.sometimes(3, &entries);
        let count = random.pick(&[0, 0, 1, 1, 1, 2]);
        let grants: Vec<(Name, Minute)> = (0..count)
            .map(|_| {
                (random.pick(&members), end - random.pick(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 30, -30, 6000]))
            })
            .collect();
        let is_override = expected.is_some() || !grants.is_empty();
        let services = random.some_of(&SERVICES);
        let is_night = expected == Some("night");
        let environments = random.some_of(&ENVIRONMENTS);
        let waives = ["rollback-rehearsed", "rollback-rehearsed", "rollback-plan", "ledger-valid"];
        let triggers = [random.pick(&members), "ops", "ops", "ops", "erin"];
        let mut exception = Exception {
            // Break-glass is for one target.
            services: if is_night && !random.one_in(5) { services[..1].to_vec() } else { services },
            environments: if is_night && !random.one_in(5) {
                environments[..1].to_vec()
            } else {
                environments
            },
            has_failure: !random.one_in(20),
            has_root_cause: !random.one_in(20),
            answers: None,
            renews: None,
            expected,
            waives: random.sometimes(5, &waives).filter(|_| expected.is_some()).into_iter().collect(),
            expires_at: (is_override || random.one_in(3)).then_some(end),
            trigger: random.pick(&triggers),
            has_credential: !random.one_in(12),
            grants,
        };
        exception.answers =
            random.one_in(8).then(|| self.of(reported, |says| matches!(says, Says::Exception(_))));
        exception.renews =
            self.random.one_in(8).then(|| self.of(reported, |says| matches!(says, Says::Exception(_))));
        exception
    }

    pub fn plan(&mut self, reported: &Reported) -> Plan {
        let random = &mut self.random;
        Plan {
            services: random.some_of(&SERVICES),
            environments: random.some_of(&ENVIRONMENTS),
            owner: random.pick(&NAMES),
            expires_at: self.now + random.pick(&[30, 600, 1440, 20_000, 60_000, -30]),
            supersedes: random.one_in(5).then(|| self.of(reported, |says| matches!(says, Says::Plan(_)))),
        }
    }

    pub fn redesign(&mut self, reported: &Reported) -> Redesign {
        let random = &mut self.random;
        Redesign {
            services: random.some_of(&SERVICES),
            environments: random.some_of(&ENVIRONMENTS),
            owner: random.pick(&NAMES),
            supersedes: random.one_in(5).then(|| self.of(reported, |says| matches!(says, Says::Redesign(_)))),
        }
    }

    /// Picks `least` to `most` records that fit, and drops duplicates.
    fn some(
        &mut self,
        reported: &Reported,
        least: usize,
        most: usize,
        fits: fn(&Says) -> bool,
    ) -> Vec<Number> {
        let count = least + self.random.below(most - least + 1);
        let mut numbers: Vec<Number> = (0..count).map(|_| self.of(reported, fits)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub fn triage(&mut self, reported: &Reported) -> Says {
        let is_exception = |says: &Says| matches!(says, Says::Exception(_));
        Says::Triage {
            of: self.some(reported, 1, 2, is_exception),
            duplicate_of: self.random.one_in(4).then(|| self.of(reported, is_exception)),
        }
    }

    pub fn release(&mut self, reported: &Reported) -> Says {
        Says::Release(Release {
            target: (self.random.pick(&SERVICES), self.random.pick(&ENVIRONMENTS)),
            plan: self.of(reported, |says| matches!(says, Says::Plan(_))),
            exceptions: self.some(reported, 0, 2, |says| matches!(says, Says::Exception(_))),
            expires_at: self.now + self.random.pick(&[30, 600, 1440, 60_000, 0]),
        })
    }

    pub fn review(&mut self, reported: &Reported) -> Says {
        Says::Review {
            of: self.of(
                reported,
                |says| matches!(says, Says::Exception(exception) if exception.expected.is_some()),
            ),
            follow_up: self.some(reported, 0, 1, |_| true),
        }
    }

    pub fn pause(&mut self) -> Says {
        let ends = [None, None, Some(self.now + 600), Some(self.now + 600), Some(self.now)];
        Says::Pause {
            services: self.random.some_of(&SERVICES),
            environments: self.random.some_of(&ENVIRONMENTS),
            expires_at: self.random.pick(&ends),
        }
    }

    /// Makes an outcome of a receipt, or a rehearsal of a plan; rarely of the wrong kind.
    pub fn outcome(&mut self, reported: &Reported, result: Name) -> Says {
        let of_a_plan = result.starts_with("rehears") != self.random.one_in(12);
        let of = if of_a_plan {
            self.of(reported, |says| matches!(says, Says::Plan(_)))
        } else {
            self.of(reported, |says| matches!(says, Says::Receipt(_)))
        };
        let exception =
            self.random.one_in(6).then(|| self.of(reported, |says| matches!(says, Says::Exception(_))));
        Says::Outcome { of, result, exception }
    }

    pub fn audit(&mut self, reported: &Reported) -> Says {
        let boundary = self.random.pick(&reported.boundaries());
        let size = if self.random.one_in(6) { boundary + 1 } else { boundary };
        Says::Audit { size, has_its_root: !self.random.one_in(6) }
    }

    pub fn receipt(&mut self, reported: &Reported) -> Receipt {
        let target: Target = (self.random.pick(&SERVICES), self.random.pick(&ENVIRONMENTS));
        let at = self.now;
        let redesigns: Vec<Number> = (0..self.random.below(2))
            .map(|_| self.of(reported, |says| matches!(says, Says::Redesign(_))))
            .collect();
        Receipt {
            target,
            at,
            allowed_until: self.random.pick(&[
                None,
                Some(at + 1),
                Some(at + 15),
                Some(at + 15),
                Some(at + 16),
            ]),
            trust: 0,
            redesigns,
            release: self
                .random
                .one_in(3)
                .then(|| self.of(reported, |says| matches!(says, Says::Release(_)))),
            rests_on: (0..self.random.below(2)).map(|_| self.of(reported, |_| true)).collect(),
        }
    }
}
