//! The verdict on one record: the table of ledger-schema/verify.md, step 5, row by row.

use countersign::finding::Code;

use super::rules::{Filed, Model};
use super::values::{Entry, Exception, Name, Number, Receipt, Record, Says, Target, Word};

/// The checks that nothing waives.
const NEVER_WAIVED: [Name; 5] =
    ["ledger-valid", "ledger-fresh", "target-known", "reviews-done", "no-standing-access"];

impl Model {
    /// By the state before the entry; the first row that applies.
    pub fn verdict(&self, entry: &Entry, record: &Record, position: u64) -> Option<Code> {
        if position == 0 {
            return None;
        }
        let rows: [(Code, &dyn Fn() -> bool); 18] = [
            (Code::Format, &|| record.is_foreign),
            (Code::Founding, &|| self.trusts.is_empty() && !self.approves_the_first(record)),
            (Code::Key, &|| self.key_is_void(record, position)),
            (Code::Required, &|| self.lacks_what_is_required(record)),
            (Code::Identity, &|| self.names_a_stranger(record)),
            (Code::Reference, &|| !self.references_hold(record)),
            (Code::Seen, &|| !self.has_seen_its_subject(record)),
            (Code::Role, &|| !self.has_the_role(record)),
            (Code::Scope, &|| !self.is_in_scope(record)),
            (Code::Concerned, &|| self.is_concerned(record)),
            (Code::Version, &|| !self.follows_what_is_in_force(record)),
            (Code::Roster, &|| self.roster_is_wrong(record, position)),
            (Code::StaleWord, &|| self.is_stale(record)),
            (Code::Expected, &|| self.is_not_expected(record)),
            (Code::Closed, &|| self.is_closed(record)),
            (Code::Lifetime, &|| self.lives_too_long(record)),
            (Code::Backdated, &|| self.is_backdated(record)),
            (Code::StaleDecision, &|| self.is_stale_decision(entry, record)),
        ];
        rows.iter().find(|(_, applies)| applies()).map(|(code, _)| *code)
    }

    /// What a word, a review, a closure, a resume or an outcome is about.
    fn subject(&self, record: &Record) -> Option<&Filed> {
        match record.says {
            Says::Approval { of, .. }
            | Says::Closure { of }
            | Says::Review { of, .. }
            | Says::Resume { of }
            | Says::Outcome { of, .. } => self.numbered(of),
            _ => None,
        }
    }

    /// An outcome needs no such thing.
    fn has_seen_its_subject(&self, record: &Record) -> bool {
        matches!(record.says, Says::Outcome { .. })
            || self.subject(record).is_none_or(|it| record.seen > it.position)
    }

    fn word(record: &Record) -> Option<Word> {
        if let Says::Approval { word, .. } = record.says { Some(word) } else { None }
    }

    fn approves_the_first(&self, record: &Record) -> bool {
        Self::word(record).is_some() && self.subject(record).is_some_and(|it| it.position == 0)
    }

    /// Distrusted; or retired, and not the key of an open proposal.
    fn key_is_void(&self, record: &Record, position: u64) -> bool {
        let distrusted = self.distrusted_from(record.key).is_some_and(|from| position >= from);
        let retired = !self.roster().holds(record.author, record.key);
        distrusted || (retired && !self.is_by_proposed_key(record))
    }

    fn lacks_what_is_required(&self, record: &Record) -> bool {
        let Says::Exception(it) = &record.says else { return false };
        let is_human = |name: Name| self.roster().member(name).map(|it| it.is_human);
        let unexplained = it.expected.is_none() && !(it.has_failure && it.has_root_cause);
        (is_human(record.author) == Some(true) && unexplained)
            || (is_human(it.trigger) == Some(false) && !it.has_credential)
    }

    fn names_a_stranger(&self, record: &Record) -> bool {
        let Says::Exception(it) = &record.says else { return false };
        let stranger = |name: Name| self.roster().member(name).is_none();
        record.says.is_override() && (stranger(it.trigger) || it.grants.iter().any(|it| stranger(it.0)))
    }

