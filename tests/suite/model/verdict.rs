//! The verdict on one record: the table of ledger-schema/verify.md, step 5, row by row.

use countersign::finding::Code;

use super::rules::{Accepted, Model};
use super::values::{Entry, Exception, Name, Number, Receipt, Record, Says, Target, Vote};

/// The checks that cannot be waived.
const NEVER_WAIVED: [Name; 5] =
    ["ledger-valid", "ledger-fresh", "target-known", "reviews-done", "no-standing-access"];

impl Model {
    /// Returns the code of a void record: the first row that applies, under the state before the entry.
    /// `None` if the record is verified.
    pub fn verdict(&self, entry: &Entry, record: &Record, position: u64) -> Option<Code> {
        if position == 0 {
            return None;
        }
        let rows: [(Code, &dyn Fn() -> bool); 18] = [
            (Code::Format, &|| record.is_foreign),
            (Code::Founding, &|| self.trusts.is_empty() && !self.approves_the_first(record)),
            (Code::Key, &|| self.key_is_void(record, position)),
            (Code::Required, &|| self.lacks_required_fields(record)),
            (Code::Identity, &|| self.names_non_member(record)),
            (Code::Reference, &|| !self.references_are_valid(record)),
            (Code::Seen, &|| !self.has_seen_its_subject(record)),
            (Code::Role, &|| !self.has_the_role(record)),
            (Code::Scope, &|| !self.is_in_scope(record)),
            (Code::Concerned, &|| self.is_concerned(record)),
            (Code::Version, &|| !self.follows_version_in_force(record)),
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

    /// Returns the record that a vote, a review, a closure, a resume or an outcome is about.
    fn subject(&self, record: &Record) -> Option<&Accepted> {
        match record.says {
            Says::Approval { of, .. }
            | Says::Closure { of }
            | Says::Review { of, .. }
            | Says::Resume { of }
            | Says::Outcome { of, .. } => self.numbered(of),
            _ => None,
        }
    }

    /// Whether the author had seen the subject; an outcome need not have.
    fn has_seen_its_subject(&self, record: &Record) -> bool {
        matches!(record.says, Says::Outcome { .. })
            || self.subject(record).is_none_or(|subject| record.seen > subject.position)
    }

    fn vote(record: &Record) -> Option<Vote> {
        if let Says::Approval { vote, .. } = record.says { Some(vote) } else { None }
    }

    fn approves_the_first(&self, record: &Record) -> bool {
        Self::vote(record).is_some() && self.subject(record).is_some_and(|subject| subject.position == 0)
    }

    /// Whether the key is distrusted, or is retired and not listed by an open proposal.
    fn key_is_void(&self, record: &Record, position: u64) -> bool {
        let distrusted = self.distrusted_from(record.key).is_some_and(|from| position >= from);
        let retired = !self.roster().holds(record.author, record.key);
        distrusted || (retired && !self.is_by_proposed_key(record))
    }

    fn lacks_required_fields(&self, record: &Record) -> bool {
        let Says::Exception(exception) = &record.says else { return false };
        let is_human = |name: Name| self.roster().member(name).map(|member| member.is_human);
        let unexplained =
            exception.expected.is_none() && !(exception.has_failure && exception.has_root_cause);
        (is_human(record.author) == Some(true) && unexplained)
            || (is_human(exception.trigger) == Some(false) && !exception.has_credential)
    }

    fn names_non_member(&self, record: &Record) -> bool {
        let Says::Exception(exception) = &record.says else { return false };
        let is_stranger = |name: Name| self.roster().member(name).is_none();
        record.says.is_override()
            && (is_stranger(exception.trigger) || exception.grants.iter().any(|grant| is_stranger(grant.0)))
    }

    fn references_are_valid(&self, record: &Record) -> bool {
        let all = |numbers: &[Number], allowed: fn(&Says) -> bool| {
            let stands = |accepted: &Accepted| self.stands(accepted) && allowed(&accepted.record.says);
            numbers.iter().all(|number| self.numbered(*number).is_some_and(stands))
        };
        match &record.says {
            Says::Approval { of, .. } => {
                all(&[*of], |says| says.is_override() || says.is_proposal() || says.is_request())
            }
            Says::Triage { of, duplicate_of } => {
                let is_exception = |says: &Says| matches!(says, Says::Exception(_));
                all(of, is_exception) && all(duplicate_of.as_slice(), is_exception)
            }
            Says::Release(release) => {
                all(&[release.plan], |says| matches!(says, Says::Plan(_)))
                    && all(&release.exceptions, |says| matches!(says, Says::Exception(_)))
            }
            Says::Review { of, follow_up } => {
                all(&[*of], |says| matches!(says, Says::Exception(exception) if exception.expected.is_some()))
                    && all(follow_up, |_| true)
            }
            Says::Resume { of } => all(&[*of], |says| matches!(says, Says::Pause { .. })),
            Says::Outcome { of, result, exception } => {
                let of_a_plan = ["rehearsed", "rehearsal-failed"].contains(result);
                let is_plan = |says: &Says| matches!(says, Says::Plan(_));
                let is_receipt = |says: &Says| matches!(says, Says::Receipt(_));
                all(&[*of], if of_a_plan { is_plan } else { is_receipt })
                    && all(exception.as_slice(), |says| matches!(says, Says::Exception(_)))
            }
            Says::Audit { size, has_its_root } => *has_its_root && self.boundaries().contains(size),
            Says::Closure { of } => all(&[*of], |says| matches!(says, Says::Exception(_) | Says::Plan(_))),
            Says::Exception(exception) => {
                let named: Vec<Number> = exception.answers.into_iter().chain(exception.renews).collect();
                all(&named, |says| matches!(says, Says::Exception(_)))
            }
            Says::Plan(plan) => all(plan.supersedes.as_slice(), |says| matches!(says, Says::Plan(_))),
            Says::Redesign(redesign) => {
                all(redesign.supersedes.as_slice(), |says| matches!(says, Says::Redesign(_)))
            }
            Says::Receipt(receipt) => {
                all(&receipt.redesigns, |says| matches!(says, Says::Redesign(_)))
                    && all(receipt.release.as_slice(), |says| matches!(says, Says::Release(_)))
                    && all(&receipt.rests_on, |_| true)
            }
            Says::Quarantine { entries } => entries.iter().all(|entry| self.may_be_quarantined(*entry)),
            Says::Trust(_) | Says::Policy(_) | Says::Pause { .. } => true,
        }
    }

    /// Whether an entry is unaccounted for, or counts and contains no record that stands for ever.
    fn may_be_quarantined(&self, entry: Number) -> bool {
        let held: Vec<&Accepted> = self.accepted.iter().filter(|accepted| accepted.entry == entry).collect();
        let counts = !held.is_empty() && !held.iter().any(|accepted| self.stands_for_ever(accepted));
        counts || self.unaccounted.contains(&entry)
    }

    /// Returns the roles that may record a kind (trust.md, Who may say what).
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

    /// Whether the author needs no role table: to close or resume a record of their own, or to pause or
    /// resume as an admin.
    fn needs_no_table(&self, record: &Record) -> bool {
        let own = self.subject(record).is_some_and(|subject| subject.record.author == record.author);
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
        let subject = self.subject(record).map(|subject| &subject.record);
        match (&record.says, subject.map(|subject| &subject.says)) {
            (Says::Trust(_) | Says::Policy(_) | Says::Quarantine { .. }, _) => roster.is_admin(author),
            (Says::Approval { .. }, Some(Says::Trust(own))) => {
                roster.is_admin(author) || own.is_admin(author)
            }
            (Says::Approval { .. }, Some(of)) if of.is_proposal() => roster.is_admin(author),
            (Says::Outcome { result: "rehearsed", .. }, _)
                if roster.member(author).is_some_and(|member| !member.is_human) =>
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

    /// Whether the author is concerned by the subject, under the roster at the subject's position or the
    /// current one (trust.md, Persons concerned).
    fn is_concerned(&self, record: &Record) -> bool {
        let Some(subject) = self.subject(record).filter(|subject| !subject.record.says.is_proposal()) else {
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

    fn follows_version_in_force(&self, record: &Record) -> bool {
        let number = |position: u64| self.at(position).record.number;
        let (named, in_force, before) = match &record.says {
            Says::Trust(trust) => {
                let before = self.trusts.last().map(|effect| number(effect.position));
                ((trust.version, trust.supersedes), self.roster().version, before)
            }
            Says::Policy(policy) => {
                let before = self.policies.last().map(|effect| number(effect.position));
                ((policy.version, policy.supersedes), self.policy().version, before)
            }
            _ => return true,
        };
        named == (in_force + 1, before)
    }

    /// Whether a proposed roster is invalid (trust.md, Rosters and the register).
    fn roster_is_wrong(&self, record: &Record, position: u64) -> bool {
        let Says::Trust(trust) = &record.says else { return false };
        let registered = self.registered();
        let types = |name: Name| {
            let effective = self.trusts.iter().filter_map(|effect| self.trust_of(effect.position));
            effective
                .filter_map(|roster| roster.member(name))
                .map(|member| member.is_human)
                .collect::<Vec<bool>>()
        };
        let names: Vec<Name> = trust.members.iter().map(|member| member.name).collect();
        let keys: Vec<_> = trust.members.iter().flat_map(|member| member.keys.clone()).collect();
        let once = |count: usize| count == 1;
        let unique = names.iter().all(|name| once(names.iter().filter(|other| *other == name).count()))
            && keys.iter().all(|key| once(keys.iter().filter(|other| *other == key).count()));
        let fits = trust.members.iter().all(|member| {
            let same_type = types(member.name).iter().all(|is_human| *is_human == member.is_human);
            let own = |key| registered.iter().all(|pair| pair.1 != key || pair.0 == member.name);
            let owned = match member.owner {
                None => member.is_human,
                Some(owner) => !member.is_human && trust.member(owner).is_some_and(|owner| owner.is_human),
            };
            let roles = member.is_human
                || member.roles.iter().all(|role| ["reporter", "gate", "witness"].contains(&role.name));
            let witness = !member.has(&["witness"]) || member.roles.iter().all(|role| role.name == "witness");
            let scoped = |role: &super::values::Role| role.services.is_some() || role.environments.is_some();
            let scopes = !member
                .roles
                .iter()
                .any(|role| ["admin", "auditor", "witness"].contains(&role.name) && scoped(role));
            same_type && member.keys.iter().all(|key| own(*key)) && owned && roles && witness && scopes
        });
        let distrusted =
            |key| self.distrusted_from(key).is_some() || trust.distrust.iter().any(|pair| pair.0 == key);
        let able = |name: Name| {
            trust.is_admin(name) && trust.member(name).unwrap().keys.iter().any(|key| !distrusted(*key))
        };
        let admins = names.iter().filter(|name| able(name)).count() as u64;
        let largest = trust.thresholds.iter().copied().max().unwrap();
        let known = |key| keys.contains(&key) || registered.iter().any(|pair| pair.1 == key);
        let distrust = trust.distrust.iter().all(|pair| known(pair.0) && pair.1 <= position);
        !(unique && fits && admins >= largest && trust.thresholds[2] >= trust.thresholds[0] && distrust)
    }

    /// Whether a vote is stale: not a rejection, and made without having seen an earlier vote of the same
    /// person.
    fn is_stale(&self, record: &Record) -> bool {
        let (Some(vote), Some(subject)) = (Self::vote(record), self.subject(record)) else { return false };
        let proposed = self.is_by_proposed_key(record);
        let earlier = self.votes_on(subject.position);
        let mut own = earlier.iter().filter(|approval| {
            approval.record.author == record.author && approval.by_proposed_key == proposed
        });
        vote != Vote::No && own.any(|approval| record.seen <= approval.position)
    }

    fn is_not_expected(&self, record: &Record) -> bool {
        let Says::Exception(exception) = &record.says else { return false };
        let Some(name) = exception.expected else { return false };
        let policy = self.policy();
        let Some(entry) = policy.expected(name) else { return true };
        let member = self.roster().member(record.author).unwrap();
        let outsider = entry.team.is_some_and(|team| !member.teams.contains(&team));
        let is_not_waivable = |code: &Name| !entry.may_waive.contains(code) || NEVER_WAIVED.contains(code);
        let broken_glass = entry.approvals == 0 && (!member.is_human || record.says.targets().len() > 1);
        outsider || exception.waives.iter().any(is_not_waivable) || broken_glass
    }

    fn is_closed(&self, record: &Record) -> bool {
        let (Some(_), Some(subject)) = (Self::vote(record), self.subject(record)) else { return false };
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
            Says::Exception(exception) => {
                let Exception { expires_at, grants, .. } = exception;
                let longest = from + policy.exception_lifetime(exception, &targets);
                expires_at.is_some_and(|end| end <= from || end > longest)
                    || grants
                        .iter()
                        .any(|grant| grant.1 <= from || expires_at.is_some_and(|end| grant.1 > end))
            }
            Says::Plan(plan) => plan.expires_at <= from,
            Says::Release(release) => release.expires_at <= from,
            Says::Pause { expires_at, .. } => expires_at.is_some_and(|end| end <= from),
            Says::Receipt(Receipt { at, allowed_until: Some(end), .. }) => {
                *end <= from || *end > at + policy.shortest(&targets, |limits| limits.receipt_lifetime, 15)
            }
            _ => false,
        }
    }

    /// Whether a record is dated too far back. Trusts, policies, quarantines and votes on them never are.
    fn is_backdated(&self, record: &Record) -> bool {
        let of_proposal = Self::vote(record).is_some()
            && self.subject(record).is_some_and(|subject| subject.record.says.is_proposal());
        let exempt = record.says.is_proposal() || of_proposal;
        let bound = self.ledger_time().map(|time| time - self.policy().max_backdating.unwrap_or(24 * 60));
        !exempt && bound.is_some_and(|bound| record.created_at < bound)
    }

    fn is_stale_decision(&self, entry: &Entry, record: &Record) -> bool {
        let Says::Receipt(receipt) = &record.says else { return false };
        let alone = entry.records.iter().all(|other| matches!(other.says, Says::Receipt(_)));
        receipt.allowed_until.is_some() && (record.seen != self.size() || !alone)
    }
}
