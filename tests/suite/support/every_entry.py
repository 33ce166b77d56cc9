"""Runs the second verifier on in-memory ledgers, and reports its state after every entry.

    every_entry.py FOLDER

FOLDER is that of `verify.py`. Each line of standard input is a ledger in the SHA-256 format:
`{"objects": {ID: HEX}, "entries": [ID]}`. The answer is one line: a list with a report for each entry. No rule is
written here: each field of a report is what a `verify.Ledger` holds.
"""

import json
import re
import sys

sys.path.insert(0, sys.argv[1])
import verify

# Every signature of a generated ledger is good, and to verify them takes most of the time. Here a signature has to
# be in form and by the right key; that it is good is compared on all the other ledgers of the tests.
verify.ed25519 = lambda public, message, signature: True


class Memory(verify.Git):
    """The objects of one ledger, instead of a repository. The test has computed their ids."""

    def __init__(self, objects):
        self.objects = {oid: bytes.fromhex(text).partition(b"\0") for oid, text in objects.items()}
        self.digits, self.oid, self.read_trees = 64, re.compile("[0-9a-f]{64}"), {}

    def look(self, oid):
        kind, size = self.objects[oid][0].decode().split()
        return kind, int(size)

    def read(self, oid):
        return self.objects[oid][2]


class InEffect:
    """The trusts and policies in effect, with the size since which each is, and the quarantines in effect."""

    def __init__(self):
        self.trusts, self.policies, self.quarantines = [], [], []

    def update(self, ledger):
        if ledger.founded and ledger.roster.id not in [record for _, record in self.trusts]:
            # The first roster applies from size 0, because there is none before it.
            since = 0 if ledger.roster.id == ledger.ledger else ledger.size
            self.trusts.append((since, ledger.roster.id))
        if ledger.policy_id and ledger.policy_id not in [record for _, record in self.policies]:
            self.policies.append((ledger.size, ledger.policy_id))
        for record in ledger.records.values():
            if record.kind == "quarantine" and record.id in ledger.for_ever and record.id not in self.quarantines:
                self.quarantines.append(record.id)


def report(ledger, in_effect, oid):
    records = list(ledger.records.values())

    def positions(holds):
        return [record.position for record in records if not record.void and holds(record)]

    return {
        "broken": ledger.unaccounted.get(oid, []),
        "size": ledger.size,
        "root": ledger.merkle.root(),
        "entries": ledger.entries,
        "founded": ledger.founded,
        "records": [record.id for record in records],
        "positions": [[record.position, record.judged_at] for record in records],
        "void": [[record.position, record.void] for record in records if record.void],
        "by_proposed_key": positions(lambda record: record.by_proposed),
        "stands_for_ever": positions(lambda record: record.id in ledger.for_ever),
        "stands": positions(ledger.stands),
        "trusts": list(in_effect.trusts),
        "policies": list(in_effect.policies),
        "quarantines": list(in_effect.quarantines),
        "open": sorted(ledger.open),
        "unaccounted": sorted(ledger.unaccounted),
        "distrusted": {point.hex(): start for point, start in ledger.distrust.items()},
        "ledger_time": verify.show_time(ledger.ledger_time()),
    }


def reports(objects, entries):
    git = Memory(objects)
    ledger, in_effect = verify.Ledger(git, None), InEffect()
    for oid in entries:
        size = ledger.size
        ledger.advance(oid, git.read(oid))
        for record in ledger.counting.get(oid, []):
            record.judged_at = size
        in_effect.update(ledger)
        yield report(ledger, in_effect, oid)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(list(reports(**json.loads(line)))), flush=True)
