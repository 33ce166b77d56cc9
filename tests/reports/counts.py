#!/usr/bin/env python3
"""Counts the failures in JUnit XML reports and SARIF 2.1.0 files.

Usage: counts.py FILE... - prints {"file name": {"symptom": occurrences}} as JSON.

This reader is written from the descriptions of the two formats alone, so that
another reader can be held against it. The rules are in README.md.
"""
import json
import os
import posixpath
import re
import sys
import xml.etree.ElementTree as ET
from urllib.parse import unquote

BAD = {"failed", "fail", "failure", "error", "errored", "broken"}


def name_of(tag):
    """The tag without its namespace."""
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def children(element, *names):
    return [c for c in element if name_of(c.tag) in names]


def number(text):
    try:
        return max(0, int(float((text or "0").strip().replace(",", ""))))
    except ValueError:
        return 0


def add(counts, key, n):
    if n > 0:
        counts[key] = counts.get(key, 0) + n


def case_fails(case):
    if children(case, "failure", "error"):
        return True
    return any((case.get(a) or "").strip().lower() in BAD for a in ("status", "result"))


def junit_suite(suite, counts):
    """Counts what is in a suite; gives the number of failures its cases show.

    What a suite claims is compared with the failing cases and also with the
    elements that tell of failures, for some tools count those: Surefire counts
    every try in failures and errors, the ones of a flaky test that passed too.
    """
    shown_cases = shown_elements = 0
    for case in children(suite, "testcase"):
        tries = children(case, "failure", "error", "rerunFailure", "rerunError",
                         "flakyFailure", "flakyError")
        if not case_fails(case):
            shown_elements += len(tries)
            continue
        where, what = case.get("classname") or "", case.get("name") or ""
        key = f"{where}.{what}" if where else what
        add(counts, key, 1 + len(children(case, "rerunFailure", "rerunError")))
        shown_cases += 1
        shown_elements += max(1, len(tries))
    own_name = suite.get("name") or ""
    own = len(children(suite, "failure", "error"))
    add(counts, own_name, own)
    shown_cases += own
    shown_elements += own
    for nested in children(suite, "testsuite"):
        c, e = junit_suite(nested, counts)
        shown_cases += c
        shown_elements += e
    failures, errors = number(suite.get("failures")), number(suite.get("errors"))
    # stylelint's formatter writes one and the same number into both.
    same_twice = failures == errors == shown_cases
    claimed = failures if same_twice else failures + errors
    if claimed > max(shown_cases, shown_elements):
        more = claimed - max(shown_cases, shown_elements)
        add(counts, own_name, more)
        shown_cases += more
        shown_elements += more
    return shown_cases, shown_elements


def junit(data):
    counts = {}
    # A few tools put cases straight below the root, and some count in it what is nowhere else.
    junit_suite(ET.fromstring(data), counts)
    return counts


def whole_uri(run, location, depth=0):
    """The URI of an artifactLocation, below relative bases too, or None."""
    if not location:
        return None
    uri = location.get("uri")
    if uri is None:
        index = location.get("index", -1)
        artifacts = run.get("artifacts") or []
        if isinstance(index, int) and 0 <= index < len(artifacts) and depth < 8:
            return whole_uri(run, artifacts[index].get("location"), depth + 1)
        return None
    base = (run.get("originalUriBaseIds") or {}).get(location.get("uriBaseId")) or {}
    while not is_absolute(uri) and depth < 8:
        start = base.get("uri")
        if not start or is_absolute(start):
            break
        uri = start.rstrip("/") + "/" + uri
        base = (run.get("originalUriBaseIds") or {}).get(base.get("uriBaseId")) or {}
        depth += 1
    return uri


def is_absolute(uri):
    return uri.startswith("/") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", uri) is not None


