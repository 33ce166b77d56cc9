#!/usr/bin/env python3
"""A second gate of countersign ledgers, written from ledger-schema/deployment.md alone.

    gate.py REPOSITORY QUESTIONS.json

It verifies the branch `ledger` with verify.py, folds the records that stand into a state, and answers questions
as ledger-schema/question.md describes them. Undoing over trees, and what a push concerns, are facts that it is
given. Each rule names the section of deployment.md that it is from, unless another page is named.
"""

import ipaddress
import json
import re
import sys
import urllib.parse

import verify
from verify import duration, expected_entry, largest, path_glob, seconds, shortest, show_time

DAY = 86400
BY_ITSELF = ("ledger-valid", "target-known", "rollback-target")  # decide a restoration too
ENDED_BY_NO = ("rollback-plan", "release")  # and overrides
APPROVALS = {
    "exception": "overrides", "rollback-plan": "rollback_plans", "redesign": "redesigns",
    "release": "releases", "triage": "triage",
}
RAN = ("succeeded", "failed", "rolled-back")


# ---- A policy ------------------------------------------------------------------------------------------------


class Rules:
    """One policy that was in force, with what is looked up in it often. The first one is no policy at all."""

    def __init__(self, body, before):
        self.body = verify.with_former_names(body, [it.body for it in before])
        self.before = before
        self.tables = {}
        for table in body.get("target", []):
            self.tables.setdefault((table["service"], table["environment"]), table)  # the first of several holds
        self.targets = list(self.tables)
        self.same = {}
        for entry in body.get("same_cause", []):
            for name in entry["also"]:
                self.same.setdefault(name, entry["is"])
        self.shared = {self.cause(entry["root_cause"]) for entry in body.get("shared_cause", [])}
        self.former = self.body[verify.FORMER]

    def cause(self, name):
        """A root cause, read through `same_cause`; once."""
        return self.same.get(name, name)

    def is_shared(self, name):
        return self.cause(name) in self.shared

    def repository(self, target):
        return self.tables.get(target, {}).get("repository")

    def direct(self, target):
        """What stands in a target's `formerly`."""
        return [tuple(name.split("/")) for name in self.tables.get(target, {}).get("formerly", [])]

    def names(self, target):
        return [target, *self.former.get(target, [])]

    def rule(self, target, table, key, default=None):
        """Targets: a target's own value, else the policy's, else the default."""
        own = self.tables.get(target, {}).get(table, {})
        return own.get(key, self.body.get(table, {}).get(key, default))

    def time(self, target, table, key, default=None):
        value = self.rule(target, table, key, default)
        return None if value is None else duration(value)

    def at_least_1(self, target, key, default):
        """record.md, policy: 0 counts as 1 for `warn_at`, `threshold`, `after_redesign` and `max_occasions`."""
        value = self.rule(target, "recurrence", key, default)
        return None if value is None else max(value, 1)

    def expected(self, record):
        return expected_entry(self.body, record) if record.kind == "exception" else None


# ---- What the fold keeps of an exception and of a naming -----------------------------------------------------


class Happening:
    """An exception that stands. Its times are its own until a triage gives another (Patterns and occasions)."""

    def __init__(self, record, rules):
        self.record, self.id, self.position, self.rules = record, record.id, record.position, rules
        self.targets, self.symptom = set(record.targets()), record.body.get("symptom")
        backdating = duration(rules.body.get("max_backdating", "24h"))
        self.own_occurred = record.body.get("occurred_at", record.created_at)
        self.own_time = max(self.own_occurred, record.created_at - backdating)
        self.apart = False
        self.triages = []  # in the order in which they took effect; without namings of its key
        self.reports = {}

    def said(self, field):
        """What the last triage in effect on it gives, if it gives that."""
        return self.triages[-1].body.get(field) if self.triages else None

    @property
    def time(self):
        given = self.said("occurred_at")
        return self.own_time if given is None else given

    @property
    def occurred(self):
        given = self.said("occurred_at")
        return self.own_occurred if given is None else given

    def is_struck(self):
        verdict = self.said("verdict")
        return verdict == "mistaken" or (verdict == "duplicate" and self.said("duplicate_of") is not None)

    def workflow(self):
        return self.said("workflow") or self.record.body["workflow"]

    def own_cause(self):
        return self.said("root_cause") or self.record.body.get("root_cause")

    def key(self):
        """Keys: a workflow and a symptom; an expected exception that counts apart has none."""
        return None if self.symptom is None or self.apart else (self.workflow(), self.symptom)

    def touches(self, target, rules):
        """Renamed targets, 2: it touches a target if it touches one of its former names."""
        return any(name in self.targets for name in rules.names(target))

    def counts_on(self, target, rules):
        """It touches the target, or its author may report for it by the roster at its position."""
        if target not in self.reports:
            refused = self.record.roster.refuses(self.record.author, ["reporter"], [target])
            self.reports[target] = refused is None
        return self.reports[target] or self.touches(target, rules)

    def came_after(self, effect):
        """Effect: its position is higher, and its time that counts is not earlier."""
        return self.position > effect[0] and self.time >= effect[1]


class Naming:
    """A free triage, as what it says of a key."""

    def __init__(self, triage, roster, position):
        self.cause, self.author, self.roster, self.position = triage.body["root_cause"], triage.author, roster, position
        self.known = {}

    def holds(self, target):
        """On the targets for which its author may say triages, by the roster where it takes effect."""
        if target not in self.known:
            self.known[target] = self.roster.refuses(self.author, ["reporter", "approver"], [target]) is None
        return self.known[target]

    def is_for_all(self):
        """Whether one of these tables is for every target."""
        tables = [it for role in ("reporter", "approver") for it in self.roster.tables(self.author, role)]
        return any(it.get("services") is None and it.get("environments") is None for it in tables)


class Occasion(list):
    """The exceptions of one happening, the first one first."""

    @property
    def time(self):
        return self[0].time

    def touches(self, target, rules):
        return any(it.touches(target, rules) for it in self)


def occasions(happenings, apart):
    """Patterns and occasions: an exception joins while both of its times are close to those of the first."""
    found = []
    for it in sorted(happenings, key=lambda it: (it.time, it.occurred, it.position)):
        first = found[-1][0] if found else None
        if first and abs(it.time - first.time) < apart and abs(it.occurred - first.occurred) < apart:
            found[-1].append(it)
        else:
            found.append(Occasion([it]))
    return found


def repeats(found, threshold, window, touches):
    """Repeating: the first row of `threshold` occasions within the window, and a touch in it or after it."""
    for at in range(len(found) - threshold + 1):
        if found[at + threshold - 1].time - found[at].time < window:
            return any(map(touches, found[at:]))
    return False


# ---- The state -----------------------------------------------------------------------------------------------


