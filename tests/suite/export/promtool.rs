//! Prometheus accepts the exports: `promtool`, which `.ci/tools` installs, reads rules as a server would.

use std::collections::BTreeMap;

use countersign::export::{Analysis, ExportError, Observed, Subject, argo, metrics, prometheus};
use countersign::value::Target;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use super::formats::draft;
use crate::support::effort::not_run;
use crate::support::ledger::{Ledger, NOW, exception, time};
use crate::support::sandbox::Sandbox;

/// Runs promtool on a file with this text. Returns whether it accepts the file, and its output.
fn promtool(words: &[&str], name: &str, text: &str) -> Option<(bool, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    let mut command = std::process::Command::new("promtool");
    command.args(words);
    if words[1] == "metrics" {
        command.stdin(std::fs::File::open(&file).unwrap());
    } else {
        command.arg(&file);
    }
    let Ok(output) = command.output() else {
        not_run("promtool is missing: .ci/tools installs it");
        return None;
    };
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8(text).unwrap()))
}

/// Returns what promtool finds wrong in expressions, by their number.
fn wrong(expressions: &[String]) -> Option<BTreeMap<usize, String>> {
    let rule = |(at, text): (usize, &String)| json!({ "record": format!("r{at}"), "expr": text });
    let rules: Vec<Value> = expressions.iter().enumerate().map(rule).collect();
    let text = json!({ "groups": [{ "name": "g", "rules": rules }] }).to_string();
    let (_, said) = promtool(&["check", "rules", "--lint=none"], "rules.json", &text)?;
    let number = |line: &str| {
        let (_, rest) = line.split_once("\"r")?;
        let (number, rest) = rest.split_once("\":")?;
        Some((number.parse().ok()?, rest.to_owned()))
    };
    let found: BTreeMap<usize, String> = said.lines().filter_map(number).collect();
    assert!(!found.is_empty() || said.contains("SUCCESS"), "{said}");
    Some(found)
}

