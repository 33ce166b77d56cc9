#!/usr/bin/env python3
"""A second verifier of countersign ledgers, written from the pages in ledger-schema/.

    verify.py record FILE
    verify.py ledger REPOSITORY [--branch ledger] [--ledger-id ID]

It needs Python 3.9 or later, its standard library, and the program `git`: no key, no network, no clock. It
answers with one JSON object. `record` looks at one file by itself. `ledger` walks a branch from its first entry
to its head. Both exit with 0 where all is well, else with 3 (2: wrong usage, 4: the environment failed).

It has no pin and asks no lower bound, no remote and no witness, so it never says `rewound`, `forked` or
`diverged`. It does not decide about deployments either. Everything else in verify.md it does, and the sections
below follow the pages: keys and signatures, one record, Git and one entry, trust and policy, the state.
"""

import argparse
import base64
import datetime
import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import textwrap
from collections import namedtuple

INT_MAX = 9007199254740991
RECORD_MAX = COMMIT_MAX = 65536
OBJECT_MAX = 16777216
FILES_MAX = TARGETS_MAX = 1024
ENTRY_MAX = 1048576
FORMAT = 2  # the one that this verifier knows: schema 2 with the kinds of SCHEMA below


class Refused(Exception):
    """Something is not as the text asks; its argument is the code."""


class Incomplete(Exception):
    """An object is missing, damaged, or of another type: nothing can be said of the ledger."""


def need(holds, code):
    if not holds:
        raise Refused(code)


# ---- Strict Ed25519 (record.md, Signature) ------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ZERO = (0, 1, 1, 0)  # points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def double(p):
    a, b, c = p[0] * p[0] % P, p[1] * p[1] % P, 2 * p[2] * p[2] % P
    h, g = a + b, a - b
    e, f = h - (p[0] + p[1]) * (p[0] + p[1]) % P, c + g
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def is_zero(p):
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def is_small(p):
    return is_zero(double(double(double(p))))


def combine(s, p, t, q):
    """s * p + t * q, both at once (Shamir's trick)."""
    table = (ZERO, p, q, add(p, q))
    result = ZERO
    for bit in range(max(s.bit_length(), t.bit_length()) - 1, -1, -1):
        result = double(result)
        index = (s >> bit & 1) | (t >> bit & 1) << 1
        if index:
            result = add(result, table[index])
    return result


def encode_point(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


@functools.lru_cache(maxsize=None)
def decode_point(data):
    """The point that 32 bytes encode canonically, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.lru_cache(maxsize=None)
def is_enrollable(data):
    """A canonical encoding of a point of full order, without torsion."""
    point = decode_point(data)
    return point is not None and not is_small(point) and is_zero(combine(L, point, 0, ZERO))


def ed25519(public, message, signature):
    """Whether a signature holds strictly: S below the order, nothing of small order, no cofactor."""
    point, scalar = decode_point(public), int.from_bytes(signature[32:], "little")
    if point is None or is_small(point) or scalar >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    r = combine(scalar, BASE, k, (P - point[0], point[1], 1, P - point[3]))
    # R is never decoded: it has to be the one encoding of the point that the equation asks for.
    return encode_point(r) == signature[:32] and not is_small(r)


# ---- Keys and SSHSIG (record.md, Forms and Signature) --------------------------------------------------------

PLAIN, HARDWARE = "ssh-ed25519", "sk-ssh-ed25519@openssh.com"
# A hardware key is all three; a plain one has no application.
Key = namedtuple("Key", "type point application")


def string(data):
    return len(data).to_bytes(4, "big") + data


def take(data, count):
    """The first bytes and the rest; what is too short is refused."""
    need(len(data) >= count, "signature")
    return data[:count], data[count:]


def take_string(data):
    length, rest = take(data, 4)
    return take(rest, int.from_bytes(length, "big"))


def unbase64(text):
    """Standard, padded base64 that is exactly the encoding of what it decodes to."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("record") from None
    need(base64.b64encode(data) == text, "record")
    return data


def key_of_blob(blob):
    name, rest = take_string(blob)
    point, rest = take_string(rest)
    application = None
    need(len(point) == 32 and name in (PLAIN.encode(), HARDWARE.encode()), "signature")
    if name == HARDWARE.encode():
        application, rest = take_string(rest)
        need(1 <= len(application) <= 255 and is_clean(application), "signature")
    need(not rest, "signature")
    return Key(name.decode(), point, application)


def key_blob(key):
    blob = string(key.type.encode()) + string(key.point)
    return blob if key.application is None else blob + string(key.application)


def fingerprint(key):
    digest = hashlib.sha256(key_blob(key)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@functools.lru_cache(maxsize=None)
def key_of_line(line):
    """The key of `TYPE BASE64 [COMMENT]`, or None."""
    match = re.fullmatch(r"(\S+) ([A-Za-z0-9+/]+=*)(?: [!-~](?:[ -~]*[!-~])?)?", line)
    try:
        key = key_of_blob(unbase64(match[2].encode())) if match else None
    except Refused:
        return None
    return key if key and key.type == match[1] else None


def verify_sshsig(blob, namespace, message):
    """The key of an SSHSIG of exactly the one form that signs these bytes strictly."""
    rest = blob[10:]
    need(blob[:10] == b"SSHSIG" + (1).to_bytes(4, "big"), "signature")
    key_bytes, rest = take_string(rest)
    fixed = string(namespace) + string(b"") + string(b"sha512")
    need(rest.startswith(fixed), "signature")
    inner, rest = take_string(rest[len(fixed):])
    need(not rest, "signature")
    key = key_of_blob(key_bytes)
    name, rest = take_string(inner)
    signature, rest = take_string(rest)
    need(name == key.type.encode() and len(signature) == 64, "signature")
    signed = b"SSHSIG" + fixed + string(hashlib.sha512(message).digest())
    if key.type == HARDWARE:
        # Flags and counter; 0x01 and 0x05 say that the user was present.
        need(len(rest) == 5 and rest[0] in (0x01, 0x05), "signature")
        signed, rest = hashlib.sha256(key.application).digest() + rest + hashlib.sha256(signed).digest(), b""
    need(not rest and ed25519(key.point, signed, signature), "signature")
    return key


# ---- The grammar of a payload (record.md, Characters and Grammar) --------------------------------------------

FORBIDDEN = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u200b\u200e-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)


def is_clean(data):
    """UTF-8 without the characters that never occur."""
    try:
        return not FORBIDDEN.search(data.decode())
    except UnicodeDecodeError:
        return False


NAME, HEX, INT = r"[a-z0-9][a-z0-9._-]{0,63}", r"[0-9a-f]{64}", r"0|[1-9][0-9]{0,15}"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
QUOTED = r'"(?:[^"\\\n]|\\["\\])*"'
HEADING = re.compile(r"\n(\[\[?)([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(\]\]?)\n")
PAIR = re.compile(
    r"(?P<key>[a-z0-9_-]+) = (?:"
    r'"""\n(?P<text>(?:[^"\\]|\\["\\])*)"""'
    rf"|(?P<line>{QUOTED})"
    rf"|\[(?P<short>{QUOTED}(?:, {QUOTED})*)\]"
    rf"|\[\n(?P<long>(?:    {QUOTED},\n)+)\]"
    rf"|(?P<time>{TIME})|(?P<int>{INT})|(?P<bool>true|false))\n"
)


def seconds(text):
    """A time as seconds since 1970, or None if there is no such time between 2000 and 9999."""
    try:
        moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return None
    # strptime would take a leap second.
    if moment.year < 2000 or text[17:19] > "59":
        return None
    return int((moment - datetime.datetime(1970, 1, 1)).total_seconds())


def show_time(moment):
    if moment is None:
        return None
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(0, moment)).isoformat() + "Z"


def unescape(text):
    return re.sub(r"\\(.)", r"\1", text)