    fn references_hold(&self, record: &Record) -> bool {
        let all = |numbers: &[Number], allowed: fn(&Says) -> bool| {
            let stands = |it: &Filed| self.stands(it) && allowed(&it.record.says);
            numbers.iter().all(|number| self.numbered(*number).is_some_and(stands))
        };
        match &record.says {
            Says::Approval { of, .. } => {
                all(&[*of], |it| it.is_override() || it.is_proposal() || it.is_request())
            }
            Says::Triage { of, duplicate_of } => {
                let is_exception = |it: &Says| matches!(it, Says::Exception(_));
                all(of, is_exception) && all(duplicate_of.as_slice(), is_exception)
            }
            Says::Release(it) => {
                all(&[it.plan], |it| matches!(it, Says::Plan(_)))
                    && all(&it.exceptions, |it| matches!(it, Says::Exception(_)))
            }
            Says::Review { of, follow_up } => {
                all(&[*of], |it| matches!(it, Says::Exception(it) if it.expected.is_some()))
                    && all(follow_up, |_| true)
            }
            Says::Resume { of } => all(&[*of], |it| matches!(it, Says::Pause { .. })),
            Says::Outcome { of, result, exception } => {
                let of_a_plan = ["rehearsed", "rehearsal-failed"].contains(result);
                let is_plan = |it: &Says| matches!(it, Says::Plan(_));
                let is_receipt = |it: &Says| matches!(it, Says::Receipt(_));
                all(&[*of], if of_a_plan { is_plan } else { is_receipt })
                    && all(exception.as_slice(), |it| matches!(it, Says::Exception(_)))
            }
            Says::Audit { size, has_its_root } => *has_its_root && self.boundaries().contains(size),
            Says::Closure { of } => all(&[*of], |it| matches!(it, Says::Exception(_) | Says::Plan(_))),
            Says::Exception(it) => {
                let named: Vec<Number> = it.answers.into_iter().chain(it.renews).collect();
                all(&named, |it| matches!(it, Says::Exception(_)))
            }
            Says::Plan(it) => all(it.supersedes.as_slice(), |it| matches!(it, Says::Plan(_))),
            Says::Redesign(it) => all(it.supersedes.as_slice(), |it| matches!(it, Says::Redesign(_))),
            Says::Receipt(it) => {
                all(&it.redesigns, |it| matches!(it, Says::Redesign(_)))
                    && all(it.release.as_slice(), |it| matches!(it, Says::Release(_)))
                    && all(&it.rests_on, |_| true)
            }
            Says::Quarantine { entries } => entries.iter().all(|it| self.may_be_quarantined(*it)),
            Says::Trust(_) | Says::Policy(_) | Says::Pause { .. } => true,
        }
    }

    /// An entry that is unaccounted for, or one that counts and holds nothing that stands for ever.
    fn may_be_quarantined(&self, entry: Number) -> bool {
        let held: Vec<&Filed> = self.accepted.iter().filter(|it| it.entry == entry).collect();
        let counts = !held.is_empty() && !held.iter().any(|it| self.stands_for_ever(it));
        counts || self.unaccounted.contains(&entry)
    }