class Gate:
    def __init__(self, ledger):
        self.ledger = ledger
        self.records = sorted((it for it in ledger.records.values() if ledger.stands(it)), key=lambda it: it.position)
        self.by_id = {it.id: it for it in self.records}
        self.rules, self.roster = Rules({}, []), None
        self.policies = [self.rules]
        self.past = []  # (number of the entry, its last position, rules) of each policy taken into account
        self.happenings, self.happening = [], {}
        self.expected_times = {}  # entry `expected` → the times that count
        self.namings = {}  # key → namings
        self.written_cache = {}
        self.used = set()  # redesigns of causes that were shared, and are no longer
        self.marks = {}  # ((workflow, sort, name), target) → position
        self.mended_behind = {}  # the same → the position of the policy that joined it with others, if one did
        self.redesigns, self.receipts, self.pauses, self.plans, self.releases, self.overrides = [], [], [], [], [], []
        self.effects, self.taken_over = {}, set()  # by (redesign id, target)
        self.failed, self.failed_before = {}, {}  # by (redesign id, target); under former names
        self.effect, self.ended = {}, {}  # by id: (position, date); the position of the end by a rejection
        self.free = {}  # triage id → whether it is free
        self.words, self.closures, self.reviews, self.resumes, self.outcomes, self.bars = {}, {}, {}, {}, {}, {}
        self.fold()

    def fold(self):
        """The state: entry by entry."""
        last = {}
        for record in self.ledger.records.values():
            if record.position >= last.get(record.number, record).position:
                last[record.number] = record
        changes = list(self.ledger.changes)
        entries = {}
        for record in self.records:
            entries.setdefault(record.number, []).append(record)
        for number, records in sorted(entries.items()):
            self.roster = self.roster or records[0].roster
            while changes and changes[0][0] < number:
                self.change(last[changes[0][0]], changes.pop(0)[1])
            touched = {}
            for record in sorted(records, key=lambda it: (it.kind == "approval" and it.body["verdict"] == "reject", it.position)):
                self.apply(record, touched)
            for identity in sorted(touched, key=lambda it: self.by_id[it].position):
                self.count(self.by_id[identity], touched[identity])
        # What took effect at the end of the last entry is in force for the question.
        while changes:
            self.change(last[changes[0][0]], changes.pop(0)[1])

    # -- Step 1: another trust or policy

    def change(self, last, proposal):
        if proposal.kind == "trust":
            self.roster = proposal.proposed_roster
        else:
            before = self.rules
            self.rules = Rules(proposal.body, list(self.policies))
            self.policies.append(self.rules)
            self.forget_names()
        for record in self.records:
            if record.number <= last.number and self.takes_approvals(record):
                self.count(record, last)
        if proposal.kind == "policy":
            self.past.append((last.number, last.position, self.rules, last.created_at))
            for it in self.redesigns:
                if it.id in self.effect and any(before.is_shared(c) and not self.rules.is_shared(c) for c in it.body["root_causes"]):
                    self.used.add(it.id)
            self.join(before, self.rules, last.position, last.created_at)
            self.take_over(self.rules, last.position, last.created_at)
            self.take_over_effects(before)
            self.judge_all(self.rules)

    def join(self, before, rules, limit, date, again=None):
        """Repeating: what repeats, and is joined with what a redesign mended before, goes on repeating."""
        for written, target in self.marks:
            if again is not None and written not in again.get(target, ()):
                continue
            was, now = self.pattern_of(written, before), self.pattern_of(written, rules)
            if self.is_unmended(was, target, written, date, before, limit):
                if not self.is_unmended(now, target, written, date, rules, limit):
                    self.mended_behind[written, target] = limit

    def take_over(self, rules, limit, date, again=None):
        """Renamed targets, 4: that a pattern repeats under a former name, and the redesigns that failed there."""
        for target in rules.targets:
            for name in rules.direct(target):
                for (written, marked), position in list(self.marks.items()):
                    pattern = self.pattern_of(written, rules)
                    if marked != name or again is not None and written not in again.get(name, ()):
                        continue
                    if self.is_unmended(pattern, name, written, date, rules, limit):
                        self.move_mark(written, name, written, target)
                for redesign, failed in set(self.failed) | set(self.failed_before):
                    if failed == name:
                        known = self.failed_before.get((redesign, target), -1)
                        self.failed_before[redesign, target] = max(known, self.failure(redesign, name))
                        self.taken_over.add((redesign, target))

    def take_over_effects(self, before):
        """… and what took effect on one of these names at least, where none of its patterns touches another."""
        for target in self.rules.targets:
            names = [name for name in self.rules.direct(target) if name != target]
            is_new = all(target not in rules.tables for rules in self.rules.before)
            for redesign in self.redesigns:
                found = [self.effects[redesign.id, name] for name in names if (redesign.id, name) in self.effects]
                if not found or (redesign.id, target) in self.effects:
                    continue
                others = [name for name in names + [target] * (not is_new) if (redesign.id, name) not in self.effects]
                if not any(self.touches_any(redesign, name, before) for name in others):
                    self.effects[redesign.id, target] = max(found)
                    self.taken_over.add((redesign.id, target))
        self.forget_names()

    def touches_any(self, redesign, target, before):
        """Whether an exception of a pattern of a redesign touches a target, as it did under the policy before."""
        for it in self.happenings:
            pattern = self.pattern(it, target, self.rules)
            if pattern and it.touches(target, before) and self.names_pattern(redesign, pattern, self.rules):
                return True
        return False

    def failure(self, redesign, target):
        """The position at which a redesign failed last, here or under a former name; -1 if it did not."""
        return max(self.failed.get((redesign, target), -1), self.failed_before.get((redesign, target), -1))

    # -- Step 2: the records of an entry

    def apply(self, record, touched):
        if self.takes_approvals(record):
            touched[record.id] = record
        method = {
            "exception": self.apply_exception, "redesign": lambda r, _: self.redesigns.append(r),
            "rollback-plan": lambda r, _: self.plans.append(r), "release": lambda r, _: self.releases.append(r),
            "pause": lambda r, _: self.pauses.append(r), "resume": lambda r, _: self.add(self.resumes, r),
            "closure": lambda r, _: self.add(self.closures, r), "approval": self.apply_word,
            "review": self.apply_review, "receipt": self.apply_receipt, "outcome": self.apply_outcome,
        }.get(record.kind)
        if method:
            method(record, touched)

    @staticmethod
    def add(found, record):
        found.setdefault(record.body["of"], []).append(record)

    @staticmethod
    def takes_approvals(record):
        return record.kind in ("rollback-plan", "redesign", "release", "triage") or record.is_override()

    def apply_exception(self, record, _):
        it = Happening(record, self.rules)
        entry = self.rules.expected(record)
        if entry:
            # Expected: ordinary where so many earlier ones of the entry are less than `window` before it, or later.
            times = self.expected_times.setdefault(entry["name"], [])
            near = sum(it.own_time - time < duration(entry["window"]) for time in times)
            it.apart = near < entry["max_per_window"]
            times.append(it.own_time)
        self.happenings.append(it)
        self.happening[it.id] = it
        if record.is_override():
            self.overrides.append(record)
        for target in self.rules.targets:
            pattern = self.pattern(it, target, self.rules)
            if pattern:
                self.judge(pattern, it, target, self.happenings, self.rules)

    def apply_word(self, record, touched):
        subject = self.by_id.get(record.body["of"])
        own = [it for it in self.words.get(record.body["of"], []) if it.author == record.author]
        is_answer = record.body["verdict"] == "reject"
        withdraws = record.body["verdict"] == "withdraw" and own and verify.latest(own).body["verdict"] == "reject"
        self.add(self.words, record)
        if not subject:
            return
        if self.takes_approvals(subject):
            # The record at whose position it would take effect: the last one of the entry that touches it.
            if subject.id not in touched or touched[subject.id].position < record.position:
                touched[subject.id] = record
        if subject.kind == "outcome" and (is_answer or withdraws):
            self.bar(subject, "answer" if is_answer else "withdrawal", record.author)

    def apply_review(self, record, touched):
        subject = self.by_id.get(record.body["of"])
        if not subject:
            return
        if self.is_separate(record, subject):
            self.add(self.reviews, record)
        # Break-glass takes effect with the last review that was missing.
        for it in self.overrides:
            if it.id not in self.effect and self.is_break_glass(it) and self.person(it) == self.person(subject):
                if it.id not in touched or touched[it.id].position < record.position:
                    touched[it.id] = record

    def is_separate(self, review, subject):
        """reviews-done: a review by who ever approved it counts only where too few others could; judged here."""
        approved = {it.author for it in self.words.get(subject.id, []) if it.body["verdict"] == "approve"}
        if review.author not in approved:
            return True
        targets = subject.targets()
        roster = review.roster
        concerned = self.concerned(subject, roster)
        others = [
            name for name in roster.members
            if roster.is_human(name) and roster.refuses(name, ["reviewer"], targets) is None
            and name not in concerned and name not in approved
        ]
        return len(others) < largest(self.rules.body, targets, "approvals", "reviews", 1)

    @staticmethod
    def concerned(record, roster):
        """trust.md, Persons concerned: by the roster at the record's position and by a later one."""
        return {it.person(name) for it in (record.roster, roster) for name in record.concerned()}

    @staticmethod
    def person(record):
        return record.roster.person(record.author)

    def apply_receipt(self, record, _):
        self.receipts.append(record)
        body = record.body
        target = record.targets()[0]
        if body["decision"] == "allowed" and body["purpose"] == "expansion":
            for identity in body.get("redesigns", []):
                if self.gives_effect(record, identity) and (identity, target) not in self.effects:
                    self.effects[identity, target] = (record.position, body["at"])
                    self.forget_names()

    def gives_effect(self, receipt, identity):
        """It lists a redesign of code that was approved at a lower position and names the target."""
        redesign = self.by_id.get(identity)
        return (
            receipt.body["decision"] == "allowed" and receipt.body["purpose"] == "expansion"
            and identity in receipt.body.get("redesigns", [])
            and redesign is not None and redesign.kind == "redesign" and redesign.body["change"] == "code"
            and identity in self.effect and self.effect[identity][0] < receipt.position
            and receipt.targets()[0] in redesign.targets()
        )

    def apply_outcome(self, record, _):
        self.add(self.outcomes, record)
        if record.body["result"] in verify.BARS:
            self.bar(record, "outcome")

    def bar(self, outcome, what, author=None):
        """Outcomes that bar, their answers and the withdrawals of these, in the order in which they are applied."""
        receipt = self.by_id.get(outcome.body["of"])
        if not receipt or receipt.kind != "receipt":
            return
        before = self.never_started(receipt)
        found = self.bars.setdefault(receipt.id, [])
        if what == "withdrawal":
            answer = ("answer", outcome.id, author)
            found[:] = [("withdrawn",) if it == answer else it for it in found]
        found.append((what, outcome.id, author) if what == "answer" else (what, outcome.body["result"]))
        if self.never_started(receipt) != before:
            self.give_effects_again(receipt)

    def never_started(self, receipt):
        """Whether it is barred, and an outcome says so that no answer followed but those that were withdrawn."""
        called = False
        for what, *rest in self.bars.get(receipt.id, []):
            if what == "answer":
                called = False
            elif what == "outcome":
                called = called or rest[0] == "never-started"
        return called and self.is_barred(receipt)

    def is_barred(self, receipt):
        found = self.bars.get(receipt.id, [])
        return bool(found) and found[-1][0] in ("outcome", "withdrawal")

    def give_effects_again(self, receipt):
        """Never started: a redesign takes effect with the first receipt that lists it and did start."""
        target = receipt.targets()[0]
        for identity in receipt.body.get("redesigns", []):
            if not self.gives_effect(receipt, identity) or self.is_inherited(identity, target, receipt):
                continue
            started = (
                it for it in self.receipts
                if it.targets()[0] == target and self.gives_effect(it, identity) and not self.never_started(it)
            )
            first = next(started, None)
            effect = first and (first.position, first.body["at"])
            if effect == self.effects.get((identity, target)):
                continue
            before = self.effects.pop((identity, target), None)
            self.failed.pop((identity, target), None)
            for heir, names in self.ever_named().items():
                if target in names and before and self.effects.get((identity, heir)) == before:
                    self.effects.pop((identity, heir))
                    self.failed.pop((identity, heir), None)
            for heir, names in self.ever_named().items():
                if target in names and self.failed_before.pop((identity, heir), None) is not None:
                    still = [self.failed[identity, name] for name in names if (identity, name) in self.failed]
                    if still:
                        self.failed_before[identity, heir] = max(still)
            if effect:
                self.effects[identity, target] = effect
        known = set(self.effects) | set(self.failed) | set(self.failed_before)
        self.taken_over &= known
        self.forget_names()
        # Then each pattern is judged as of its last exception, also where no redesign is concerned.
        self.judge_all(self.rules)

    def ever_named(self):
        """target → the former names that it had in any policy."""
        found = {}
        for rules in self.policies:
            for target in rules.targets:
                found.setdefault(target, set()).update(rules.former[target])
        return found

    def is_inherited(self, identity, target, receipt):
        """Whether the effect was taken over from former names, before that receipt."""
        effect = self.effects.get((identity, target))
        return bool(effect) and (identity, target) in self.taken_over and effect[0] < receipt.position

    # -- Step 3: words (trust.md, Taking effect, and ending)

    def count(self, record, where):
        """Counts the words on a record; `where` is the record at whose position it takes effect or ends."""
        latest = self.latest_words(record)
        rejected = any(it.body["verdict"] == "reject" for it in latest)
        if record.id in self.effect:
            if rejected and record.id not in self.ended and self.ends_by_no(record):
                self.ended[record.id] = where.position
            return
        if record.kind == "triage" and record.id not in self.free:
            self.free[record.id] = self.is_free(record)
        yes = [it for it in latest if it.body["verdict"] == "approve"]
        is_free = self.free.get(record.id, False)
        if rejected or not (is_free or self.suffices(record, [it.author for it in yes])):
            return
        if record.is_override() and (record.id in self.closures or where.created_at >= self.end_by_time(record)):
            return
        # Dates to come: the latest of its own date and of all yes that were counted.
        self.effect[record.id] = (where.position, max([record.created_at, *(it.created_at for it in yes)]))
        if record.kind == "redesign" and record.body["change"] != "code":
            position, date = self.effect[record.id]
            for target in record.targets():
                self.effects[record.id, target] = (position, max(date, record.body.get("in_force_from", date)))
            self.forget_names()
        elif record.kind == "triage":
            self.triage(record, where.position)

    @staticmethod
    def ends_by_no(record):
        return record.kind in ENDED_BY_NO or record.is_override()

    def latest_words(self, record):
        """The latest word of each person who may approve it by the roster that counts."""
        words = {}
        for word in self.words.get(record.id, []):
            words.setdefault(word.author, []).append(word)
        targets = self.ledger.targets(record)
        return [
            verify.latest(said) for name, said in words.items()
            if self.roster.is_human(name) and self.roster.refuses(name, ["approver"], targets) is None
        ]

    def suffices(self, record, names):
        """Whether these persons are enough, and can take the places of the teams (Quorum)."""
        entry = self.rules.expected(record)
        if entry:
            needed = entry["approvals"]
            if needed == 0 and self.owes_a_review(record):
                needed = 1  # Break-glass
            return len(names) >= needed
        kind = APPROVALS[record.kind]
        needed = largest(self.rules.body, self.ledger.targets(record), "approvals", kind, 1 if kind != "releases" else 0)
        quorums = [it for it in self.rules.body.get("quorum", []) if it["of"] == kind]
        places = [it["team"] for it in quorums for _ in range(min(it["count"], 1000))]
        if len(names) < max(needed, len(places)):
            return False
        taken = {}  # name → place

        def find(place, seen):
            for name in names:
                if name in seen or places[place] not in self.roster.members[name].get("teams", []):
                    continue
                seen.add(name)
                if name not in taken or find(taken[name], seen):
                    taken[name] = place
                    return True
            return False

        return all(find(place, set()) for place in range(len(places)))

    def is_break_glass(self, record):
        entry = self.rules.expected(record)
        return bool(entry) and entry["approvals"] == 0

    def owes_a_review(self, record):
        """Whether its person has an earlier expected exception that took effect and lacks reviews."""
        return any(
            it.position < record.position and "expected" in it.body and it.id in self.effect
            and self.person(it) == self.person(record) and self.lacks_reviews(it, None)
            for it in self.overrides
        )

    def is_rejected(self, record):
        """Stopped by a rejection, or ended by one."""
        if record.id in self.effect:
            return record.id in self.ended
        return any(it.body["verdict"] == "reject" for it in self.latest_words(record))

    def end_by_time(self, record):
        """trust.md, End: the earlier of its own and of the maximum of today's policy."""
        end = record.body.get("expires_at")
        if record.kind in ("exception", "rollback-plan") and end is not None:
            end = min(end, record.created_at + verify.longest(self.rules.body, record))
        return end

    # -- Names and patterns

    def forget_names(self):
        self.written_cache.clear()

    def written(self, it, target):
        """(workflow, sort, name) under which an exception counts on a target, as written; None if in no pattern."""
        if (it.id, target) not in self.written_cache:
            self.written_cache[it.id, target] = self.find_written(it, target)
        return self.written_cache[it.id, target]

    def find_written(self, it, target):
        if it.apart or it.is_struck():
            return None
        cause = it.own_cause()
        if cause is None:
            naming = self.naming(it, target)
            cause = naming and naming.cause
        if cause is not None:
            return (it.workflow(), "cause", cause)
        if it.symptom is not None:
            return (it.workflow(), "symptom", it.symptom)
        return (it.workflow(), "neither", "")

    def naming(self, it, target):
        """Keys: the first naming of its key that holds on the target and has not ended before the exception."""
        for naming in self.namings.get(it.key(), []):
            if naming.holds(target) and not self.has_ended(naming, it, target):
                return naming
        return None

    def has_ended(self, naming, it, target):
        """Whether a redesign of the cause took effect on the target after the naming and before the exception."""
        cause = it.rules.cause(naming.cause)
        for redesign in self.redesigns:
            effect = self.effects.get((redesign.id, target))
            if not effect or effect[0] <= naming.position or not it.came_after(effect):
                continue
            causes = map(it.rules.cause, redesign.body["root_causes"])
            if cause in causes and (redesign.body["workflow"] == it.workflow() or cause in it.rules.shared):
                return True
        return False

    @staticmethod
    def pattern_of(written, rules):
        """The pattern of what is written, under a policy: (sort, workflow or None, name)."""
        if written is None:
            return None
        workflow, sort, name = written
        if sort == "cause":
            name = rules.cause(name)
            return (sort, None if name in rules.shared else workflow, name)
        return (sort, workflow, name)

    def pattern(self, it, target, rules):
        return self.pattern_of(self.written(it, target), rules)

    def members(self, pattern, target, rules, happenings=None):
        found = self.happenings if happenings is None else happenings
        return [it for it in found if self.pattern(it, target, rules) == pattern]

    def patterns(self, target, rules, happenings=None):
        """pattern → its exceptions on a target, in the order of their positions."""
        found = {}
        for it in self.happenings if happenings is None else happenings:
            pattern = self.pattern(it, target, rules)
            if pattern:
                found.setdefault(pattern, []).append(it)
        return found

    # -- Redesigns of a pattern

    def is_of(self, redesign, pattern, target, rules):
        """Redesigns: the workflow, one of the causes, and the target (by its name, or what it took over)."""
        is_for = target in redesign.targets() or (redesign.id, target) in self.taken_over
        return is_for and self.names_pattern(redesign, pattern, rules)

    @staticmethod
    def names_pattern(redesign, pattern, rules):
        sort, workflow, name = pattern
        if sort != "cause" or name not in map(rules.cause, redesign.body["root_causes"]):
            return False
        return workflow in (None, redesign.body["workflow"])

    def redesigns_of(self, pattern, target, rules):
        return [it for it in self.redesigns if self.is_of(it, pattern, target, rules)]

    def sound_effects(self, pattern, target, rules, limit=None):
        """(redesign, effect) of those that took effect there and did not fail."""
        found = []
        for it in self.redesigns:
            effect = self.effects.get((it.id, target))
            if effect and self.failure(it.id, target) < 0 and (limit is None or effect[0] <= limit):
                if self.is_of(it, pattern, target, rules):
                    found.append((it, effect))
        return found

    def is_unmended(self, pattern, target, written, time, rules, limit=None):
        """Whether no such redesign has its effect behind the mark of what is written, and not after a time."""
        found = self.sound_effects(pattern, target, rules, limit)
        mark = max(self.marks[written, target], self.mended_behind.get((written, target), -1))
        return not any(effect[0] > mark and effect[1] <= time for _, effect in found)

    def does_repeat(self, pattern, happenings, target, time):
        """The state: one of its causes as written has a mark there that no redesign has mended."""
        written = {self.written(it, target) for it in happenings}
        marked = [it for it in written if (it, target) in self.marks]
        return any(self.is_unmended(pattern, target, it, time, self.rules) for it in marked)

    def joined_at(self, pattern, happenings, target, time):
        """The position of the policy that joined it with others, of a mark that no redesign has mended; else -1."""
        written = {self.written(it, target) for it in happenings}
        marked = [it for it in written if (it, target) in self.marks]
        found = [
            self.mended_behind[it, target] for it in marked
            if (it, target) in self.mended_behind and self.is_unmended(pattern, target, it, time, self.rules)
        ]
        return max(found, default=-1)

    def last_failure(self, pattern, target, rules):
        return max((self.failure(it.id, target) for it in self.redesigns_of(pattern, target, rules)), default=-1)

    def since_redesign(self, pattern, happenings, target, time):
        """The occasions behind the last redesign that took effect and did not fail."""
        found = [effect for _, effect in self.sound_effects(pattern, target, self.rules) if effect[1] <= time]
        last = max(found, default=None)
        taken = [it for it in happenings if it.counts_on(target, self.rules) and (not last or it.came_after(last))]
        return occasions(taken, self.rules.time(target, "recurrence", "same_occasion", "12h"))

    # -- Step 4: judging

    def mark(self, written, target, position):
        self.marks[written, target] = max(position, self.marks.get((written, target), position))

    def move_mark(self, written, target, to, there):
        """Gives one mark to another pattern or target too."""
        self.mark(to, there, self.marks[written, target])
        if (written, target) in self.mended_behind:
            known = self.mended_behind.get((to, there), -1)
            self.mended_behind[to, there] = max(known, self.mended_behind[written, target])

    def drop_mark(self, written, target):
        self.marks.pop((written, target), None)
        self.mended_behind.pop((written, target), None)

    def judge_all(self, rules):
        """Each pattern as of the last of its exceptions, with all of them."""
        for target in rules.targets:
            for pattern, found in self.patterns(target, rules).items():
                self.judge(pattern, found[-1], target, found, rules)

    def judge(self, pattern, last, target, happenings, rules, limit=None):
        """Judges a pattern on one target as of one of its exceptions, with given exceptions."""
        happenings = self.members(pattern, target, rules, happenings)
        sound = self.sound_effects(pattern, target, rules, limit)
        # 1.
        before = [it for it in sound if it[1][0] < last.position and it[1][1] <= last.time]
        effect = max((effect for _, effect in before), default=None)
        latest = [redesign for redesign, its in before if its == effect]
        # 2.
        marked = {it for it in (self.written(it, target) for it in happenings) if (it, target) in self.marks}
        known = any(self.is_unmended(pattern, target, it, last.time, rules, limit) for it in marked)
        if known and not effect:
            return
        # 3.
        taken = [it for it in happenings if it.counts_on(target, rules) and (not effect or it.came_after(effect))]
        found = occasions(taken, rules.time(target, "recurrence", "same_occasion", "12h"))

        def touches(occasion):
            return occasion.touches(target, rules)

        # 4.
        if effect and sum(map(touches, found)) >= rules.at_least_1(target, "after_redesign", 1):
            self.failed.update({(redesign.id, target): last.position for redesign in latest})
        # 5.
        elif known or not repeats(
            found, rules.at_least_1(target, "threshold", 3), rules.time(target, "recurrence", "window", "90d"), touches
        ):
            return
        for it in happenings:
            self.mark(self.written(it, target), target, last.position)

    # -- Triage

    def named_exceptions(self, triage):
        return [self.happening[it] for it in triage.body["of"] if it in self.happening]

    def is_free(self, triage):
        """Naming what nobody had named is free."""
        body, of, rules = triage.body, self.named_exceptions(triage), self.rules
        # 1.
        if body["verdict"] != "cause" or "root_cause" not in body or "occurred_at" in body:
            return False
        # 2.
        if any(it.is_struck() or it.own_cause() is not None or self.is_named_everywhere(it) for it in of):
            return False
        # 3.
        if any(body.get("workflow", it.workflow()) != it.workflow() for it in of):
            return False
        # 4.
        for it in of:
            if it.key() is None and not all(
                other in of for other in self.happenings
                if other.workflow() == it.workflow() and other.symptom is None and other.own_cause() is None
                and not other.apart and not other.is_struck()
            ):
                return False
        mine = [it for it in rules.targets if self.roster.refuses(triage.author, ["reporter", "approver"], [it]) is None]
        cause = rules.cause(body["root_cause"])
        # 5.
        approved = any(
            it.id in self.effect and cause in map(rules.cause, it.body["root_causes"]) for it in self.redesigns
        )
        if approved and not all(self.had_cause(it, body["root_cause"], mine) for it in of):
            return False
        # 6.
        return not any(
            rules.cause(naming.cause) != cause and naming.holds(target)
            for it in of for naming in self.namings.get(it.key(), []) for target in mine
        )

    def is_named_everywhere(self, it):
        """By one naming of its key that holds on every target there can be."""
        targets = {target for _, target in self.effects}
        return any(
            naming.is_for_all() and not any(self.has_ended(naming, it, target) for target in targets)
            for naming in self.namings.get(it.key(), [])
        )

    def had_cause(self, it, cause, targets):
        same = self.rules.cause(cause)
        namings = [it for it in self.namings.get(it.key(), []) if self.rules.cause(it.cause) == same]
        return bool(namings) and all(any(naming.holds(target) for naming in namings) for target in targets)

    def triage(self, triage, position):
        if self.free[triage.id]:
            self.name(triage, position)
        else:
            self.move(triage)

    def name(self, triage, position):
        """A free triage names the keys of its exceptions; those without a key are named by their ids."""
        cause, moved = triage.body["root_cause"], []
        naming = Naming(triage, self.roster, position)
        for it in self.named_exceptions(triage):
            key = it.key()
            if key is None:
                if not it.apart:
                    moved.append(((it.workflow(), "neither", ""), lambda target: True))
                it.triages.append(triage)
            else:
                moved.append(((key[0], "symptom", key[1]), naming.holds))
                known = self.namings.setdefault(key, [])
                if naming not in known:
                    known.append(naming)
        self.forget_names()
        # What was found follows: the mark moves, and the named pattern is judged once more as of its last exception.
        for written, holds in moved:
            for marked, target in list(self.marks):
                if marked == written and holds(target):
                    self.move_mark(written, target, (written[0], "cause", cause), target)
                    self.drop_mark(written, target)
        for pattern in {self.pattern_of((written[0], "cause", cause), self.rules) for written, _ in moved}:
            for target in self.rules.targets:
                found = self.members(pattern, target, self.rules)
                if found:
                    self.judge(pattern, found[-1], target, found, self.rules)

    def move(self, triage):
        """Any other triage: what was found of the patterns that exceptions leave and join is forgotten."""
        of = self.named_exceptions(triage)
        targets = self.every_target()
        written = {target: {self.written(it, target) for it in of} for target in targets}
        for it in of:
            it.triages.append(triage)
        self.forget_names()
        again = {}
        for target in targets:
            again[target] = self.connected((written[target] | {self.written(it, target) for it in of}) - {None})
        every = set().union(*again.values())
        again = dict.fromkeys(targets, every)
        for written, target in list(self.marks):
            if written in every:
                self.drop_mark(written, target)
        for redesign in self.redesigns:
            if any(it in every for it in self.causes_of(redesign)):
                for failed in (self.failed, self.failed_before):
                    for of in [it for it in failed if it[0] == redesign.id]:
                        failed.pop(of)
        self.judge_again(again)

    def connected(self, names):
        """Triage: what was joined with these under one of the policies, or is named by a redesign that failed."""
        joining = [it for it in self.policies if it.same or it.shared] + [self.rules]
        known = {self.written(it, target) for it in self.happenings for target in self.every_target()} - {None}
        found, left = set(), set(names)
        while left:
            written = left.pop()
            if written in found:
                continue
            found.add(written)
            for rules in joining:
                pattern = self.pattern_of(written, rules)
                left |= {it for it in known if self.pattern_of(it, rules) == pattern}
                for redesign in self.redesigns:
                    if self.names_pattern(redesign, pattern, rules) and self.has_failed(redesign):
                        left |= self.causes_of(redesign)
        return found

    def every_target(self):
        return list(dict.fromkeys(target for rules in self.policies for target in rules.targets))

    def has_failed(self, redesign):
        return any(it[0] == redesign.id for failed in (self.failed, self.failed_before) for it in failed)

    @staticmethod
    def causes_of(redesign):
        return {(redesign.body["workflow"], "cause", cause) for cause in redesign.body["root_causes"]}

    def judge_again(self, again):
        """Exception by exception, each under the policy there; where a later one took effect, by the last before."""
        steps = [(it.record.number, 1, it.position, it, it.rules) for it in self.happenings]
        steps += [(number, 2, position, date, rules) for number, position, rules, date in self.past]
        given, before = [], self.policies[0]
        for _, kind, position, what, rules in sorted(steps, key=lambda it: it[:3]):
            if kind == 1:
                given.append(what)
            else:
                self.join(before, rules, position, what, again)
                self.take_over(rules, position, what, again)
                before = rules
            for target in rules.targets:
                names = again.get(target, ())
                if kind == 1:
                    if self.written(what, target) in names:
                        self.judge(self.pattern(what, target, rules), what, target, given, rules, position)
                    continue
                for pattern, found in self.patterns(target, rules, given).items():
                    if any(self.written(it, target) in names for it in found):
                        self.judge(pattern, found[-1], target, found, rules, position)

    # -- Reviews

    def lacks_reviews(self, record, now):
        """reviews-done: whether fewer distinct persons reviewed it than the policy asks for."""
        needed = largest(self.rules.body, record.targets(), "approvals", "reviews", 1)
        return len({it.author for it in self.good_reviews(record, now)}) < needed

    def good_reviews(self, record, now):
        end = self.end_by_time(record)
        closures = self.closures.get(record.id, [])
        for it in self.reviews.get(record.id, []):
            if now is not None and it.created_at > now:
                continue
            if it.position <= self.effect[record.id][0]:
                continue
            behind = any(c.position < it.position and c.created_at <= it.created_at for c in closures)
            if "expected" in record.body or it.created_at >= end or behind:
                yield it

    # ---- The answer ------------------------------------------------------------------------------------------

    def decide(self, question):
        return Decision(self, question).answer()