def value_of(match):
    """(the grammar's word, the value) of a pair."""
    word, text = match.lastgroup, match[match.lastgroup]
    if word == "text":
        need("\n" in text, "spelling")
        return word, unescape(text)
    if word == "line":
        return word, unescape(text[1:-1])
    if word in ("short", "long"):
        spelled = re.findall(QUOTED, text)
        length = len(f"{match['key']} = [{', '.join(spelled)}]".encode())
        need((length <= 100) == (word == "short"), "spelling")
        values = [unescape(it[1:-1]) for it in spelled]
        need(len(set(values)) == len(values), "spelling")
        return "list", values
    if word == "time":
        need(seconds(text) is not None, "spelling")
        return word, seconds(text)
    if word == "int":
        need(int(text) <= INT_MAX, "spelling")
        return word, int(text)
    return word, text == "true"


def parse_payload(text):
    """The tables of a payload: (path, whether it is an element, pairs), the first being the top level."""
    tables, path, is_element, at = [], (), False, 0
    while True:
        pairs = []
        while match := PAIR.match(text, at):
            pairs.append((match["key"], *value_of(match)))
            at = match.end()
        need(pairs, "spelling")
        tables.append((path, is_element, pairs))
        if text.startswith("\n", at) and at + 1 == len(text):
            return tables
        match = HEADING.match(text, at)
        need(match and len(match[1]) == len(match[3]), "spelling")
        path, is_element, at = tuple(match[2].split(".")), match[1] == "[[", match.end()


# ---- The fields of every kind (record.md, Kinds) -------------------------------------------------------------
# A row is a table with its fields, or more fields of the table above it: `key form`, `[]` a list, `?` may be
# absent. `[x]` is a table and `[[x]]` are tables, `?` may be absent, `+` one or more. What depends on other
# fields is in `conditions`.

RULES = """\
[approvals]? overrides int?, rollback_plans int?, redesigns int?, releases int?, reviews int?, triage int?
[exceptions]? max_lifetime duration?, max_renewals int?, credential_grace duration?, review_within duration?
[credentials]? max_lifetime duration?
[recurrence]? mode enforce|warn?, warn_at int?, threshold int?, window duration?, same_occasion duration?
  understood_for duration?, after_redesign int?, max_occasions int?
[rollback]? min_criteria int?, max_lifetime duration?, rehearsed_within duration?, machine_readable bool?
[receipts]? lifetime duration?, recorded_by pusher|pipeline?
[freshness]? max_age duration?, witnesses int?
"""

SCHEMA = f"""\
[header] schema int, kind name, ledger hex?, author name, created_at time
[checkpoint] size int1, root hex
[evidence] sha256 hex, size int, uri ascii
[trust] version int1, supersedes hex?, nonce hex?, format int1, reason line?
  [threshold] trust int1, policy int1, quarantine int1
  [[member]]+ name name, type human|service, owner name?, teams name[]?, keys key[]
    [[role]]+ role admin|reporter|approver|reviewer|auditor|gate|witness, services glob[]?, environments glob[]?
  [[distrust]]? key fingerprint, from int, reason line
[policy] version int1, supersedes hex?, reason line?, clock_skew duration?, max_backdating duration?
{textwrap.indent(RULES, "  ")}
  [[quorum]]? of overrides|rollback_plans|redesigns|releases|reviews|triage, team name, count int
  [[expected]]? name name, type emergency-access|regulated-approval|third-party-handoff, approvals int, team name?
    max_lifetime duration, review_within duration, max_per_window int, window duration, may_waive code[]?
  [[same_cause]]? is name, also name[]
  [[shared_cause]]? root_cause name
  [[workflow]]? name name, owner name, respond_within duration?
  [[resource]]? name ascii, services name[]?, environments name[]?, actions ascii[]?, max_lifetime duration?, one_resource bool?
  [[target]]? service name, environment name, repository name?, refs ascii[]?, paths ascii[]?, remotes ascii[]?
    formerly target[]?
{textwrap.indent(RULES, "    ")}
[exception] workflow name, step line?, services name[], environments name[]
  failure bad-source-data|missing-approval-context|timeout|conflicting-policy|brittle-dependency|own-defect?
  origin data|hand-off|approval-routing|tool-access?, third_party line?, root_cause name?, summary line, detail text?
  references ascii[]?, symptom ascii?
  occurred_at time?, occurrences int2?, commit commit?, answers hex[]?, renews hex?, expected name?, waives code[]?
  for_commit commit?, expires_at time?
  [trigger] identity name, credential ascii?, credential_expires_at time?, task line
  [[grant]]? to name, action ascii, resource ascii, credential ascii?, expires_at time
[triage] of hex[], verdict cause|duplicate|mistaken, workflow name?, root_cause name?
  failure bad-source-data|missing-approval-context|timeout|conflicting-policy|brittle-dependency|own-defect?
  origin data|hand-off|approval-routing|tool-access?, occurred_at time?, duplicate_of hex?, reason text
[rollback-plan] services name[], environments name[], to way-back, method redeploy|revert, commit commit?, owner name
  summary line, expires_at time, max_duration duration, data reversible|forward-only, data_note text?
  supersedes hex?
  [[criterion]]+ metric ascii, comparison >|>=|<|<=, threshold decimal, window duration, source ascii
  [[step]]? action text, verify text?, timeout duration?
[redesign] workflow name, root_causes name[], services name[], environments name[], summary line, cause text
  owner name, change code|process|retirement, in_force_from time?, due time, supersedes hex?
  [[commit]]? id commit, repository name?
[release] service name, environment name, commit commit, rollback_plan hex, exceptions hex[]?, references ascii[]?
  expires_at time
  [[artifact]]? name ascii, sha256 hex
[approval] of hex, verdict approve|reject|withdraw, reason line?, references ascii[]?
[review] of hex, verdict justified|unjustified, findings text, references ascii[]?, follow_up hex[]?
[closure] of hex, reason text
  [[credential]]? credential ascii, became revoked|rotated|expired|pending, at time?
[pause] services name[], environments name[], workflow name?, reason text, begins_at time?, expires_at time?
[resume] of hex, reason text
[receipt] service name, environment name, repository name?, ref ascii?, commit commit, purpose expansion|restoration
  decision allowed|refused, at time, expires_at time?, trust hex, policy hex?, rollback_plan hex?, release hex?
  previous commit?, previous_from ref|given|ledger?, redesigns hex[]?, waivers hex[]?, options ascii[]?, program ascii
  [[artifact]]? name ascii, sha256 hex
  [[check]]+ code code, result pass|warn|fail|waived, records hex[]?
[outcome] of hex, result succeeded|failed|never-started|rolled-back|rehearsed|rehearsal-failed, environment name?
  started_at time, ended_at time, exception hex?
  [[measured]]? metric ascii, value decimal
[audit] size int1, root hex, verdict sound|findings, findings text?
[quarantine] entries commit[], reason text
"""

CODES = """ledger-valid ledger-fresh target-known not-paused rollback-plan rollback-criteria rollback-target
rollback-rehearsed overrides-decided overrides-closed no-repeating-exceptions redesign-effective reviews-done
credentials-revoked no-standing-access release-approved""".split()
NEVER_WAIVED = {"ledger-valid", "ledger-fresh", "target-known", "reviews-done", "no-standing-access"}

FORMS = {
    "name": NAME,
    "hex": HEX,
    "commit": r"[0-9a-f]{40}(?:[0-9a-f]{24})?",
    "way-back": r"previous|removal|[0-9a-f]{40}(?:[0-9a-f]{24})?",
    "duration": r"[1-9][0-9]{0,4}[smhdw]",
    "decimal": r"(?!-0\Z)-?(?:0|[1-9][0-9]{0,17})(?:[.][0-9]{0,17}[1-9])?",
    "target": f"{NAME}/{NAME}",
    "glob": r"[a-z0-9*][a-z0-9._*-]{0,63}",
    "ascii": r"[ -~]+",
    "code": "|".join(CODES),
    "line": r"[^\n\t]+",
    "text": r"[\s\S]+",
}


