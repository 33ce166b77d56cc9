"""Runs the second gate on in-memory ledgers, and answers questions about their states.

    every_question.py FOLDER

FOLDER is that of `verify.py` and `gate.py`. Each line of standard input is a ledger in the SHA-256 format, with the
questions to be asked after each entry: `{"objects": {ID: HEX}, "entries": [ID], "questions": [[QUESTION]]}`. The
answer is one line: a list with the answers for each entry. No rule is written here.
"""

import json
import pathlib
import sys

sys.path.insert(0, sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import gate
import verify
from every_entry import Memory


def answers(objects, entries, questions):
    git = Memory(objects)
    ledger = verify.Ledger(git, None)
    for oid, asked in zip(entries, questions):
        ledger.advance(oid, git.read(oid))
        state = gate.Gate(ledger) if asked else None
        yield [state.decide(question) for question in asked]


for line in sys.stdin:
    print(json.dumps(list(answers(**json.loads(line)))), flush=True)