class Decision:
    """One question to the state."""

    def __init__(self, gate, question):
        self.gate, self.question, self.ledger = gate, question, gate.ledger
        self.rules, self.roster = gate.rules, gate.ledger.roster
        self.target = (question["service"], question["environment"])
        self.commit, self.commits = question["commit"], question.get("commits") or {}
        self.now = seconds(question["now"])
        self.clock = seconds(question["clock"]) if question.get("clock") else self.now
        self.told, self.given = question.get("told"), question.get("given")
        self.artifacts = question.get("artifacts") or []
        self.signer = question.get("signer")
        self.standing = question.get("standing", "sound")
        self.purpose = "restoration" if question["wanted"] == "restoration" else "expansion"
        self.ancestor_cache = {}

    def answer(self):
        answer = dict.fromkeys(("decision", "purpose", "unchanged", "checks", "expires_at", "rollback_plan", "release"))
        answer.update({"previous": None, "previous_from": None, "redesigns": [], "waivers": [], "checks": []})
        answer["purpose"] = self.purpose
        if not self.ledger.founded or self.standing not in ("sound", "halted", "diverged"):
            # ledger-valid: nothing else is examined.
            answer.update({"decision": "refused", "checks": [{"code": "ledger-valid", "result": "fail"}]})
            return answer
        self.find_receipts()
        unchanged = self.unchanged()
        if unchanged:
            answer.update({"decision": "allowed", "unchanged": unchanged.id})
            return answer
        self.grounds = self.restoration_grounds()
        if self.question["wanted"] == "either" and self.grounds:
            self.purpose = "restoration"
        self.plan = self.plan_in_force()
        self.previous, self.previous_from = self.find_previous()
        self.patterns = self.find_patterns()
        self.release = self.find_release()
        checks, waivers = [], []
        for code, check in self.examined():
            result = check()
            if result == "fail":
                result = self.waived(code, waivers)
            checks.append({"code": code, "result": result})
        allowed = all(it["result"] != "fail" for it in checks)
        answer.update({
            "decision": "allowed" if allowed else "refused", "purpose": self.purpose, "checks": checks,
            "rollback_plan": self.plan and self.plan.id, "release": self.release and self.release.id,
            "previous": self.previous, "previous_from": self.previous_from, "waivers": waivers,
        })
        if allowed:
            lifetime = shortest(self.rules.body, [self.target], "receipts", "lifetime", "15m")
            answer["expires_at"] = show_time(self.now + lifetime)
            answer["redesigns"] = [it.id for it in self.gate.redesigns if self.is_listed(it)]
        return answer

    def examined(self):
        """The checks, in their order; two only where the policy asks for them."""
        codes = list(verify.CODES)
        if self.rules.rule(self.target, "rollback", "rehearsed_within") is None:
            codes.remove("rollback-rehearsed")
        if not self.asks_for_release():
            codes.remove("release-approved")
        return [(code, getattr(self, "check_" + code.replace("-", "_"))) for code in codes]

    def asks_for_release(self):
        quorums = self.rules.body.get("quorum", [])
        asked = any(it["of"] == "releases" and it["count"] >= 1 for it in quorums)
        return asked or self.rules.rule(self.target, "approvals", "releases", 0) >= 1

    def waived(self, code, waivers):
        """Waived: in a restoration all but three; in an expansion by an expected exception."""
        if self.purpose == "restoration":
            return "fail" if code in BY_ITSELF else "waived"
        if code in verify.NEVER_WAIVED or self.is_a_no(code):
            return "fail"
        for it in self.gate.overrides:
            if self.target in it.targets() and self.in_force(it) and self.may_waive(it, code):
                if it.id not in waivers:
                    waivers.append(it.id)
                return "waived"
        return "fail"

    def may_waive(self, override, code):
        entry = self.rules.expected(override)
        for_commit = override.body.get("for_commit")
        return (
            bool(entry) and code in override.body.get("waives", []) and code in entry.get("may_waive", [])
            and (for_commit in (None, self.commit) or self.contains(self.commit, for_commit))
        )

    def is_a_no(self, code):
        """Nor is a person's no waived."""
        if code == "rollback-plan":
            plans = [it for it in self.gate.plans if self.target in it.targets()]
            return bool(plans) and self.gate.is_rejected(plans[-1])
        return code == "release-approved" and bool(self.release) and self.gate.is_rejected(self.release)

    # -- Commits

    def ancestors(self, commit):
        """A commit and all that it contains, as far as the code repository has them."""
        if commit not in self.ancestor_cache:
            found, rest = set(), [commit]
            while rest:
                it = rest.pop()
                if it not in found and it in self.commits:
                    found.add(it)
                    rest += self.commits[it].get("parents", [])
            self.ancestor_cache[commit] = found
        return self.ancestor_cache[commit]

    def contains(self, commit, other):
        return other in self.ancestors(commit)

    # -- Records and time

    def is_approved(self, record):
        """In effect, and from no date after now."""
        effect = self.gate.effect.get(record.id)
        return effect is not None and effect[1] <= self.now

    def is_over(self, record):
        gate, end = self.gate, self.gate.end_by_time(record)
        return record.id in gate.ended or record.id in gate.closures or (end is not None and self.now >= end)

    def in_force(self, record):
        return self.is_approved(record) and not self.is_over(record)

    def touches(self, record):
        """Renamed targets, 2."""
        return any(name in record.targets() for name in self.rules.names(self.target))

    def overrides(self):
        return [it for it in self.gate.overrides if self.touches(it)]

    def grace(self, record):
        return shortest(self.rules.body, record.targets(), "exceptions", "credential_grace", "24h")

    # -- Receipts and the way back

    def find_receipts(self):
        """Receipts of the target; with those under former names (5), and those that the way back knows."""
        names = self.rules.names(self.target)
        repository = self.rules.repository(self.target)
        self.everywhere = [it for it in self.gate.receipts if it.targets()[0] in names]
        self.receipts = [
            it for it in self.everywhere
            if it.targets()[0] == self.target
            or (it.targets()[0][1] == self.target[1] and it.body.get("repository") == repository)
        ]

    def allowed(self, commit=None):
        return [
            it for it in self.receipts
            if it.body["decision"] == "allowed" and commit in (None, it.body["commit"])
        ]

    def confirming(self, receipt):
        """The outcomes that confirm an allowed deployment (Allowed is not *ran*)."""
        return [
            it for it in self.gate.outcomes.get(receipt.id, [])
            if it.body["result"] in RAN and receipt.body["at"] <= it.body["started_at"] < receipt.body["expires_at"]
            and it.roster.refuses(it.author, ["gate", "approver"], receipt.targets()) is None
        ]

    def is_confirmed_by_git(self, receipt):
        body = receipt.body
        if "ref" not in body:
            return False
        if self.told and (self.told["ref"], self.told["holds"]) == (body["ref"], body["commit"]):
            if body.get("repository") == self.rules.repository(self.target):
                return True
        return any(
            it.position > receipt.position and it.body.get("previous_from") == "ref"
            and it.body["previous"] == body["commit"] and it.body.get("ref") == body["ref"]
            and it.body.get("repository") == body.get("repository")
            for it in self.receipts
        )

    def is_confirmed(self, receipt):
        return bool(self.confirming(receipt)) or self.is_confirmed_by_git(receipt)

    def is_barred(self, commit):
        """Whether any allowed deployment of a commit there is barred."""
        return any(self.gate.is_barred(it) for it in self.allowed(commit))

    def newest_confirmed(self):
        found = [it for it in self.allowed() if self.is_confirmed(it) and not self.gate.never_started(it)]
        return found[-1] if found else None

    def unchanged(self):
        """Unchanged: the receipt by which the target is so."""
        if self.standing != "sound" or self.target not in self.rules.tables:
            return None
        if self.check_ledger_fresh() == "fail":
            return None
        found = [it for it in self.allowed() if not self.gate.never_started(it)]
        newest = found[-1] if found else None
        if not newest or newest.body["commit"] != self.commit:
            return None
        outcomes = self.gate.outcomes.get(newest.id, [])
        if not self.is_confirmed(newest) or self.gate.is_barred(newest):
            return None
        if outcomes and outcomes[-1].body["result"] != "succeeded":
            return None
        if self.told and self.told["holds"] != self.commit or self.given not in (None, self.commit):
            return None
        if self.artifacts or self.question["wanted"] == "restoration":
            return None
        return newest

    def restoration_grounds(self):
        """By what the deployment can be a restoration: a list of `others` and `signer`, empty if it is none."""
        if self.is_newest_expansion():
            return []
        found = []
        # (a) its commit ran: 1.
        for it in self.allowed(self.commit):
            if not self.gate.is_barred(it) and self.is_confirmed(it):
                found.append(self.who_confirmed(it))
        # … 2.
        names = [it for it in self.receipts if it.body.get("previous_from") == "ref" and it.body["previous"] == self.commit]
        if names and not self.is_barred(self.commit):
            found.append("others")
        # (b) and (c)
        newest = self.newest_confirmed()
        own = self.allowed(self.commit)
        if newest and not (own and self.gate.is_barred(own[-1])) and self.leads_back(newest):
            found.append(self.who_confirmed(newest))
        return found

    def who_confirmed(self, receipt):
        """Whether a confirmation rests on outcomes of the signer alone."""
        persons = {it.roster.person(it.author) for it in self.confirming(receipt)}
        if self.is_confirmed_by_git(receipt) or self.signer is None or persons != {self.signer}:
            return "others"
        return "signer"

    def is_newest_expansion(self):
        """The commit of the newest allowed expansion receipt is no way back, unless somebody pushed past the hook."""
        found = [it for it in self.allowed() if it.body["purpose"] == "expansion"]
        if not found or found[-1].body["commit"] != self.commit:
            return False
        holds = self.told and self.told["holds"]
        known = any(it.body["decision"] == "allowed" and it.body["commit"] == holds for it in self.everywhere)
        return not holds or holds == self.commit or known

    def leads_back(self, newest):
        """(b) the plan of the newest confirmed receipt leads to the commit; (c) undoing gives its tree."""
        plan = self.gate.by_id.get(newest.body.get("rollback_plan"))
        if not plan or plan.kind != "rollback-plan" or self.gate.is_rejected(plan):
            return False
        if plan.body["method"] == "redeploy":
            to = plan.body["to"]
            if to == "previous":
                return newest.body.get("previous_from") == "ref" and newest.body["previous"] == self.commit
            return to == self.commit
        undone = self.undoing(plan.body["commit"], newest.body["commit"])
        return newest.body["commit"] != self.commit and undone is not None and self.commit in undone

    def undoing(self, commit, on):
        """The commits with the tree that undoing gives; None where it does not apply cleanly or cannot be tried."""
        for it in self.question.get("undoing") or []:
            if (it["commit"], it["on"]) == (commit, on):
                return it.get("gives") or [] if it["clean"] else None
        return None

    def find_previous(self):
        """`previous`: the first that is there and another commit."""
        holds = self.told and self.told["holds"]
        if holds and holds != self.commit:
            return holds, "ref"
        if self.given and self.given != self.commit:
            return self.given, "given"
        for commit in self.known_commits(self.receipts[::-1]):
            if commit != self.commit and not self.is_barred(commit):
                return commit, "ledger"
        return None, None

    @staticmethod
    def known_commits(receipts):
        """What receipts know of: each of its own commit, if allowed, and before that of its `previous` from `ref`."""
        for it in receipts:
            if it.body["decision"] == "allowed":
                yield it.body["commit"]
            if it.body.get("previous_from") == "ref":
                yield it.body["previous"]

    def is_something_there(self):
        """rollback-target: whether something is known to be there, for `removal`."""
        if self.told and self.told["holds"] or self.given:
            return True
        for commit in self.known_commits(self.everywhere):
            own = [it for it in self.everywhere if it.body["decision"] == "allowed" and it.body["commit"] == commit]
            if commit != self.commit and not (own and all(map(self.gate.never_started, own))):
                return True
        return False

    def plan_in_force(self):
        """Which plan."""
        superseded = {it.body.get("supersedes") for it in self.gate.plans if self.is_approved(it)}
        found = []
        for it in self.gate.plans:
            bound = it.body.get("commit") if it.body["method"] != "revert" else None
            if (
                self.target in it.targets() and self.in_force(it) and it.body["owner"] in self.roster.members
                and bound in (None, self.commit) and it.id not in superseded
            ):
                found.append((bound is not None, self.gate.effect[it.id][0], it.position, it))
        return max(found, key=lambda it: it[:3])[3] if found else None

    def find_release(self):
        """release-approved: the newest of this commit that took effect; where none did, the newest."""
        if not self.asks_for_release():
            return None
        found = [
            it for it in self.gate.releases if it.targets() == [self.target] and it.body["commit"] == self.commit
        ]
        in_effect = [it for it in found if it.id in self.gate.effect]
        return (in_effect or found or [None])[-1]

    # -- Patterns and redesigns, as of the question

    def find_patterns(self):
        """pattern → its exceptions; a target that the policy does not name is not judged."""
        return self.gate.patterns(self.target, self.rules) if self.target in self.rules.tables else {}

    def repeats(self, pattern):
        return self.gate.does_repeat(pattern, self.patterns[pattern], self.target, self.now)

    def occasions(self, pattern):
        """Those behind the last redesign of the pattern that took effect and did not fail."""
        return self.gate.since_redesign(pattern, self.patterns[pattern], self.target, self.now)

    def recent(self, pattern):
        window = self.rules.time(self.target, "recurrence", "window", "90d")
        return [it for it in self.occasions(pattern) if self.now - it.time < window]

    def touches_target(self, occasion):
        return occasion.touches(self.target, self.rules)

    def redesigns_of(self, pattern):
        return self.gate.redesigns_of(pattern, self.target, self.rules)

    def is_resolved(self, pattern):
        """Resolved: by an approved redesign that is newer than the last failure, and contained or in force."""
        return any(
            self.is_approved(it) and self.is_newer(it, pattern)
            and (self.is_contained(it) if it.body["change"] == "code" else self.has_effect(it))
            for it in self.redesigns_of(pattern)
        )

    def is_newer(self, redesign, pattern):
        """Resolved: behind the last failure; and not mended before a policy joined the pattern with others."""
        effect = self.gate.effects.get((redesign.id, self.target))
        joined = self.gate.joined_at(pattern, self.patterns.get(pattern, []), self.target, self.now)
        if effect is not None and effect[0] <= joined:
            return False
        return redesign.position > self.gate.last_failure(pattern, self.target, self.rules)

    def has_effect(self, redesign):
        effect = self.gate.effects.get((redesign.id, self.target))
        return effect is not None and effect[1] <= self.now

    def understood_by(self, pattern):
        """Understood: the redesign by which it is, or None. Only the first that was approved can be it."""
        sort, workflow, name = pattern
        names = self.rules.names(self.target)
        found = [
            it for it in self.gate.redesigns
            if it.id in self.gate.effect and any(target in it.targets() for target in names)
            and sort == "cause" and name in map(self.rules.cause, it.body["root_causes"])
            and (workflow in (None, it.body["workflow"]) or it.id in self.gate.used)
        ]
        first = min(found, key=lambda it: (self.gate.effect[it.id][0], it.position), default=None)
        if not first or self.target not in first.targets() or not self.is_approved(first) or self.has_effect(first):
            return None
        if workflow not in (None, first.body["workflow"]):
            return None
        if first.position < self.gate.last_failure(pattern, self.target, self.rules):
            return None
        until = self.gate.effect[first.id][1] + self.rules.time(self.target, "recurrence", "understood_for", "14d")
        return first if self.now < first.body["due"] and self.now < until else None

    def commits_here(self, redesign):
        """Its commits of the target's repository: all of them, where a commit or the target names none."""
        here = self.rules.repository(self.target)
        return [it["id"] for it in redesign.body["commit"] if None in (here, it.get("repository")) or it["repository"] == here]

    def is_contained(self, redesign):
        """Contained: it is new, and each commit is contained; or one of another repository was deployed there."""
        here = set(self.commits_here(redesign))
        return self.is_new(redesign) and all(
            self.contains(self.commit, it["id"]) if it["id"] in here else self.is_deployed(redesign, it["repository"])
            for it in redesign.body["commit"]
        )

    def is_deployed(self, redesign, repository):
        return any(
            it.body["decision"] == "allowed" and it.body["purpose"] == "expansion"
            and self.rules.repository(it.targets()[0]) == repository and redesign.id in it.body.get("redesigns", [])
            and not self.gate.never_started(it)
            for it in self.gate.receipts
        )

    def is_new(self, redesign):
        """New: one of its commits was not there before the last occasion, and changes what the target claims."""
        found = [it for it in self.patterns if self.gate.is_of(redesign, it, self.target, self.rules) and self.repeats(it)]
        lasts = [self.occasions(it)[-1].time for it in found if self.occasions(it)]
        here = self.commits_here(redesign)
        if not here or not lasts:
            return True
        there = set()
        for it in self.everywhere:
            if it.body["decision"] == "allowed" and it.body["at"] < max(lasts) and not self.gate.never_started(it):
                there |= self.ancestors(it.body["commit"])
        return any(it not in there and any(map(self.claims, self.commits.get(it, {}).get("paths", []))) for it in here)

    def claims(self, path):
        paths = self.rules.tables.get(self.target, {}).get("paths")
        return paths is None or any(path_glob(it).fullmatch(path) for it in paths)

    def is_listed(self, redesign):
        """Receipts: what is approved, new, and contained; what took effect 30 days ago is left out, unless …"""
        if redesign.body["change"] != "code" or not self.is_approved(redesign) or not self.is_named(redesign):
            return False
        here = self.commits_here(redesign)
        if not here or not all(self.contains(self.commit, it) for it in here) or not self.is_new(redesign):
            return False
        effect = self.gate.effects.get((redesign.id, self.target))
        if not effect or self.now - effect[1] < 30 * DAY:
            return True
        return any(
            self.gate.is_of(redesign, it, self.target, self.rules)
            and (self.repeats(it) or self.gate.last_failure(it, self.target, self.rules) >= 0)
            for it in self.patterns
        )

    def is_named(self, redesign):
        return self.target in redesign.targets() or (redesign.id, self.target) in self.gate.taken_over

    # -- The checks

    def check_ledger_valid(self):
        if self.standing == "sound":
            return "pass"
        return "warn" if self.purpose == "restoration" else "fail"

    def check_ledger_fresh(self):
        question, clock = self.question, self.clock
        skew = duration(self.rules.body.get("clock_skew", "5m"))
        max_age = self.rules.time(self.target, "freshness", "max_age", "24h")

        def recent(time):
            return clock - time < max_age and time <= clock + skew

        # 1.
        ledger_time = self.ledger.ledger_time()
        if ledger_time is not None and clock + skew < ledger_time:
            return "fail"
        # 2.
        asked = max(self.rules.rule(self.target, "freshness", "witnesses", 0), question.get("witnesses") or 0)
        persons = {it["person"] for it in question.get("vouches") or [] if recent(seconds(it["time"]))} - {self.signer}
        if asked >= 1:
            return "pass" if len(persons) >= asked else "fail"
        # 3.
        if persons:
            return "pass"
        # 4.
        if question.get("at_least"):
            return "pass" if recent(seconds(question["at_least"])) else "fail"
        # 5.
        remote = question.get("remote", "none")
        if remote == "none":
            return "pass"
        # 6. and 7.
        if isinstance(remote, dict):
            return "warn" if recent(seconds(next(iter(remote.values())))) else "fail"
        return "fail"

    def check_target_known(self):
        return "pass" if self.target in self.rules.tables else "fail"

    def check_not_paused(self):
        for it in self.gate.pauses:
            resumed = any(resume.created_at <= self.now for resume in self.gate.resumes.get(it.id, []))
            begun = it.body.get("begins_at", self.now) <= self.now
            if self.touches(it) and begun and not resumed and self.now < it.body.get("expires_at", self.now + 1):
                return "fail"
        return "pass"

    def check_rollback_plan(self):
        return "pass" if self.plan else "fail"

    def check_rollback_criteria(self):
        if not self.plan:
            return "fail"
        criteria = self.plan.body["criterion"]
        if len(criteria) < self.rules.rule(self.target, "rollback", "min_criteria", 1):
            return "fail"
        if all(map(is_machine_readable, criteria)):
            return "pass"
        return "fail" if self.rules.rule(self.target, "rollback", "machine_readable", False) else "warn"

    def check_rollback_target(self):
        if self.purpose == "restoration":
            if not self.grounds or self.commit not in self.commits:
                return "fail"
            return "pass" if "others" in self.grounds else "warn"
        if not self.plan:
            return "fail"
        body = self.plan.body
        if body["method"] == "revert":
            undone = self.undoing(body["commit"], self.commit)
            return "pass" if self.contains(self.commit, body["commit"]) and undone is not None else "fail"
        to = body["to"]
        if to == "removal" or (to == "previous" and self.previous is None):
            return "fail" if self.is_something_there() else "pass"
        to = self.previous if to == "previous" else to
        return "pass" if to in self.commits and to != self.commit else "fail"

    def check_rollback_rehearsed(self):
        if not self.plan:
            return "fail"
        if self.plan.body["to"] == "removal" and self.plan.body["method"] == "redeploy":
            return "pass"
        found = [
            it for it in self.gate.outcomes.get(self.plan.id, [])
            if it.body["result"] == "rehearsal-failed" or max(it.created_at, it.body["ended_at"]) <= self.now
        ]
        within = self.rules.time(self.target, "rollback", "rehearsed_within")
        good = found and found[-1].body["result"] == "rehearsed" and self.now - found[-1].body["ended_at"] < within
        return "pass" if good else "fail"

    def check_overrides_decided(self):
        live = [it for it in self.overrides() if not self.is_over(it)]
        return "pass" if all(self.is_approved(it) or self.gate.is_rejected(it) for it in live) else "fail"

    def check_overrides_closed(self):
        for it in self.overrides():
            if it.id in self.gate.effect and it.id not in self.gate.closures:
                if self.now - self.gate.end_by_time(it) >= self.grace(it):
                    return "fail"
        return "pass"

    def check_no_repeating_exceptions(self):
        warn_at = self.rules.at_least_1(self.target, "warn_at", 2)
        fails = warns = False
        for pattern in self.patterns:
            if self.repeats(pattern):
                if not self.is_resolved(pattern):
                    if self.understood_by(pattern):
                        warns = True
                    else:
                        fails = True
                continue
            recent = self.recent(pattern)
            if len(recent) >= warn_at and any(map(self.touches_target, recent)):
                warns = True
        fails = fails or self.are_too_many()
        if fails:
            return "warn" if self.rules.rule(self.target, "recurrence", "mode", "enforce") == "warn" else "fail"
        return "warn" if warns or self.do_groups_repeat() else "pass"

    def are_too_many(self):
        most = self.rules.at_least_1(self.target, "max_occasions", None)
        if most is None:
            return False
        return most <= sum(
            self.touches_target(it)
            for pattern in self.patterns if not self.is_resolved(pattern) and not self.understood_by(pattern)
            for it in self.recent(pattern)
        )

    def do_groups_repeat(self):
        """Several patterns that do not repeat have together `threshold` recent occasions, one of which touches."""
        groups = {}
        for pattern in self.patterns:
            if self.repeats(pattern) or self.is_resolved(pattern) or self.understood_by(pattern):
                continue
            if not self.recent(pattern):
                continue
            sort, workflow, name = pattern
            groups.setdefault(("cause", name) if sort == "cause" else ("workflow", workflow), []).append(pattern)
        threshold = self.rules.at_least_1(self.target, "threshold", 3)
        for group in groups.values():
            recent = [it for pattern in group for it in self.recent(pattern)]
            if len(group) > 1 and len(recent) >= threshold:
                if any(map(self.touches_target, recent)):
                    return True
        return False

    def check_redesign_effective(self):
        for pattern in self.patterns:
            failure = self.gate.last_failure(pattern, self.target, self.rules)
            if failure < 0:
                continue
            if not self.understood_by(pattern) and not self.is_resolved(pattern):
                return "fail"
        return "pass"

    def check_reviews_done(self):
        result = "pass"
        for it in self.overrides():
            due = self.review_due(it) if it.id in self.gate.effect else None
            if due is None:
                continue
            asked_from, due = due
            if self.is_follow_up_missing(it) and asked_from <= self.now:
                return "fail"
            if self.gate.lacks_reviews(it, self.now) and asked_from <= self.now:
                if due <= self.now:
                    return "fail"
                result = "warn"
        return result

    def review_due(self, record):
        """(from when a review is asked for, when it is due), or None where none is asked for."""
        found = []
        if "expected" in record.body:
            entry = self.rules.expected(record)
            within = duration(entry["review_within"]) if entry else DAY
            found.append((float("-inf"), record.created_at + within))
        targets = verify.today(self.rules.body, record.targets())
        times = [self.rules.time(it, "exceptions", "review_within") for it in targets]
        times = [it for it in times if it is not None]
        if times:
            over = min([self.gate.end_by_time(record), *(it.created_at for it in self.gate.closures.get(record.id, []))])
            found.append((over, over + min(times)))
        if not found:
            return None
        return min(it[0] for it in found), min(it[1] for it in found)

    def is_follow_up_missing(self, record):
        said = [it for it in self.gate.reviews.get(record.id, []) if it.body["verdict"] == "unjustified"]
        return bool(said) and not any(map(self.still_counts, said[-1].body["follow_up"]))

    def still_counts(self, identity):
        record = self.gate.by_id.get(identity)
        if record is None:
            return False
        if record.kind == "redesign":
            return record.id in self.gate.effect or (not self.gate.is_rejected(record) and self.now < record.body["due"])
        if record.kind in ("exception", "rollback-plan", "release", "triage"):
            return not self.gate.is_rejected(record)
        return True

    def check_credentials_revoked(self):
        for it in self.overrides():
            closures = self.gate.closures.get(it.id, [])
            if it.id not in self.gate.effect or not closures:
                continue
            start = min([self.gate.end_by_time(it), *(closure.created_at for closure in closures)])
            credentials = {grant["credential"] for grant in it.body.get("grant", []) if "credential" in grant}
            if self.now - start >= self.grace(it) and any(self.is_pending(it, name) for name in credentials):
                return "fail"
        return "pass"

    def is_pending(self, override, name):
        """record.md, closure: a credential of a grant is pending until one of four things holds."""
        said = [
            (closure, row["became"]) for closure in self.gate.closures[override.id]
            for row in closure.body.get("credential", []) if row["credential"] == name and row["became"] != "pending"
        ]
        reviews = [
            it for it in self.gate.reviews.get(override.id, [])
            if it.body["verdict"] == "justified"
        ]
        for closure, became in said:
            is_concerned = self.gate.person(closure) in self.gate.concerned(override, closure.roster)
            if not is_concerned:  # 1.
                return False
            if any(it.seen > closure.position for it in reviews):  # 2.
                return False
            if largest(self.rules.body, override.targets(), "approvals", "overrides", 1) == 0:  # 3.
                return False
            if became == "expired" and self.has_expired(override, name):  # 4.
                return False
        return True

    def has_expired(self, override, name):
        trigger = override.body["trigger"]
        if trigger.get("credential") == name:
            return self.now >= trigger.get("credential_expires_at", self.now + 1)
        return self.now >= max(it["expires_at"] for it in override.body["grant"] if it.get("credential") == name)

    def check_no_standing_access(self):
        grace = self.rules.time(self.target, "exceptions", "credential_grace", "24h")
        renewals = self.rules.rule(self.target, "exceptions", "max_renewals", 1)
        grants = {}
        for it in self.gate.overrides:
            if it.id in self.gate.effect:
                for grant in it.body.get("grant", []):
                    person = self.person_of(it.roster, grant["to"])
                    row = (self.gate.effect[it.id][1], it.position, self.grant_end(it, grant), it, grant["action"])
                    grants.setdefault((person, self.resource(grant["resource"])), []).append(row)
        for found in grants.values():
            for row in self.rows(found, grace):
                if any(self.touches(it[3]) for it in row) and not self.is_forgotten(row):
                    overrides = {it[3].id for it in row}
                    if len(overrides) - 1 > renewals or self.has_grown(row):
                        return "fail"
        return "pass"

    @staticmethod
    def person_of(roster, name):
        return roster.person(name) if name in roster.members else name

    def resource(self, name):
        """Those that match an entry with `one_resource` are one, with the name of the first such entry."""
        for entry in self.rules.body.get("resource", []):
            if entry.get("one_resource") and path_glob(entry["name"]).fullmatch(name):
                return ("one", entry["name"])
        return ("resource", name)

    def grant_end(self, override, grant):
        backdating = duration(self.rules.body.get("max_backdating", "24h"))
        closed = [
            it.created_at + backdating for it in self.gate.closures.get(override.id, [])
            if self.gate.person(it) not in self.gate.concerned(override, it.roster)
        ]
        return min([grant["expires_at"], self.gate.end_by_time(override), *closed])

    @staticmethod
    def rows(grants, grace):
        rows = []
        for it in sorted(grants, key=lambda it: it[:2]):
            if rows and it[0] - max(other[2] for other in rows[-1]) < grace:
                rows[-1].append(it)
            else:
                rows.append([it])
        return rows

    def is_forgotten(self, row):
        start, end = row[0][0], max(it[2] for it in row)
        return self.now - end >= end - start

    @staticmethod
    def has_grown(row):
        """An override behind the first one gives an action that no grant before it gave."""
        given = {it[4] for it in row if it[3] is row[0][3]}
        for it in row:
            if it[4] not in given and it[3] is not row[0][3]:
                return True
        return False

    def check_release_approved(self):
        release = self.release
        if not release or release.id not in self.gate.effect or self.gate.is_rejected(release):
            return "fail"
        if not self.is_approved(release) or self.now >= release.body["expires_at"]:
            return "fail"
        if not self.plan or release.body["rollback_plan"] != self.plan.id:
            return "fail"
        named = [it["sha256"] for it in release.body.get("artifact", [])]
        if sorted(named) != sorted(it["sha256"] for it in self.artifacts):
            return "fail"
        return "fail" if self.is_stale(release) else "pass"

    def is_stale(self, release):
        accepted = set(release.body.get("exceptions", []))
        for it in self.overrides():
            if not self.is_over(it) and not self.gate.is_rejected(it) and it.id not in accepted:
                return True
        return any(
            not accepted & {it.id for it in occasion}
            for pattern in self.patterns if self.repeats(pattern)
            for occasion in self.occasions(pattern)
        )