/// Exports a plan with these queries; returns the expressions of its rules and of Argo's queries, or the numbers of the
/// queries that are refused, counted from 0.
fn export(queries: &[String]) -> Result<Vec<[String; 2]>, Vec<usize>> {
    let sources: Vec<String> = queries.iter().map(|query| format!("prometheus:{query}")).collect();
    let rows: Vec<_> = sources.iter().map(|source| ["errors", ">", "1", "5m", source]).collect();
    let mut ledger = Ledger::team();
    let id = ledger.append("alice", "rollback-plan", &draft("Back", "2026-12-10T09:00:00Z", &rows), NOW);
    assert_eq!(ledger.void(&id), None);
    let state = ledger.state();
    let target = Target { service: "payments".parse().unwrap(), environment: "production".parse().unwrap() };
    let subject = Subject::new(&state, &target, state.plan(&id).unwrap());
    let numbers = |error: ExportError| error.unmapped.iter().map(|one| one.number - 1).collect::<Vec<_>>();
    let rules = prometheus(&subject).map_err(numbers)?;
    let template = argo(&subject, &Analysis::default()).map_err(numbers)?;
    let (rules, template): (Value, Value) =
        (serde_json::from_str(&rules).unwrap(), serde_json::from_str(&template).unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let both = |at| {
        let asked = &template["spec"]["metrics"][at]["provider"]["prometheus"]["query"];
        [text(&rules["groups"][0]["rules"][at]["expr"]), text(asked)]
    };
    Ok((0..queries.len()).map(both).collect())
}

/// Exports those of the queries that can be exported. Returns the expressions, and the queries that are refused.
fn exported(queries: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for some in queries.chunks(50) {
        let bad = export(some).err().unwrap_or_default();
        let (bad, good): (Vec<_>, Vec<_>) = some.iter().enumerate().partition(|(at, _)| bad.contains(at));
        let texts =
            |all: Vec<(usize, &String)>| all.into_iter().map(|(_, query)| query.clone()).collect::<Vec<_>>();
        refused.extend(texts(bad));
        made.extend(export(&texts(good)).unwrap().into_iter().flatten());
    }
    (made, refused)
}

#[test]
fn only_an_instant_vector_is_exported() {
    for (query, phrase) in [
        ("x[5m]", "holds a query that is a range vector"),
        ("rate(x)", "holds a query that Prometheus does not read: expected type matrix"),
        ("1 + 1", "holds a query that is a number without series: `vector(...)` around it makes one"),
        ("time()", "is a number without series"),
        ("\"text\"", "is a string"),
        ("rate(x[5m])[1h:]", "is a range vector"),
        ("sum(x[5m])", "does not read"),
        ("nope(x)", "does not read"),
        ("x{a=~\"(\"}", "does not read"),
        ("x{a=~\"a**\"}", "the regular expression `a**` has one repetition directly behind another"),
        ("exp(inf)", "expected type vector in call to `exp`, got scalar"),
        ("limitk(2, x)", "calls `limitk`, which servers have only as an experimental feature"),
        ("sort_by_label(x, \"a\")", "calls `sort_by_label`"),
        ("x + fill(0) y", "calls `fill`"),
        ("x and 1", "does not read"),
        ("{}", "does not read"),
        ("x{a=\"1\" or b=\"2\"}", "`or` between label matchers"),
        (&format!("{}x{}", "(".repeat(65), ")".repeat(65)), "nests more than 64 brackets"),
        (&format!("x{}", "+x".repeat(1_024)), "is longer than 2048 bytes"),
    ] {
        let sandbox = Sandbox::with_ledger();
        let row = ["errors", ">", "1", "5m", &format!("prometheus:{query}")];
        let file = sandbox.write("criteria.toml", &draft("Back", &sandbox.in_days(20), &[row]));
        let ran = sandbox.run(&["record", "rollback-plan", "-f", &file]).ok();
        assert!(
            ran.stderr.contains("warning: criterion errors cannot be exported"),
            "{query}: {}",
            ran.stderr
        );
        for format in ["prometheus", "argo"] {
            let ask = ["export", format, "--service", "payments", "--environment", "production"];
            let ran = sandbox.run(&ask).code(2).stderr_has("criterion 1: `source` holds a query that");
            assert!(ran.stderr.contains(phrase) && ran.stdout.is_empty(), "{query}: {}", ran.stderr);
        }
    }
}

/// Expressions of PromQL, many of which no server loads.
fn queries() -> impl Strategy<Value = String> {
    let name =
        prop::sample::select(vec!["x", "errors", "job:err:rate5m", "by", "sum", "on", "inf", "é", "a.b"]);
    let label = prop::sample::select(vec![
        "",
        "a=\"b\"",
        "a!=\"b\"",
        "a=~\"x.*\"",
        "a=~\"(\"",
        "a='é'",
        "a=`\\`",
        "a=\"\\q\"",
        "a=\"\"",
        "1=\"b\"",
    ]);
    let duration = prop::sample::select(vec!["5m", "1h30m", "100ms", "0s", "m5", "5m1h"]);
    let selector = (name, label, prop::bool::ANY)
        .prop_map(|(name, label, bare)| if bare { name.to_owned() } else { format!("{name}{{{label}}}") });
    let number = prop::sample::select(vec!["1", "-1", "1e3", ".5", "0x1F", "Inf", "nan", "1_0", "\"s\""]);
    let leaf = prop_oneof![
        6 => selector.clone(),
        1 => number.prop_map(str::to_owned),
        3 => (selector, duration.clone()).prop_map(|(selector, range)| format!("{selector}[{range}]")),
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let functions = vec![
            "rate",
            "abs",
            "histogram_quantile",
            "clamp",
            "vector",
            "scalar",
            "absent",
            "quantile_over_time",
            "time",
            "round",
            "sort",
            "exp",
            "nope",
            "label_replace",
            "max_over_time",
        ];
        let aggregates = vec!["sum", "MIN", "topk", "quantile", "count_values", "group"];
        let operators =
            vec!["+", "/", "^", "==", "> bool", "and", "or on(a)", "* on(a) group_left(b)", "and bool", "="];
        let modifiers =
            vec![" offset 5m", " offset -1h", " @ end()", " @ 1609746000", " @ x", "[1h:5m]", "[1h:]"];
        let grouping = vec!["", " by (a, b)", " without ()", " by (1)"];
        prop_oneof![
            (prop::sample::select(functions), prop::collection::vec(inner.clone(), 0..4))
                .prop_map(|(name, all)| format!("{name}({})", all.join(", "))),
            (
                prop::sample::select(aggregates),
                prop::sample::select(grouping),
                prop::collection::vec(inner.clone(), 1..3)
            )
                .prop_map(|(name, grouping, all)| format!("{name}{grouping} ({})", all.join(", "))),
            (inner.clone(), prop::sample::select(operators), inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            (inner.clone(), prop::sample::select(modifiers))
                .prop_map(|(inner, more)| format!("({inner}){more}")),
            inner.prop_map(|inner| format!("-{inner}")),
        ]
    })
}

/// Regular expressions, some of which are valid only in RE2 or only in Rust's syntax.
const EXPRESSIONS: &[&str] = &[
    r"\d+",
    "(a{100}){100}",
    "(?:a{500}){3}",
    "((a{31}){31}){2}",
    "((a{31}){31})+",
    r"\p{Alphabetic}",
    r"\p{Lu}",
    r"\p{Greek}",
    r"\p{sc=Greek}",
    "[a--b]",
    "[[:foo:]]",
    "(?P<a.b>b)",
    r"[\p{Letter}]",
    r"[\u0041-z]",
    r"a\.b",
    r"\",
    r"^(?:a|b)$",
    "(?i)abc",
    "a{1,3}",
    r"\pL",
    "[[:alpha:]]",
    "a**",
    "(?=a)",
    "a{1001}",
    "a{1000}",
    "{",
    "a{,3}",
    "/api/{id}",
    "(?P<n>a)",
    r"\z",
    "a]",
    r"[a-\d]",
    "a++",
    "a+?",
    r"\8",
    r"\-",
    r"\/",
    "(?s:.)",
    "(?x) a",
    "(?x:a)",
    "(?u)a",
    r"\b",
    r"\x{10FFFF}",
    r"\u0041",
    "a{2}{3}",
    "(?:a{2}){3}",
    "a{2}*",
];

/// Prometheus loads every expression that is exported, and would load none of the queries that are refused. Queries
/// that a record cannot contain are left out.
#[test]
fn promtool_loads_every_rule_and_every_query_that_is_exported() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = queries();
    let mut all: Vec<String> = (0..600).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    all.retain(|query| query.is_ascii() && query.len() < 400);
    all.extend(EXPRESSIONS.iter().map(|text| format!("x{{a=~`{text}`}}")));
    let (made, refused) = exported(&all);
    let Some(found) = wrong(&made) else { return };
    let bad: Vec<_> = found.iter().map(|(at, why)| (&made[*at], why)).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(made.len() > 100 && refused.len() > 100, "{} made, {} refused", made.len(), refused.len());
    let probes: Vec<String> =
        refused.iter().map(|query| format!("max_over_time((max without (z) ({query}))[5m:1m])")).collect();
    let found = wrong(&probes).unwrap();
    let lost: Vec<_> =
        (0..probes.len()).filter(|at| !found.contains_key(at)).map(|at| &refused[at]).collect();
    assert!(lost.is_empty(), "Prometheus would load them: {lost:#?}");
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics_and_the_alerts() {
    let mut ledger = Ledger::team();
    ledger.append("ops", "exception", &exception("feed-stale", "a", "", ""), NOW);
    let state = ledger.state();
    for observed in [Observed::Sound(state.folded()), Observed::Untrusted { asked: None }] {
        let Some((good, said)) = promtool(&["check", "metrics"], "m.prom", &metrics(observed, time(NOW)))
        else {
            return;
        };
        assert!(good && said.trim().is_empty(), "{said}");
    }
    let alerts = std::fs::read_to_string("examples/export/alerts.yml").unwrap();
    let (good, said) = promtool(&["check", "rules"], "alerts.yml", &alerts).unwrap();
    assert!(good && said.contains("SUCCESS"), "{said}");
}

/// A reporter cannot create time series: only targets of the policy have samples.
#[test]
fn only_targets_of_the_policy_have_samples() {
    let mut ledger = Ledger::team();
    let elsewhere = |ledger: &Ledger| {
        let text = metrics(Observed::Sound(ledger.state().folded()), time(NOW));
        assert!(!text.contains("paymnets"), "{text}");
        let line = text.lines().find(|line| line.starts_with("countersign_exceptions_elsewhere")).unwrap();
        (line.rsplit_once(' ').unwrap().1.to_owned(), text.lines().count())
    };
    let (none, lines) = elsewhere(&ledger);
    assert_eq!(none, "0");
    let text = exception("feed-stale", "a", "", "").replace("\"payments\"", "\"paymnets\"");
    let id = ledger.append("alice", "exception", &text, NOW);
    assert_eq!(ledger.void(&id), None);
    assert_eq!(elsewhere(&ledger), ("1".to_owned(), lines));
}
