//! Which criteria are machine-readable, according to the program and to the second gate. The criteria are put together
//! at random from pieces that the rule distinguishes (ledger-schema/deployment.md, `rollback-criteria`).

use std::io::Write as _;
use std::process::{Command, Stdio};

use countersign::measure::MeasuredQuery;
use countersign::record::kind::rollback_plan::{Comparison, Criterion};
use countersign::value::{Ascii, Duration};
use serde_json::{Value, json};

use crate::support::effort::{cases, seed};
use crate::support::random::Random;
use crate::support::second_verifier::{has_python, script_folder};

/// The number of criteria in a run, before `COUNTERSIGN_CASES`.
const CASES: usize = 20_000;

const QUERY: [&str; 46] = [
    "errors",
    "a_b",
    "job:x:rate5m",
    ":",
    "0.9",
    ".5",
    ".",
    "5m",
    "1e-3",
    "x.y",
    "by",
    "AND",
    "offset",
    " ",
    "  ",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "[5m:30s]",
    "=",
    "==",
    "=~",
    "!~",
    "!=",
    "!",
    "<",
    ">=",
    "+",
    "-",
    "/",
    "//",
    "%",
    "@",
    ",",
    "#",
    "\"a\"",
    "\"",
    "'b\\''",
    "`\\`",
    "\\",
    "?",
    "|",
    "~",
];
const SOURCE: [&str; 30] = [
    "prometheus",
    "prometheus:",
    "prometheus+",
    "http://",
    "https://",
    "ftp://",
    "host",
    "a_b.c-d",
    "..",
    ".",
    "[::1]",
    "[::g]",
    "[::1%25eth0]",
    "user@",
    ":9090",
    ":0",
    ":65535",
    ":65536",
    ":",
    "/",
    "/graph",
    "/~a",
    "/a b",
    "?query=",
    "?time=",
    "&x",
    "#",
    "%2B",
    "%",
    "%ff",
];
const DECODED: [&str; 8] = ["%0A", "%09", "%E2%80%AE", "%C3%A4", "%22%C3%A4%22", "%7B", "%20", "+"];

fn text(random: &mut Random, pieces: &[&str], most: usize) -> String {
    (0..=random.below(most)).map(|_| random.pick(pieces)).collect()
}

fn source(random: &mut Random) -> String {
    let query = text(random, &QUERY, 3);
    match random.below(5) {
        0 => "prometheus".to_owned(),
        1 => format!("prometheus:{query}"),
        2 => text(random, &SOURCE, 6),
        3 => format!("prometheus+http://{}", text(random, &SOURCE, 4)),
        _ => {
            let decoded = text(random, &DECODED, 2);
            format!("prometheus+https://host/?query={query}{decoded}")
        }
    }
}

/// Asks the second gate about each criterion.
fn second(list: &[Value]) -> Vec<bool> {
    let program = "import json, sys; sys.path.insert(0, sys.argv[1]); import gate\n\
        print(json.dumps([gate.is_machine_readable(it) for it in json.load(sys.stdin)]))";
    let mut python = Command::new("python3");
    python.args(["-B", "-c", program]).arg(script_folder()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = python.spawn().unwrap();
    child.stdin.take().unwrap().write_all(serde_json::to_string(list).unwrap().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn random_criteria_are_machine_readable_as_the_rule_is_written() {
    if !has_python() {
        return;
    }
    let mut random = Random(seed().unwrap_or(1));
    let mut criteria = Vec::new();
    while criteria.len() < cases(CASES) {
        let (metric, source) = (text(&mut random, &QUERY, 5), source(&mut random));
        let (Ok(metric), Ok(source)) = (metric.parse::<Ascii>(), source.parse::<Ascii>()) else { continue };
        criteria.push(Criterion {
            metric,
            comparison: Comparison::Greater,
            threshold: "1".parse().unwrap(),
            window: Duration::of_minutes(5),
            source,
        });
    }
    let list: Vec<Value> =
        criteria.iter().map(|one| json!({ "metric": one.metric, "source": one.source })).collect();
    let mut readable = 0;
    for ((criterion, written), second) in criteria.iter().zip(&list).zip(second(&list)) {
        let program = MeasuredQuery::of(criterion);
        assert_eq!(program.is_ok(), second, "{written}: the program says {program:?}");
        readable += usize::from(second);
    }
    assert!(readable > criteria.len() / 20, "only {readable} of {} can be read", criteria.len());
}