def path_of(uri):
    if uri.startswith("file:"):
        uri = uri[5:]
        if uri.startswith("//"):
            rest = uri[2:]
            uri = rest[rest.index("/"):] if "/" in rest else "/" + rest
    path = unquote(uri)
    return path[1:] if re.match(r"/[A-Za-z]:/", path) else path


def base_dirs(run):
    """The absolute directories that a file may lie in, longest first."""
    dirs = [b.get("uri") or "" for b in (run.get("originalUriBaseIds") or {}).values()]
    for invocation in run.get("invocations") or []:
        dirs.append((invocation.get("workingDirectory") or {}).get("uri") or "")
    paths = {path_of(d).rstrip("/") for d in dirs if d.startswith(("file:", "/"))}
    return sorted((p for p in paths if p), key=len, reverse=True)


def file_of(run, result):
    for location in result.get("locations") or []:
        uri = whole_uri(run, (location.get("physicalLocation") or {}).get("artifactLocation"))
        if not uri:
            continue
        path = path_of(uri)
        for directory in base_dirs(run):
            if path.startswith(directory + "/"):
                path = path[len(directory) + 1:]
                break
        return posixpath.normpath(path)
    return None


def descriptor(run, reference, index, rule_id, kind="rules"):
    """The reportingDescriptor of a result or a notification, or an empty object."""
    tool = run.get("tool") or {}
    reference = reference or {}
    component = tool.get("driver") or {}
    which = reference.get("toolComponent") or {}
    extensions = tool.get("extensions") or []
    if isinstance(which.get("index"), int) and 0 <= which["index"] < len(extensions):
        component = extensions[which["index"]]
    elif which.get("guid") or which.get("name"):
        for extension in extensions:
            if any(which.get(k) and which.get(k) == extension.get(k) for k in ("guid", "name")):
                component = extension
                break
    rules = component.get(kind) or []
    for i in (reference.get("index"), index):
        if isinstance(i, int) and 0 <= i < len(rules):
            return rules[i]
    for rule in rules:
        if rule_id is not None and rule.get("id") == rule_id:
            return rule
    return {}


def sarif_run(run, counts):
    tool = ((run.get("tool") or {}).get("driver") or {}).get("name") or ""
    for result in run.get("results") or []:
        if result.get("kind", "fail") != "fail" or result.get("baselineState") == "absent":
            continue
        suppressions = result.get("suppressions") or []
        if suppressions and all(s.get("status", "accepted") == "accepted" for s in suppressions):
            continue
        reference = result.get("rule") or {}
        rule_id = result.get("ruleId") or reference.get("id")
        rule = descriptor(run, reference, result.get("ruleIndex"), rule_id)
        level = result.get("level")
        if level is None:
            level = (rule.get("defaultConfiguration") or {}).get("level", "warning")
        if level not in ("error", "warning"):
            continue
        rule_id = rule_id or rule.get("id") or ""
        where = file_of(run, result)
        add(counts, f"{rule_id}:{where}" if where else rule_id, 1)
    for invocation in run.get("invocations") or []:
        if invocation.get("executionSuccessful") is False:
            add(counts, f"{tool}:execution", 1)
        for kind in ("toolExecutionNotifications", "toolConfigurationNotifications"):
            for note in invocation.get(kind) or []:
                if note.get("level", "warning") != "error":
                    continue
                reference = note.get("descriptor") or {}
                found = descriptor(run, reference, None, reference.get("id"), "notifications")
                add(counts, f"{tool}:{reference.get('id') or found.get('id') or ''}", 1)


def sarif(data):
    counts = {}
    for run in json.loads(data.decode("utf-8-sig")).get("runs") or []:
        sarif_run(run, counts)
    return counts


def main(files):
    everything = {}
    for file in files:
        with open(file, "rb") as handle:
            data = handle.read()
        start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        everything[os.path.basename(file)] = sarif(data) if start == b"{" else junit(data)
    json.dump(everything, sys.stdout, indent=1, sort_keys=True, ensure_ascii=False)
    print()


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    main(sys.argv[1:])