def read_schema(text):
    """{kind: {"fields": [(key, form, is_list, optional)], "tables": [(key, is_element, presence, node)]}}"""
    top = {"fields": [], "tables": []}
    path = [(-1, top)]
    for row in filter(str.strip, text.splitlines()):
        depth, row = len(row) - len(row.lstrip()), row.strip()
        while path[-1][0] >= depth:
            path.pop()
        node = path[-1][1]
        if row[0] == "[":
            brackets, key, presence, row = re.fullmatch(r"(\[+)([a-z_-]+)\]+([?+]?) (.*)", row).groups()
            child = {"fields": [], "tables": []}
            node["tables"].append((key, brackets == "[[", presence, child))
            path.append((depth, child))
            node = child
        for key, form in (field.split() for field in row.split(", ")):
            optional = form.endswith("?")
            form = form.rstrip("?")
            node["fields"].append((key, form.replace("[]", ""), form.endswith("[]"), optional))
    return {key: node for key, _, _, node in top["tables"]}


TABLES = read_schema(SCHEMA)
TOP, CHECKPOINT, EVIDENCE = (TABLES.pop(key)["fields"] for key in ("header", "checkpoint", "evidence"))
KINDS = set(TABLES)
PROPOSED = {"trust", "policy", "quarantine"}
APPROVED = {"override", "triage", "rollback-plan", "redesign", "release"}
ABOUT = {"approval", "review", "closure", "resume", "outcome"}  # kinds whose `of` names one subject
BARS = {"failed", "never-started"}  # results of an outcome that can be answered
OF_PLANS = {"rehearsed", "rehearsal-failed"}  # results of an outcome that are of a plan, not of a receipt


def is_formed(form, word, value):
    """Whether a value has a form."""
    if form.startswith("int"):
        return word == "int" and value >= int(form[3:] or 0)
    if form in ("time", "bool"):
        return word == form
    if word != "line" and (word, form) != ("text", "text") or value[:1] == " " or value[-1:] == " ":
        return False
    if form == "key":
        return key_of_line(value) is not None
    if form == "fingerprint":
        # The last of 43 digits holds two bits more than it needs; they are zero.
        return re.fullmatch(r"SHA256:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]", value) is not None
    return re.fullmatch(FORMS.get(form, re.escape(form).replace(r"\|", "|")), value) is not None


def match_fields(fields, pairs):
    """The pairs of one table as a dict, if they are its fields, in its order, and nothing else."""
    result, at = {}, 0
    for key, form, is_list, optional in fields:
        if at < len(pairs) and pairs[at][0] == key:
            _, word, value = pairs[at]
            need((word == "list") == is_list, "spelling")
            formed = all(is_formed(form, "line", it) for it in value) if is_list else is_formed(form, word, value)
            need(formed, "spelling")
            result[key], at = value, at + 1
        else:
            need(optional, "spelling")
    need(at == len(pairs), "spelling")
    return result


def match_table(node, path, tables):
    """Takes a table and its sub-tables, depth first, off the front of `tables`."""
    result = match_fields(node["fields"], tables.pop(0)[2])
    for key, is_element, presence, child in node["tables"]:
        found = []
        while tables and tables[0][:2] == ((*path, key), is_element) and (is_element or not found):
            found.append(match_table(child, (*path, key), tables))
        need(found or presence == "?", "spelling")
        if found:
            result[key] = found if is_element else found[0]
    return result


def conditions(kind, body, created_at, has_evidence):
    """What the fields of one record ask of each other."""
    iff = {
        "trust": lambda: [("supersedes", body["version"] > 1), ("nonce", body["version"] == 1)],
        "rollback-plan": lambda: [("data_note", body["data"] == "forward-only")],
        "redesign": lambda: [("commit", body["change"] == "code")],
        "receipt": lambda: [("expires_at", body["decision"] == "allowed"), ("previous_from", "previous" in body)],
    }.get(kind, list)()
    holds = all((key in body) == wanted for key, wanted in iff)
    if kind == "receipt":
        holds = holds and (body.get("previous_from") != "ref" or "ref" in body)
    elif kind == "exception":
        holds = ("expected" in body or not {"waives", "for_commit"} & body.keys()) and body.get("occurred_at", 0) <= created_at
        holds = holds and ("expires_at" in body or not ("grant" in body or "expected" in body))
    elif kind == "triage":
        holds = body.get("occurred_at", 0) <= created_at
    elif kind == "rollback-plan":
        holds = holds and (body["method"] != "revert" or "commit" in body)
    elif kind == "redesign":
        holds = holds and (body["change"] != "code" or "in_force_from" not in body)
        holds = holds and (body["change"] == "code" or has_evidence)
    elif kind == "approval":
        holds = body["verdict"] != "reject" or "reason" in body
    elif kind == "review":
        holds = body["verdict"] != "unjustified" or "follow_up" in body
    elif kind == "pause":
        holds = "begins_at" not in body or body["begins_at"] < body.get("expires_at", body["begins_at"] + 1)
    elif kind == "outcome":
        holds = body["started_at"] <= body["ended_at"]
    return holds and len(body.get("services", [])) * len(body.get("environments", [])) <= TARGETS_MAX


def read_body(text, kind, created_at):
    """The table of a record's kind, if the whole payload is in the one spelling."""
    tables = parse_payload(text)
    # The header was read before; here it only has to hold nothing else.
    match_fields(TOP, tables.pop(0)[2])
    if tables and tables[0][:2] == (("checkpoint",), False):
        match_fields(CHECKPOINT, tables.pop(0)[2])
    need(tables and tables[0][:2] == ((kind,), False), "spelling")
    body = match_table(TABLES[kind], (kind,), tables)
    evidence = [it for it in tables if it[:2] == (("evidence",), True)]
    need(len(evidence) == len(tables), "spelling")
    for _, _, pairs in evidence:
        match_fields(EVIDENCE, pairs)
    need(conditions(kind, body, created_at, bool(evidence)), "spelling")
    return body


# ---- One record --------------------------------------------------------------------------------------------

HEADER = re.compile(
    rf'schema = ({INT})\nkind = "({NAME})"\n(?:ledger = "({HEX})"\n)?author = "({NAME})"\ncreated_at = ({TIME})\n'
    rf'(?:\n\[checkpoint\]\nsize = ({INT})\nroot = "({HEX})"\n|(?!\n\[checkpoint\]\n))'
)
BLOCK = re.compile(
    rb'\[signature\]\nsshsig = """\n-----BEGIN SSH SIGNATURE-----\n'
    rb'((?:[A-Za-z0-9+/=]{70}\n)*[A-Za-z0-9+/=]{1,70}\n)-----END SSH SIGNATURE-----\n"""\n'
)


class Record:
    """A record file. `codes` says what is wrong with it by itself; without a readable header `schema` is None."""

    def __init__(self, data):
        self.data, self.leaf = data, hashlib.sha256(b"\0" + data).digest()
        self.codes, self.id, self.schema, self.kind, self.body, self.key = [], None, None, None, None, None
        for step in (self.read_outside, self.read_inside, self.read_signature):
            try:
                if "record" not in self.codes:
                    step()
            except Refused as refused:
                self.codes.append(str(refused))

    def read_outside(self):
        """Bytes, characters, block, header: what holds for every schema and kind."""
        data = self.data
        need(len(data) <= RECORD_MAX, "record")
        # The first line that is exactly `[signature]` ends the payload, also where it is the last one.
        match = re.search(rb"^\[signature\]$", data, re.M)
        need(match, "record")
        self.payload, block = data[: match.start()], data[match.start() :]
        need(is_clean(self.payload), "record")
        self.id = hashlib.sha256(self.payload).hexdigest()
        header = HEADER.match(self.payload.decode())
        need(header, "record")
        schema, self.kind, self.ledger, self.author, created_at, size, self.root = header.groups()
        self.created_at, self.seen = seconds(created_at), int(size or 0)
        # Only the first record of a ledger has neither; where it stands is for the ledger to say.
        need(self.created_at is not None and (self.ledger is None) == (size is None), "record")
        need(size != "0" and self.seen <= INT_MAX and int(schema) <= INT_MAX, "record")
        self.schema = int(schema)
        self.path = f"{self.kind}/{created_at[:10].replace('-', '/')}/{self.id}.toml"
        match = BLOCK.fullmatch(block)
        need(match, "record")
        self.blob = unbase64(match[1].replace(b"\n", b""))

    def read_inside(self):
        if not self.is_foreign():
            self.body = read_body(self.payload.decode(), self.kind, self.created_at)

    def read_signature(self):
        self.key = verify_sshsig(self.blob, b"countersign.record.v1", self.payload)

    def kind_is(self, kind):
        """Whether it is in form, authentic, and says something of this kind."""
        return not self.codes and self.kind == kind and self.body is not None

    @functools.cached_property
    def proposed_roster(self):
        return Roster(self.id, self.body) if self.kind == "trust" else None

    def is_foreign(self):
        return self.schema != FORMAT or self.kind not in KINDS

    def is_override(self):
        return self.kind == "exception" and ("grant" in self.body or "expected" in self.body)

    def targets(self):
        if self.kind in ("receipt", "release"):
            return [(self.body["service"], self.body["environment"])]
        return [(s, e) for s in self.body.get("services", []) for e in self.body.get("environments", [])]

    def concerned(self):
        """The names of everybody concerned."""
        grants = [grant["to"] for grant in self.body.get("grant", [])]
        trigger = [self.body["trigger"]["identity"]] if self.kind == "exception" else []
        return [self.author, *trigger, *grants, *filter(None, [self.body.get("owner")])]