# ---- Machine-readable criteria (rollback-criteria) -----------------------------------------------------------

HTTP = re.compile(r"prometheus\+https?://(?P<host>[^/?]*)(?P<path>/[A-Za-z0-9/._~-]*)?(\?query=(?P<query>[^&+#]*))?")
HOST = re.compile(r"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[(?P<v6>[0-9A-Fa-f:.]+)\])(:(?P<port>[0-9]+))?")
WORDS = {
    "and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "atan2",
}
CLOSES = {"(": ")", "[": "]", "{": "}"}


def is_machine_readable(criterion):
    source, query = criterion["source"], None
    if source.startswith("prometheus:"):
        query = source[len("prometheus:"):].strip()
        if query.startswith("//"):
            return False
    elif source != "prometheus":
        match = HTTP.fullmatch(source)
        if not match or not is_host(match["host"]):
            return False
        query = match["query"]
        if query is not None:
            if re.search(r"%(?![0-9A-Fa-f]{2})", query):
                return False
            try:
                query = urllib.parse.unquote(query, errors="strict")
            except UnicodeDecodeError:
                return False
            if re.search(r"[\n\t]", query) or verify.FORBIDDEN.search(query):
                return False
    return is_promql(criterion["metric"] if query is None else query)


def is_host(text):
    match = HOST.fullmatch(text)
    if not match:
        return False
    if match["v6"]:
        try:
            ipaddress.IPv6Address(match["v6"])
        except ValueError:
            return False
    return match["port"] is None or 1 <= int(match["port"]) <= 65535