    /// The roles of which a kind asks for one (trust.md, Who may say what).
    fn roles(record: &Record) -> &'static [Name] {
        match record.says {
            Says::Trust(_) | Says::Policy(_) | Says::Quarantine { .. } => &["admin"],
            Says::Exception(_)
            | Says::Plan(_)
            | Says::Redesign(_)
            | Says::Release(_)
            | Says::Outcome { result: "rehearsed", .. } => &["reporter"],
            Says::Triage { .. } | Says::Pause { .. } => &["reporter", "approver"],
            Says::Approval { .. } | Says::Closure { .. } | Says::Resume { .. } => &["approver"],
            Says::Review { .. } => &["reviewer"],
            Says::Receipt(_) => &["gate"],
            Says::Outcome { .. } => &["reporter", "gate"],
            Says::Audit { .. } => &["auditor"],
        }
    }

    /// Who closes or resumes what they said themselves, or pauses or resumes as an admin, needs nothing else.
    fn needs_no_table(&self, record: &Record) -> bool {
        let own = self.subject(record).is_some_and(|it| it.record.author == record.author);
        let admin = self.roster().is_admin(record.author);
        match record.says {
            Says::Closure { .. } => own,
            Says::Resume { .. } => own || admin,
            Says::Pause { .. } => admin,
            _ => false,
        }
    }

    fn has_the_role(&self, record: &Record) -> bool {
        let (roster, author) = (self.roster(), record.author);
        let subject = self.subject(record).map(|it| &it.record);
        match (&record.says, subject.map(|it| &it.says)) {
            (Says::Trust(_) | Says::Policy(_) | Says::Quarantine { .. }, _) => roster.is_admin(author),
            (Says::Approval { .. }, Some(Says::Trust(own))) => {
                roster.is_admin(author) || own.is_admin(author)
            }
            (Says::Approval { .. }, Some(of)) if of.is_proposal() => roster.is_admin(author),
            (Says::Outcome { result: "rehearsed", .. }, _)
                if roster.member(author).is_some_and(|it| !it.is_human) =>
            {
                false
            }
            _ => self.needs_no_table(record) || !roster.tables(author, Self::roles(record)).is_empty(),
        }
    }

    fn is_in_scope(&self, record: &Record) -> bool {
        let targets: Vec<Target> = self.targets(record);
        self.needs_no_table(record) || self.roster().covers(record.author, Self::roles(record), &targets)
    }

    /// trust.md, Persons concerned: by the rosters at the subject's position and here.
    fn is_concerned(&self, record: &Record) -> bool {
        let Some(subject) = self.subject(record).filter(|it| !it.record.says.is_proposal()) else {
            return false;
        };
        match record.says {
            Says::Approval { .. } | Says::Review { .. } => {}
            Says::Outcome { result: "rehearsed", .. } => {
                let then = self.roster_at(subject.judged_at).person(subject.record.author);
                return then == self.roster().person(record.author);
            }
            _ => return false,
        }
        let names = || subject.record.says.concerned().into_iter().chain([subject.record.author]);
        let rosters = [self.roster_at(subject.judged_at), self.roster()];
        rosters.iter().any(|roster| names().any(|name| roster.person(name) == Some(record.author)))
    }

    fn follows_what_is_in_force(&self, record: &Record) -> bool {
        let number = |position: u64| self.at(position).record.number;
        let (said, in_force, before) = match &record.says {
            Says::Trust(it) => {
                let before = self.trusts.last().map(|it| number(it.position));
                ((it.version, it.supersedes), self.roster().version, before)
            }
            Says::Policy(it) => {
                let before = self.policies.last().map(|it| number(it.position));
                ((it.version, it.supersedes), self.policy().version, before)
            }
            _ => return true,
        };
        said == (in_force + 1, before)
    }

    /// trust.md, Rosters and the register.
    fn roster_is_wrong(&self, record: &Record, position: u64) -> bool {
        let Says::Trust(trust) = &record.says else { return false };
        let registered = self.registered();
        let types = |name: Name| {
            let effective = self.trusts.iter().filter_map(|it| self.trust_of(it.position));
            effective.filter_map(|it| it.member(name)).map(|it| it.is_human).collect::<Vec<bool>>()
        };
        let names: Vec<Name> = trust.members.iter().map(|it| it.name).collect();
        let keys: Vec<_> = trust.members.iter().flat_map(|it| it.keys.clone()).collect();
        let once = |count: usize| count == 1;
        let unique = names.iter().all(|name| once(names.iter().filter(|it| *it == name).count()))
            && keys.iter().all(|key| once(keys.iter().filter(|it| *it == key).count()));
        let fits = trust.members.iter().all(|member| {
            let same_type = types(member.name).iter().all(|it| *it == member.is_human);
            let own = |key| registered.iter().all(|it| it.1 != key || it.0 == member.name);
            let owned = match member.owner {
                None => member.is_human,
                Some(owner) => !member.is_human && trust.member(owner).is_some_and(|it| it.is_human),
            };
            let roles = member.is_human
                || member.roles.iter().all(|it| ["reporter", "gate", "witness"].contains(&it.name));
            let witness = !member.has(&["witness"]) || member.roles.iter().all(|it| it.name == "witness");
            let scoped = |it: &super::values::Role| it.services.is_some() || it.environments.is_some();
            let scopes = !member
                .roles
                .iter()
                .any(|it| ["admin", "auditor", "witness"].contains(&it.name) && scoped(it));
            same_type && member.keys.iter().all(|key| own(*key)) && owned && roles && witness && scopes
        });
        let distrusted =
            |key| self.distrusted_from(key).is_some() || trust.distrust.iter().any(|it| it.0 == key);
        let able = |name: Name| {
            trust.is_admin(name) && trust.member(name).unwrap().keys.iter().any(|key| !distrusted(*key))
        };
        let admins = names.iter().filter(|name| able(name)).count() as u64;
        let largest = trust.thresholds.iter().copied().max().unwrap();
        let known = |key| keys.contains(&key) || registered.iter().any(|it| it.1 == key);
        let distrust = trust.distrust.iter().all(|it| known(it.0) && it.1 <= position);
        !(unique && fits && admins >= largest && trust.thresholds[2] >= trust.thresholds[0] && distrust)
    }

    /// A word that is no rejection follows the earlier words of the same person only if it has seen them.
    fn is_stale(&self, record: &Record) -> bool {
        let (Some(word), Some(subject)) = (Self::word(record), self.subject(record)) else { return false };
        let proposed = self.is_by_proposed_key(record);
        let earlier = self.words_on(subject.position);
        let mut own =
            earlier.iter().filter(|it| it.record.author == record.author && it.by_proposed_key == proposed);
        word != Word::No && own.any(|it| record.seen <= it.position)
    }

    fn is_not_expected(&self, record: &Record) -> bool {
        let Says::Exception(it) = &record.says else { return false };
        let Some(name) = it.expected else { return false };
        let policy = self.policy();
        let Some(entry) = policy.expected(name) else { return true };
        let member = self.roster().member(record.author).unwrap();
        let outsider = entry.team.is_some_and(|team| !member.teams.contains(&team));
        let waives = |code: &Name| !entry.may_waive.contains(code) || NEVER_WAIVED.contains(code);
        let broken_glass = entry.approvals == 0 && (!member.is_human || record.says.targets().len() > 1);
        outsider || it.waives.iter().any(waives) || broken_glass
    }

    fn is_closed(&self, record: &Record) -> bool {
        let (Some(_), Some(subject)) = (Self::word(record), self.subject(record)) else { return false };
        if subject.record.says.is_proposal() {
            return !self.open.contains(&subject.position);
        }
        self.policy().end(&subject.record).is_some_and(|end| record.created_at >= end)
    }

    fn lives_too_long(&self, record: &Record) -> bool {
        let from = record.created_at;
        let targets = record.says.targets();
        let policy = self.policy();
        match &record.says {
            Says::Exception(it) => {
                let Exception { expires_at, grants, .. } = it;
                let longest = from + policy.exception_lifetime(it, &targets);
                expires_at.is_some_and(|end| end <= from || end > longest)
                    || grants
                        .iter()
                        .any(|grant| grant.1 <= from || expires_at.is_some_and(|end| grant.1 > end))
            }
            Says::Plan(it) => it.expires_at <= from,
            Says::Release(it) => it.expires_at <= from,
            Says::Pause { expires_at, .. } => expires_at.is_some_and(|end| end <= from),
            Says::Receipt(Receipt { at, allowed_until: Some(end), .. }) => {
                *end <= from || *end > at + policy.shortest(&targets, |it| it.receipt_lifetime, 15)
            }
            _ => false,
        }
    }

    /// Never a trust, a policy, a quarantine, nor a word on one.
    fn is_backdated(&self, record: &Record) -> bool {
        let of_proposal = Self::word(record).is_some()
            && self.subject(record).is_some_and(|it| it.record.says.is_proposal());
        let exempt = record.says.is_proposal() || of_proposal;
        let bound = self.ledger_time().map(|time| time - self.policy().max_backdating.unwrap_or(24 * 60));
        !exempt && bound.is_some_and(|bound| record.created_at < bound)
    }

    fn is_stale_decision(&self, entry: &Entry, record: &Record) -> bool {
        let Says::Receipt(it) = &record.says else { return false };
        let alone = entry.records.iter().all(|it| matches!(it.says, Says::Receipt(_)));
        it.allowed_until.is_some() && (record.seen != self.size() || !alone)
    }
}