# ---- Git -----------------------------------------------------------------------------------------------------


class Git:
    """Reads a repository's objects, and hashes each of them again. No configuration but its own is asked."""

    def __init__(self, directory):
        # No transport is allowed: what is missing is missing, and is not fetched from a promisor.
        self.directory, self.git = directory, ["git", "-c", "protocol.allow=never", "-C", directory]
        self.environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": os.devnull}
        for switch in ("GIT_NO_REPLACE_OBJECTS", "GIT_NO_LAZY_FETCH", "GIT_CONFIG_NOSYSTEM"):
            self.environment[switch] = "1"
        for file in ("GIT_CONFIG_GLOBAL", "GIT_GRAFT_FILE"):
            self.environment[file] = os.devnull
        self.hash = self.run("rev-parse", "--show-object-format").strip()
        self.digits = {"sha1": 40, "sha256": 64}[self.hash]
        self.oid = re.compile(f"[0-9a-f]{{{self.digits}}}")
        self.processes = {mode: self.start(mode) for mode in ("--batch-check", "--batch")}
        self.read_trees = {}

    def run(self, *arguments):
        command = [*self.git, *arguments]
        return subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE).stdout.decode()

    def start(self, mode):
        command, pipe = [*self.git, "cat-file", mode], subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)

    def ask(self, mode, oid):
        process = self.processes[mode]
        try:
            process.stdin.write(oid.encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise Incomplete(oid) from None
        words = process.stdout.readline().split()
        if len(words) != 3 or words[0] != oid.encode():
            raise Incomplete(oid)
        return words[1].decode(), int(words[2])

    def look(self, oid):
        """(type, size) as Git says, before anything is read."""
        return self.ask("--batch-check", oid)

    def read(self, oid):
        kind, size = self.ask("--batch", oid)
        data = self.processes["--batch"].stdout.read(size + 1)[:size]
        digest = hashlib.new(self.hash, f"{kind} {len(data)}".encode() + b"\0" + data).hexdigest()
        if len(data) != size or digest != oid:
            raise Incomplete(oid)
        return data

    def head(self, ref):
        """What a ref names, by its full name; no symbolic ref."""
        rows = self.run("for-each-ref", "--format=%(refname) %(objectname) %(symref)", ref).splitlines()
        found = [row.split() for row in rows if row.split()[0] == ref]
        if found and len(found[0]) != 2:
            raise OSError(f"{ref} is a symbolic ref")
        return found[0][1] if found else None

    def chain(self, head):
        """(id, bytes) of each commit, the first entry first."""
        path = os.path.join(self.run("rev-parse", "--path-format=absolute", "--git-common-dir").strip(), "shallow")
        ends = open(path).read().split() if os.path.exists(path) else []
        chain, oid = [], head
        while oid:
            if oid in ends:
                raise Incomplete(oid)
            kind, size = self.look(oid)
            if kind != "commit" or size > OBJECT_MAX:
                raise Incomplete(oid)
            data = self.read(oid)
            chain.append((oid, data))
            oid = self.header(data, "parent")
        return chain[::-1]

    def header(self, commit, name):
        """The first object id behind a header's name; whether the commit is in form is another question."""
        head = commit.partition(b"\n\n")[0].decode("latin-1")
        match = re.search(rf"^{name} ({self.oid.pattern})$", head, re.M)
        return match[1] if match else None

    def tree(self, oid):
        """{name: (is_directory, id)} of a tree object in its one form."""
        if oid not in self.read_trees:
            kind, size = self.look(oid)
            need(kind == "tree" and size <= OBJECT_MAX, "tree")
            data, entries, last, at = self.read(oid), {}, b"", 0
            need(data, "tree")
            entry = re.compile(rb"(40000|100644) ([^/\0]+)\0([\s\S]{%d})" % (self.digits // 2))
            while at < len(data):
                match = entry.match(data, at)
                need(match, "tree")
                is_directory = match[1] == b"40000"
                # Git sorts a directory as if its name ended with a slash.
                order = match[2] + b"/" * is_directory
                name = match[2].decode("latin-1")
                need(last < order and name not in entries, "tree")
                entries[name], last, at = (is_directory, match[3].hex()), order, match.end()
            self.read_trees[oid] = entries
        return self.read_trees[oid]

    def added(self, old, new, path=(), files=None):
        """{path: blob id} of what one tree adds to another; whatever else differs is refused."""
        files = {} if files is None else files
        before = self.tree(old) if old else {}
        after = self.tree(new)
        need(before.keys() <= after.keys(), "tree")
        for name, (is_directory, oid) in after.items():
            known = before.get(name)
            if known == (is_directory, oid):
                continue
            need(is_directory == (len(path) < 4), "tree")
            if is_directory:
                need(known is None or known[0], "tree")
                self.added(known and known[1], oid, (*path, name), files)
            else:
                need(known is None and len(files) < FILES_MAX, "tree")
                files["/".join((*path, name))] = oid
        return files


# ---- The entry (entry.md) ------------------------------------------------------------------------------------


def commit_grammar(digits):
    oid, header = rb"[0-9a-f]{%d}" % digits, b"gpgsig" if digits == 40 else b"gpgsig-sha256"
    return re.compile(
        rb"(?P<head>tree (?P<tree>" + oid + rb")\n(?:parent (?P<parent>" + oid + rb")\n)?"
        rb"author [^\n]+\ncommitter [^\n]+\n)"
        + header + rb" -----BEGIN SSH SIGNATURE-----\n"
        rb"(?P<armor>(?: [A-Za-z0-9+/=]{70}\n)* [A-Za-z0-9+/=]{1,70}\n) -----END SSH SIGNATURE-----\n"
        rb"(?P<message>\n(?P<lines>(?:[^\n]*\n)+)\nLedger-Size: (?P<size>" + INT.encode() + rb")\n"
        rb"Ledger-Root: (?P<root>" + HEX.encode() + rb")\n)"
    )


def read_commit(data, grammar):
    """The match of an entry's commit and the blob of its signature."""
    match = grammar.fullmatch(data)
    need(match and len(data) <= COMMIT_MAX and b"\0" not in data, "commit")
    need(match["lines"] != b"\n" and not re.search(rb"^Ledger-", match["lines"], re.M), "commit")
    try:
        data.decode()
        return match, unbase64(match["armor"].replace(b"\n", b"").replace(b" ", b""))
    except (UnicodeDecodeError, Refused):
        raise Refused("commit") from None


class Merkle:
    """The tree of RFC 6962: full subtrees from left to right, the largest first."""

    def __init__(self, subtrees=()):
        self.subtrees = list(subtrees)

    def append(self, leaf):
        size = 1
        while self.subtrees and self.subtrees[-1][0] == size:
            size, leaf = size * 2, self.node(self.subtrees.pop()[1], leaf)
        self.subtrees.append((size, leaf))

    @staticmethod
    def node(left, right):
        return hashlib.sha256(b"\1" + left + right).digest()

    def root(self):
        hashes = [it for _, it in self.subtrees]
        root = hashes.pop() if hashes else hashlib.sha256().digest()
        while hashes:
            root = self.node(hashes.pop(), root)
        return root.hex()


# ---- Trust and policy (trust.md, record.md) --------------------------------------------------------------------


class Roster:
    """The members of one trust."""

    def __init__(self, trust_id, trust):
        self.id, self.trust = trust_id, trust
        self.members = {member["name"]: member for member in reversed(trust["member"])}
        self.keys = {name: {key_of_line(it) for it in m["keys"]} for name, m in self.members.items()}
        self.admins = [name for name in self.members if self.is_human(name) and self.tables(name, "admin")]

    def is_type(self, name, kind):
        return name in self.members and self.members[name]["type"] == kind

    def is_human(self, name):
        return self.is_type(name, "human")

    def person(self, name):
        """A human, or the owner of a service; a name that is no member is nobody."""
        return name if self.is_human(name) else self.members.get(name, {}).get("owner")

    def tables(self, name, role):
        return [table for table in self.members.get(name, {}).get("role", []) if table["role"] == role]

    def holds(self, name, key):
        return key in self.keys.get(name, ())

    def refuses(self, name, roles, targets):
        """`role` or `scope` where a member's tables of these roles do not reach all targets."""
        tables = [table for role in roles for table in self.tables(name, role)]
        if not tables:
            return "role"
        return None if all(any(covers(table, it) for table in tables) for it in targets) else "scope"


def covers(table, target):
    return all(
        lists is None or any(glob_matches(glob, name) for glob in lists)
        for lists, name in zip((table.get("services"), table.get("environments")), target)
    )


def glob_matches(glob, name):
    return re.fullmatch("[a-z0-9._-]*".join(map(re.escape, glob.split("*"))), name) is not None


class Register:
    """Every key and name that was ever in force. A point belongs to one name; a name keeps its type."""

    def __init__(self):
        self.points, self.keys, self.types = {}, {}, {}

    def enrol(self, roster):
        for name, member in roster.members.items():
            self.types.setdefault(name, member["type"])
            for key in roster.keys[name]:
                self.points.setdefault(key.point, name)
                self.keys.setdefault(key, name)

    def points_of(self, roster):
        """fingerprint → point, for every key of the register and of a roster."""
        keys = [*self.keys, *(key for keys in roster.keys.values() for key in keys)]
        return {fingerprint(key): key.point for key in keys}

    def accepts(self, trust, position, distrusted):
        """Whether a roster is as trust.md asks; `distrusted` are the points that are so already."""
        roster, members = Roster(None, trust), trust["member"]
        known = self.points_of(roster)
        keys = [(member["name"], key_of_line(it)) for member in members for it in member["keys"]]
        distrusts = trust.get("distrust", [])
        if not all(it["key"] in known and it["from"] <= position for it in distrusts):
            return False
        refused = {known[it["key"]] for it in distrusts} | set(distrusted)
        able = [a for a in roster.admins if any(key.point not in refused for key in roster.keys[a])]
        threshold = trust["threshold"]
        return (
            len(roster.members) == len(members)
            and len({key.point for _, key in keys}) == len(keys)
            and all(self.points.get(key.point, name) == name and is_enrollable(key.point) for name, key in keys)
            and all(self.types.get(it["name"], it["type"]) == it["type"] for it in members)
            and all(self.accepts_member(it, roster) for it in members)
            and len(able) >= max(threshold.values())
            and threshold["quarantine"] >= threshold["trust"]
        )

    @staticmethod
    def accepts_member(member, roster):
        roles = {table["role"] for table in member["role"]}
        unscoped = [table for table in member["role"] if table["role"] in ("admin", "auditor", "witness")]
        if member["type"] == "service":
            fits = roster.is_human(member.get("owner")) and roles <= {"reporter", "gate", "witness"}
        else:
            fits = "owner" not in member
        lists = any("services" in table or "environments" in table for table in unscoped)
        return fits and not lists and ("witness" not in roles or roles == {"witness"})


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def duration(text):
    return int(text[:-1]) * UNITS[text[-1]]


def today(policy, targets):
    """Several targets: each, or the targets that have it among their former names, if it is no target itself."""
    tables = policy.get("target", [])
    named = {(it["service"], it["environment"]) for it in tables}
    for target in targets:
        heirs = [it for it, names in policy.get(FORMER, {}).items() if target in names]
        if target in named or not heirs:
            yield target
        else:
            yield from heirs


FORMER = "former names"  # of a policy that took effect: its targets → their former names


def with_former_names(policy, before):
    """Renamed targets (deployment.md): those in `formerly`, and of each the names that it had in policies before."""
    former = {}
    for table in policy.get("target", []):
        target = (table["service"], table["environment"])
        names = former.setdefault(target, set())
        for name in (tuple(it.split("/")) for it in table.get("formerly", [])):
            names.update({name}, *(it[FORMER].get(name, ()) for it in before))
        names.discard(target)
    return {**policy, FORMER: former}


def shortest(policy, targets, table, key, default):
    """A duration of the policy, the shortest of several targets: the target's own, the policy's, the default."""
    found = []
    for service, environment in today(policy, targets):
        own = (it for it in policy.get("target", []) if (it["service"], it["environment"]) == (service, environment))
        value = next(own, {}).get(table, {}).get(key)
        found.append(duration(value or policy.get(table, {}).get(key, default)))
    return min(found)


def largest(policy, targets, table, key, default):
    """A number of the policy, the largest of several targets: the target's own, the policy's, the default."""
    found = []
    for service, environment in today(policy, targets):
        own = (it for it in policy.get("target", []) if (it["service"], it["environment"]) == (service, environment))
        found.append(next(own, {}).get(table, {}).get(key, policy.get(table, {}).get(key, default)))
    return max(found)


LONGEST = {
    "exceptions.max_lifetime": "90d", "exceptions.credential_grace": "30d", "exceptions.review_within": "90d",
    "recurrence.same_occasion": "7d",
    "recurrence.understood_for": "180d", "rollback.max_lifetime": "366d", "receipts.lifetime": "7d",
}


def is_out_of_bounds(policy):
    """Whether a policy goes beyond the bounds of the format (record.md)."""
    def exceeds(value, most):
        return duration(value) > duration(most)

    def rule(target, name, default):
        table, key = name.split(".")
        return target.get(table, {}).get(key, policy.get(table, {}).get(key, default))

    def never_repeats(target):
        occasions = max(rule(target, "recurrence.threshold", 3), 1)
        apart, window = (rule(target, f"recurrence.{key}", default) for key, default in (("same_occasion", "12h"), ("window", "90d")))
        return (occasions - 1) * duration(apart) >= duration(window)

    def is_too_wide(entry):
        at_once = entry["approvals"] == 0 or entry.get("may_waive")
        return (
            exceeds(entry["max_lifetime"], "7d" if at_once else "366d")
            or exceeds(entry["review_within"], "90d")
            or entry["max_per_window"] > 100
            or exceeds(entry["max_lifetime"], entry["window"])
        )

    targets = [{}, *policy.get("target", [])]
    names = {f"{it['service']}/{it['environment']}" for it in targets[1:]}
    return (
        exceeds(policy.get("clock_skew", "5m"), "1h")
        or exceeds(policy.get("max_backdating", "24h"), "7d")
        or any(exceeds(rule(it, name, most), most) for it in targets for name, most in LONGEST.items())
        or any(map(never_repeats, targets))
        or any(map(is_too_wide, policy.get("expected", [])))
        or any(names & set(it.get("formerly", [])) for it in targets)
    )


def references(record):
    """(ids, the kinds that each of them may be of) for everything that a record refers to."""
    body, get = record.body, record.body.get
    own = [([body["supersedes"]], {record.kind})] if "supersedes" in body else []
    return {
        "approval": lambda: [([body["of"]], APPROVED | PROPOSED | (set() if body["verdict"] == "approve" else {"answerable"}))],
        "triage": lambda: [([*body["of"], *filter(None, [get("duplicate_of")])], {"exception"})],
        "release": lambda: [([body["rollback_plan"]], {"rollback-plan"}), (get("exceptions", []), {"exception"})],
        "review": lambda: [([body["of"]], {"override"}), (get("follow_up", []), {"any"})],
        "resume": lambda: [([body["of"]], {"pause"})],
        "outcome": lambda: [
            ([body["of"]], {"rollback-plan" if body["result"] in OF_PLANS else "receipt"}),
            (list(filter(None, [get("exception")])), {"exception"}),
        ],
        "closure": lambda: [([body["of"]], {"exception", "rollback-plan"})],
        "exception": lambda: [([*get("answers", []), *filter(None, [get("renews")])], {"exception"})],
        "rollback-plan": lambda: own,
        "redesign": lambda: own,
        "receipt": lambda: [
            (get("redesigns", []), {"redesign"}),
            (get("waivers", []), {"exception"}),
            (list(filter(None, [get("release")])), {"release"}),
            *((check.get("records", []), {"any"}) for check in body["check"]),
        ],
    }.get(record.kind, list)()


def latest(words):
    """Of one person's words: words of one entry do not see each other, and of these a rejection comes last."""
    return max(words, key=lambda it: (it.number, it.body["verdict"] == "reject", it.position))


def path_glob(pattern):
    """A glob of a ref, a path or a resource: `*` takes no slash, `**` takes anything."""
    parts = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts), re.DOTALL)


def expected_entry(policy, record):
    entries = policy.get("expected", [])
    return next((it for it in entries if it["name"] == record.body.get("expected")), None)


def longest(policy, record):
    """The maximum lifetime of an exception or a plan, by a policy."""
    if record.kind == "rollback-plan":
        return shortest(policy, record.targets(), "rollback", "max_lifetime", "30d")
    entry = expected_entry(policy, record)
    if entry:
        return duration(entry["max_lifetime"])
    return shortest(policy, record.targets(), "exceptions", "max_lifetime", "7d")


# ---- The state (verify.md) -----------------------------------------------------------------------------------


class Ledger:
    """Everything that the next entry is judged by."""

    def __init__(self, git, anchor):
        self.git, self.anchor, self.ledger = git, anchor, anchor
        self.grammar = commit_grammar(git.digits)
        self.size, self.entries, self.roots, self.tree, self.merkle = 0, 0, {}, None, Merkle()
        # `roster` judges: it is of the trust in force, or while `founded` is False, of the first record.
        self.roster, self.founded, self.policy, self.policy_id = None, False, {}, None
        self.policies = []  # that took effect so far
        self.register, self.distrust, self.newest = Register(), {}, {}
        self.records, self.counting, self.words, self.open = {}, {}, {}, {}
        self.for_ever, self.quarantined, self.unaccounted = set(), set(), {}
        self.formats, self.wrong_anchor, self.is_earlier = set(), False, False
        self.changes = []  # (number of the entry, proposal) of each trust and policy that took effect

    # -- 3. Form

    def advance(self, oid, data):
        """Takes the next entry: it counts, or is unaccounted for."""
        codes, files, commit = set(), None, None
        try:
            commit, blob = read_commit(data, self.grammar)
            need((commit["parent"] is None) == (not self.tree and not self.unaccounted), "commit")
        except Refused as refused:
            codes.add(str(refused))
        try:
            tree = self.git.header(data, "tree")
            need(tree is not None, "tree")
            added = self.git.added(self.tree, tree)
            need(added, "tree")
            need(sum(self.git.look(oid)[1] for oid in added.values()) <= ENTRY_MAX, "tree")
            files = [(path, self.file(added[path])) for path in sorted(added)]
        except Refused as refused:
            codes.add(str(refused))
        records = [record for _, record in files or []]
        self.is_earlier = self.is_earlier or self.is_first_of_earlier(commit and blob, data, records)
        if self.is_earlier:
            return
        register = self.register if self.roster else self.first_register(records)
        for path, record in files or []:
            codes.update(self.broken(path, record, register, records))
        if commit:
            codes.update(self.commit_broken(commit, blob, register, records))
        merkle = Merkle(self.merkle.subtrees)
        for record in records:
            merkle.append(record.leaf)
        after = (self.size + len(records), merkle.root())
        if commit and files and (int(commit["size"]), commit["root"].decode()) != after:
            codes.add("trailer")
        if self.unaccounted and not self.is_way_out(records):
            codes.add("after-halt")
        elif not self.roster and (not self.founds(records) or codes):
            codes.add("first-entry")
        if codes:
            self.unaccounted[oid] = sorted(codes)
            return
        self.judge(oid, records)
        self.merkle, self.tree, self.entries = merkle, tree, self.entries + 1
        self.size, self.roots[after[0]] = after[0], after[1]

    def is_first_of_earlier(self, blob, data, records):
        """Whether this is the first entry of a ledger that was made before this format."""
        if not blob or self.roster or self.unaccounted or len(records) != 1:
            return False
        try:
            commit, _ = read_commit(data, self.grammar)
            verify_sshsig(blob, b"git", commit["head"] + commit["message"])
        except Refused:
            return False
        first = records[0]
        is_trust = not first.codes and first.kind == "trust" and first.schema < FORMAT
        return is_trust and self.anchor in (None, first.id)

    def file(self, oid):
        """A record file; what is too large, or no file at all, is no record."""
        kind, size = self.git.look(oid)
        return Record(self.git.read(oid)) if kind == "blob" and size <= RECORD_MAX else Record(b"")

    def first_register(self, records):
        register = Register()
        for record in records:
            if record.kind_is("trust"):
                register.enrol(Roster(record.id, record.body))
        return register

    def broken(self, path, record, register, records):
        """The codes of what breaks an entry in one of its records."""
        yield from record.codes
        if record.id in self.records or record.id and [it.id for it in records].count(record.id) > 1:
            yield "duplicate"
        if record.schema is None:
            return
        if path != record.path:
            yield "path"
        if record.ledger != (self.ledger if self.roster else None):
            yield "ledger-id"
        if record.root and self.roots.get(record.seen) != record.root:
            yield "checkpoint"
        if not record.codes and register.keys.get(record.key) != record.author and not self.proposed(record):
            yield "signer"

    def proposed(self, record):
        """Whether a record is an approval of an open trust proposal that lists its key for its author."""
        proposal = self.open.get(record.body["of"]) if record.kind_is("approval") else None
        roster = proposal and proposal.proposed_roster
        return bool(roster) and roster.holds(record.author, record.key)

    def commit_broken(self, commit, blob, register, records):
        """The codes of what breaks an entry in its commit's signature."""
        try:
            key = verify_sshsig(blob, b"git", commit["head"] + commit["message"])
        except Refused:
            return ["commit-signature"]
        subjects = {record.body["of"] if record.kind_is("approval") else None for record in records}
        proposal = self.open.get(subjects.pop()) if len(subjects) == 1 else None
        roster = proposal and proposal.proposed_roster
        listed = roster and any(key in keys for keys in roster.keys.values())
        return [] if key in register.keys or listed else ["commit-signature"]

    def is_way_out(self, records):
        """Whether an entry holds nothing but quarantines and approvals of them."""
        subjects = [self.records.get(it.body["of"]) if it.kind_is("approval") else it for it in records]
        return bool(self.roster and subjects) and all(it and it.kind_is("quarantine") for it in subjects)

    def founds(self, records):
        """Whether the first entry's records are one trust that founds the ledger asked for."""
        if len(records) != 1 or records[0].id is None:
            return False
        self.wrong_anchor = self.anchor not in (None, records[0].id)
        first = records[0]
        return (
            not self.wrong_anchor
            and first.kind_is("trust")
            and first.body["version"] == 1
            and first.author in Roster(first.id, first.body).admins
            and Register().accepts(first.body, 0, ())
        )

    # -- 5. Verdicts

    def judge(self, oid, records):
        """Gives each record of an entry that counts its verdict, by the state before, and applies the entry."""
        only_receipts = all(record.kind == "receipt" for record in records)
        for position, record in enumerate(records, self.size):
            record.position, record.entry, record.number = position, oid, self.entries
            record.roster = self.roster or Roster(record.id, record.body)
            record.by_proposed = not record.roster.holds(record.author, record.key) and self.proposed(record)
            record.void = self.verdict(record, only_receipts) if self.roster else None
        self.counting[oid] = records
        self.records.update((record.id, record) for record in records)
        self.apply([record for record in records if not record.void])

    def verdict(self, record, only_receipts):
        """The first code of verify.md that makes a record void, or None."""
        if record.is_foreign():
            return "format"
        a_word, a_trust, an_end = {"approval"}, {"trust"}, {"exception", "rollback-plan", "release", "pause", "receipt"}
        rules = (
            ("founding", KINDS, self.is_too_early),
            ("key", KINDS, self.is_unheld),
            ("required", {"exception"}, self.lacks_required),
            ("identity", {"exception"}, self.names_strangers),
            ("reference", KINDS, self.misses_reference),
            ("seen", ABOUT - {"outcome"}, lambda r: r.seen <= self.subject(r).position),
            ("role", KINDS, lambda r: self.reach(r) == "role"),
            ("scope", KINDS, lambda r: self.reach(r) == "scope"),
            ("concerned", a_word | {"review", "outcome"}, self.is_concerned),
            ("version", a_trust | {"policy"}, self.follows_wrongly),
            ("roster", a_trust, lambda r: not self.register.accepts(r.body, r.position, self.distrust)),
            ("bounds", {"policy"}, lambda r: is_out_of_bounds(r.body)),
            ("stale-word", a_word, self.is_stale),
            ("expected", {"exception"}, self.is_unexpected),
            ("resource", {"exception"}, self.grants_too_much),
            ("closed", a_word, self.is_closed),
            ("lifetime", an_end, self.lasts_too_long),
            ("backdated", KINDS - PROPOSED, self.is_backdated),
            ("stale-decision", {"receipt"}, lambda r: r.body["decision"] == "allowed"
             and (r.seen != self.size or not only_receipts)),
        )
        return next((code for code, kinds, applies in rules if record.kind in kinds and applies(record)), None)

    def subject(self, record):
        """What a record is about whose `of` names one: an approval, a review, a closure, a resume, an outcome."""
        return self.records.get(record.body["of"]) if record.kind in ABOUT else None

    def targets(self, record):
        """What an author's scope has to cover: the targets of the record, or of what it is about."""
        about = self.subject(record) or record
        about = self.subject(about) if record.kind == "approval" and about.kind == "outcome" else about
        named = map(self.records.get, about.body["of"]) if about.kind == "triage" else [about]
        return [target for it in named for target in it.targets()]

    def believed(self, record):
        return record.position < self.distrust.get(record.key.point, record.position + 1)

    def is_usable(self, record):
        """Whether a record, not void, is neither distrusted nor quarantined."""
        return self.believed(record) and record.entry not in self.quarantined

    def stands(self, record):
        return not record.void and (record.id in self.for_ever or self.is_usable(record))

    def is_too_early(self, r):
        return not self.founded and not (r.kind == "approval" and r.body["of"] == self.ledger)

    def is_unheld(self, r):
        return not self.believed(r) or not (r.roster.holds(r.author, r.key) or r.by_proposed)

    def lacks_required(self, r):
        unexplained = not {"failure", "origin", "root_cause"} <= r.body.keys()
        trigger = r.body["trigger"]
        return (r.roster.is_human(r.author) and "expected" not in r.body and unexplained) or (
            (r.is_override() or r.roster.is_type(trigger["identity"], "service")) and "credential" not in trigger
        )

    def names_strangers(self, r):
        names = {r.body["trigger"]["identity"], *(grant["to"] for grant in r.body.get("grant", []))}
        return r.is_override() and not names <= r.roster.members.keys()

    def misses_reference(self, r):
        return not (
            all(self.refers(ids, kinds) for ids, kinds in references(r))
            and (r.kind != "audit" or self.roots.get(r.body["size"]) == r.body["root"])
            and all(self.may_quarantine(oid) for oid in r.body.get("entries", []))
        )

    def refers(self, ids, kinds):
        """Whether each id is of a record of an earlier entry that stands here, and of one of these kinds."""
        def fits(it):
            if not it or not self.stands(it):
                return False
            is_answerable = it.kind == "outcome" and it.body["result"] in BARS
            is_any_of = {"any", it.kind, "override" if it.is_override() else ""}
            return bool(kinds & (is_any_of | {"answerable" if is_answerable else ""}))
        return all(fits(self.records.get(it)) for it in ids)

    def may_quarantine(self, oid):
        held = self.counting.get(oid, [])
        spared = any(it.position == 0 or it.id in self.for_ever for it in held)
        return oid in self.unaccounted or (bool(held) and not spared)

    def reach(self, r):
        """`role` or `scope` where the author may not say this."""
        subject, roster, author = self.subject(r), r.roster, r.author
        admin = None if author in roster.admins else "role"
        if r.kind in PROPOSED:
            return admin
        if r.kind == "approval" and subject.kind in PROPOSED:
            proposal = self.open.get(subject.id)
            own = proposal and proposal.proposed_roster
            return None if own and author in own.admins else admin
        if r.kind in ("closure", "resume") and author == subject.author:
            return None
        if r.kind in ("pause", "resume") and admin is None:
            return None
        if r.kind == "approval" and subject.kind == "outcome":
            return roster.refuses(author, ["gate", "approver"], self.targets(r))
        is_success = r.kind == "outcome" and r.body["result"] == "rehearsed"
        if (is_success or r.kind in ("approval", "closure", "resume", "review")) and not roster.is_human(author):
            return "role"
        roles = {
            "triage": ["reporter", "approver"],
            "approval": ["approver"],
            "review": ["reviewer"],
            "closure": ["approver"],
            "pause": ["reporter", "approver"],
            "resume": ["approver"],
            "receipt": ["gate"],
            "outcome": ["reporter"] if is_success else ["reporter", "gate"],
            "audit": ["auditor"],
        }.get(r.kind, ["reporter"])
        return roster.refuses(author, roles, self.targets(r))

    def is_concerned(self, r):
        subject = self.subject(r)
        if subject.kind in PROPOSED:
            return False
        if r.kind == "outcome":  # nobody proves their own plan
            person = subject.roster.person(subject.author)
            return r.body["result"] == "rehearsed" and r.roster.person(r.author) == person
        if subject.kind == "outcome" and not largest(self.policy, self.targets(r), "approvals", "overrides", 1):
            return False
        persons = {roster.person(name) for roster in (subject.roster, r.roster) for name in subject.concerned()}
        return r.roster.person(r.author) in persons

    def follows_wrongly(self, r):
        before = (self.roster.trust["version"], self.roster.id)
        if r.kind == "policy":
            before = (self.policy.get("version", 0), self.policy_id)
        return (r.body["version"], r.body.get("supersedes")) != (before[0] + 1, before[1])

    def is_stale(self, r):
        """A word that does not follow the same person's earlier one; a proposed key's are counted apart."""
        words = self.words.get(r.body["of"], [])
        same = [it for it in words if (it.author, it.by_proposed) == (r.author, r.by_proposed)]
        return r.body["verdict"] != "reject" and any(r.seen <= it.position for it in same)

    def is_unexpected(self, r):
        if "expected" not in r.body:
            return False
        entry = expected_entry(self.policy, r)
        waives = set(r.body.get("waives", []))
        member = r.roster.members[r.author]
        return (
            not entry
            or ("team" in entry and entry["team"] not in member.get("teams", []))
            or not waives <= set(entry.get("may_waive", [])) - NEVER_WAIVED
            or (entry["approvals"] == 0 and (member["type"] != "human" or len(r.targets()) != 1))
        )

    def grants_too_much(self, r):
        """Whether a grant matches no entry of the policy's resources, where it has any, or does not satisfy one."""
        entries, targets = self.policy.get("resource", []), r.targets()

        def satisfies(entry, grant):
            return (
                all(service in entry.get("services", [service]) for service, _ in targets)
                and all(environment in entry.get("environments", [environment]) for _, environment in targets)
                and grant["action"] in entry.get("actions", [grant["action"]])
                and grant["expires_at"] - r.created_at <= duration(entry.get("max_lifetime", "99999w"))
            )

        for grant in r.body.get("grant", []) if entries else []:
            matched = [it for it in entries if path_glob(it["name"]).fullmatch(grant["resource"])]
            if not matched or not all(satisfies(it, grant) for it in matched):
                return True
        return False

    def is_closed(self, r):
        subject = self.subject(r)
        if subject.kind in PROPOSED:
            return subject.id not in self.open
        if subject.kind in ("redesign", "triage", "outcome"):  # they have no end
            return False
        end = subject.body["expires_at"]
        if subject.kind != "release":
            end = min(end, subject.created_at + longest(self.policy, subject))
        return r.created_at >= end

    def lasts_too_long(self, r):
        end = r.body.get("expires_at")
        if end is None:
            return False
        if end <= r.created_at:
            return True
        if r.kind == "exception":
            grants = [grant["expires_at"] for grant in r.body.get("grant", [])]
            late = any(not r.created_at < it <= end for it in grants)
            return late or end > r.created_at + longest(self.policy, r)
        if r.kind == "receipt":
            return end > r.body["at"] + shortest(self.policy, r.targets(), "receipts", "lifetime", "15m")
        return False  # a plan may outlast its maximum: it then ends there; a release and a pause have none

    def is_backdated(self, r):
        if r.kind == "approval" and self.subject(r).kind in PROPOSED or not self.newest:
            return False
        return r.created_at < self.ledger_time() - duration(self.policy.get("max_backdating", "24h"))

    # -- 6. Apply

    def apply(self, records):
        """Takes in what is not void; then proposals of the entry, or with a word in it, take effect."""
        if not self.roster and records:
            self.ledger, self.roster = records[0].id, records[0].roster
            self.formats.add(self.roster.trust["format"])
            self.register.enrol(self.roster)
            self.for_ever.add(self.ledger)
        touched = []
        for record in records:
            if record.kind in PROPOSED:
                self.open[record.id] = record
                touched.append(record)
                record.distrusts = self.distrusts(record)
            elif record.kind == "approval":
                self.words.setdefault(record.body["of"], []).append(record)
                touched += filter(None, [self.open.get(record.body["of"])])
            self.date(record)
        # All are counted by the state before, before any of them takes effect.
        reached = [it for it in sorted(set(touched), key=lambda it: it.position) if self.reaches(it)]
        for proposal in reached:
            # What took effect just now may have closed it: as a rival, or since it no longer stands.
            if proposal.id in self.open:
                self.take_effect(proposal)
                self.open = {it.id: it for it in self.open.values() if self.is_usable(it)}
        if reached:
            self.newest = {}
            for record in self.records.values():
                self.date(record)

    def distrusts(self, proposal):
        """point → position, of everything that a proposal distrusts."""
        if not proposal.body.get("distrust"):
            return {}
        points, found = self.register.points_of(proposal.proposed_roster), {}
        for row in proposal.body["distrust"]:
            point = points[row["key"]]
            found[point] = min(row["from"], found.get(point, row["from"]))
        return found

    def date(self, record):
        """Keeps the newest date of each person, of what is neither void nor distrusted nor quarantined."""
        if record.void or record.by_proposed or not self.is_usable(record):
            return
        person = record.roster.person(record.author)
        self.newest[person] = max(record.created_at, self.newest.get(person, 0))

    def ledger_time(self):
        """The second newest of what persons said last, so that no single one can move it."""
        times = sorted(self.newest.values())
        return times[-2:][0] if times else None

    def reaches(self, proposal):
        """Over the trust in force, and for a trust also over its own roster."""
        sides = [(self.roster, False)] + [(proposal.proposed_roster, True)] * (proposal.kind == "trust")
        return all(
            sum(self.says_yes(proposal, name, is_own_side) for name in roster.admins)
            >= roster.trust["threshold"][proposal.kind]
            for roster, is_own_side in sides
        )

    def says_yes(self, proposal, name, is_own_side):
        """Whether an admin's latest word that counts is a yes; to propose is one with a key in force."""
        words = [
            it for it in self.words.get(proposal.id, [])
            if it.author == name and self.is_usable(it) and it.key.point not in proposal.distrusts
        ]
        held = [it for it in words if not it.by_proposed]
        proposes = name == proposal.author and self.is_usable(proposal) and proposal.key.point not in proposal.distrusts
        if not held and proposes:
            return True
        counted = held or (words if is_own_side else [])
        return bool(counted) and latest(counted).body["verdict"] == "approve"

    def take_effect(self, proposal):
        if proposal.kind != "quarantine":
            self.changes.append((self.entries, proposal))
        spoken = {}
        for word in self.words.get(proposal.id, []):
            spoken.setdefault((word.author, word.by_proposed), []).append(word)
        self.for_ever |= {proposal.id, *(latest(words).id for words in spoken.values())}
        self.open = {
            it.id: it for it in self.open.values()
            if it is not proposal and (it.kind != proposal.kind or it.kind == "quarantine")
        }
        if proposal.kind == "trust":
            self.roster, self.founded = proposal.proposed_roster, True
            self.formats.add(self.roster.trust["format"])
            self.register.enrol(self.roster)
            for point, start in proposal.distrusts.items():
                self.distrust[point] = min(start, self.distrust.get(point, start))
        elif proposal.kind == "policy":
            self.policies.append(with_former_names(proposal.body, self.policies))
            self.policy, self.policy_id = self.policies[-1], proposal.id
        else:
            for oid in proposal.body["entries"]:
                # What counts is remembered; what does not is accounted for.
                self.quarantined |= {oid} & self.counting.keys()
                self.unaccounted.pop(oid, None)

    # -- 8. End

    def verdict_of_all(self):
        if self.is_earlier:
            return "not-understood"
        if not self.roster:
            return "wrong-anchor" if self.wrong_anchor else "first-entry"
        # What was judged under a format that is not understood cannot be judged here.
        if self.formats != {FORMAT}:
            return "not-understood"
        if self.unaccounted:
            return "halted"
        return "sound" if self.anchor else "unanchored"

    def report(self, verdict):
        void = [it for it in self.records.values() if it.void]
        return {
            "verdict": verdict,
            "ledger": self.ledger,
            "size": self.size,
            "root": self.merkle.root(),
            "entries": self.entries,
            "void": [{"position": it.position, "record": it.id, "code": it.void} for it in void],
            "broken": [{"entry": oid, "codes": codes} for oid, codes in self.unaccounted.items()],
            "trust_version": self.roster.trust["version"] if self.founded else None,
            "policy_version": self.policy.get("version", 0),
            "ledger_time": show_time(self.ledger_time()),
        }


def verify_ledger(arguments):
    git = Git(arguments.repository)
    ledger = Ledger(git, arguments.ledger_id)
    head = git.head(f"refs/heads/{arguments.branch}")
    if head is None:
        return ledger.report("absent")
    try:
        for oid, data in git.chain(head):
            ledger.advance(oid, data)
    except Incomplete:
        return Ledger(git, arguments.ledger_id).report("incomplete")
    return ledger.report(ledger.verdict_of_all())


def ledger_id(text):
    if not re.fullmatch(HEX, text):
        raise argparse.ArgumentTypeError("expected 64 digits 0-9a-f")
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record", help="look at one record file")
    record.add_argument("file")
    ledger = commands.add_parser("ledger", help="verify a ledger")
    ledger.add_argument("repository")
    ledger.add_argument("--branch", default="ledger")
    ledger.add_argument("--ledger-id", type=ledger_id, help="the id that came from elsewhere than the data")
    arguments = parser.parse_args()
    try:
        if arguments.command == "record":
            with open(arguments.file, "rb") as file:
                answer = {"codes": Record(file.read()).codes}
            is_good = not answer["codes"]
        else:
            answer = verify_ledger(arguments)
            is_good = answer["verdict"] == "sound"
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"verify.py: {error}", file=sys.stderr)
        return 4
    print(json.dumps(answer, indent=2))
    return 0 if is_good else 3


if __name__ == "__main__":
    sys.exit(main())