def is_promql(query):
    """Whether it has the tokens of PromQL, and may stand in brackets."""
    at, opened, before, some = 0, [], None, False

    def take(pattern):
        nonlocal at
        match = re.compile(pattern, re.DOTALL).match(query, at)
        at = match.end() if match else at
        return match and match[0]

    while at < len(query):
        if take(" +"):
            continue
        some, inner = True, opened[-1] if opened else None
        # In a range a colon separates two durations; elsewhere it is part of a name.
        name = r"[A-Za-z_][A-Za-z0-9_]*" if inner == "]" else r"[A-Za-z_:][A-Za-z0-9_:]*"
        word = take(r"([0-9]|\.[0-9])[A-Za-z0-9_.]*") or take(name)
        if word:
            if before and before.lower() not in WORDS and word.lower() not in WORDS:
                return False
            before = word
            continue
        before = None
        if take(r"\"([^\"\\]|\\.)*\"|'([^'\\]|\\.)*'|`[^`]*`"):
            continue
        bracket = take(r"[(\[{]")
        if bracket:
            if inner == "}":
                return False
            opened.append(CLOSES[bracket])
        elif closing := take(r"[)\]}]"):
            if not opened or opened.pop() != closing:
                return False
        elif not (
            inner == "]" and take(":") or inner == "}" and take("=~|!~|=(?!=)") or inner and take(",")
            or take(r"==|!=|<=|>=|<|>|[-+*%^@]|/(?!/)")
        ):
            return False
    return some and not opened


# ---- The command ---------------------------------------------------------------------------------------------


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    git = verify.Git(sys.argv[1])
    ledger = verify.Ledger(git, None)
    head = git.head("refs/heads/ledger")
    with open(sys.argv[2]) as file:
        questions = json.load(file)
    for oid, data in git.chain(head) if head else []:
        ledger.advance(oid, data)
    gate = Gate(ledger)
    print(json.dumps([gate.decide(it) for it in questions], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
