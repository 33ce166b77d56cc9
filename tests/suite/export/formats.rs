//! Exports for other programs: formats through the program with real Git, and metrics on ledgers in memory.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;

use countersign::export::{Analysis, Observed, Subject, argo, metrics, prometheus};
use serde_json::{Value, json};

use crate::support::ledger::{Ledger, NOW, exception, override_, time};
use crate::support::openmetrics::{Samples, read};
use crate::support::sandbox::{Ran, Sandbox, program};

const TARGET: [&str; 4] = ["--service", "payments", "--environment", "production"];

fn export(sandbox: &Sandbox, format: &str, more: &[&str]) -> Ran {
    sandbox.run(&[&["export", format], &TARGET[..], more].concat())
}

/// A criterion: metric, comparison, threshold, window, source.
pub(super) type Row<'a> = [&'a str; 5];

/// A draft of a plan with these criteria.
pub(super) fn draft(summary: &str, end: &str, rows: &[Row<'_>]) -> String {
    let head = crate::support::ledger::plan("alice", "removal", end);
    let head = head.split("[[rollback-plan.criterion]]").next().unwrap();
    let head = head.replace("summary = \"Back\"", &format!("summary = {}", json!(summary)));
    let names = ["metric", "comparison", "threshold", "window", "source"];
    let criteria = rows.iter().map(|row| {
        let lines: String =
            names.iter().zip(row).map(|(name, value)| format!("{name} = {}\n", json!(value))).collect();
        format!("[[rollback-plan.criterion]]\n{lines}")
    });
    format!("{head}{}", criteria.collect::<String>())
}

/// Records a plan with these criteria; returns its id.
fn plan(sandbox: &Sandbox, summary: &str, rows: &[Row<'_>]) -> String {
    let file = sandbox.write("criteria.toml", &draft(summary, &sandbox.in_days(20), rows));
    let ran = sandbox.run(&["record", "rollback-plan", "--again", "-f", &file, "--json"]).ok();
    ran.json()["id"].as_str().unwrap().to_owned()
}

const FOUR: &[Row<'static>] = &[
    ["failed payments per minute", ">", "0.02", "5m", "prometheus:sum(rate(failed{job=\"payments\"}[1m]))"],
    ["settled", "<", "-120.5", "97s", "prometheus"],
    ["latency", ">=", "999999999999999999", "2h", "prometheus+https://prom.example.org:9090/p/"],
    [
        "queue",
        "<=",
        "0.000000000000000001",
        "1d",
        "prometheus+http://prom/?query=sum(queue%7Ba%3D%22b%22%7D)%2B1",
    ],
];

#[test]
fn a_template_fails_when_a_criterion_has_held_for_its_window_and_the_thresholds_are_kept() {
    let sandbox = Sandbox::with_ledger();
    let id = plan(&sandbox, "Back", FOUR);
    let ran = export(&sandbox, "argo", &[]).ok();
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    let template = ran.json();
    assert_eq!(template["apiVersion"], "argoproj.io/v1alpha1");
    assert_eq!(template["kind"], "AnalysisTemplate");
    assert_eq!(template["metadata"]["name"], "countersign-payments-production");
    let notes = &template["metadata"]["annotations"];
    assert_eq!(notes["countersign/rollback-plan"], id);
    assert_eq!(notes["countersign/criterion-1"], "failed payments per minute > 0.02 for 5m");
    assert_eq!(notes["countersign/warning"], "duties are not separated: plans take no approval");
    let metric = |number: u8, range: u32, step: u32, condition: [&str; 2], provider: Value| {
        json!({
            "name": format!("criterion-{number}"),
            "initialDelay": format!("{range}s"),
            "interval": format!("{step}s"),
            "failureLimit": 0,
            "failureCondition": format!("any(result, {{# {}}})", condition[0]),
            "successCondition": format!("len(result) > 0 && all(result, {{# {}}})", condition[1]),
            "provider": { "prometheus": provider },
        })
    };
    let expected = json!([
        metric(
            1,
            300,
            30,
            ["> 0.02", "<= 0.02"],
            json!({
                "query": "min_over_time((sum(rate(failed{job=\"payments\"}[1m])))[300s:30s])",
            })
        ),
        metric(2, 90, 9, ["< -120.5", ">= -120.5"], json!({ "query": "max_over_time((settled)[90s:9s])" })),
        metric(
            3,
            7200,
            60,
            [">= 999999999999999999", "< 999999999999999999"],
            json!({
                "address": "https://prom.example.org:9090/p",
                "query": "min_over_time((latency)[7200s:60s])",
            })
        ),
        metric(
            4,
            86_400,
            60,
            ["<= 0.000000000000000001", "> 0.000000000000000001"],
            json!({
                "address": "http://prom",
                "query": "max_over_time((sum(queue{a=\"b\"})+1)[86400s:60s])",
            })
        ),
    ]);
    assert_eq!(template["spec"]["metrics"], expected, "{:#}", template["spec"]);
}

#[test]
fn an_analysis_step_counts_its_measurements_and_a_server_is_given_only_where_none_is_named() {
    let sandbox = Sandbox::with_ledger();
    plan(&sandbox, "Back", FOUR);
    let template = export(&sandbox, "argo", &["--watch", "1d", "--address", "http://own:1/"]).ok().json();
    let all = template["spec"]["metrics"].as_array().unwrap().clone();
    let count = |at: usize| all[at]["count"].clone();
    // The first measurement is taken after one window, and the last one not before the day is over.
    assert_eq!([count(0), count(1), count(2), count(3)], [2871, 9591, 1321, 1]);
    let addresses: Vec<_> =
        all.iter().map(|metric| metric["provider"]["prometheus"]["address"].clone()).collect();
    assert_eq!(addresses, ["http://own:1", "http://own:1", "https://prom.example.org:9090/p", "http://prom"]);
    let short = export(&sandbox, "argo", &["--watch", "86399s"]).code(2);
    let short = short.stderr_has("criterion 4: `window` is 1d, longer than the 86399s that the step watches");
    assert!(short.stdout.is_empty() && !short.stderr.contains("criterion 3"), "{}", short.stderr);
    for address in ["own:1", "http://own?query=x", "http://a:b@own"] {
        let _ = export(&sandbox, "argo", &["--address", address]).code(2);
    }
}

#[test]
fn a_rule_fires_when_a_criterion_has_held_for_its_window() {
    let sandbox = Sandbox::with_ledger();
    let id = plan(&sandbox, "Deploy the image again", &FOUR[..2]);
    let ledger = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].clone();
    let rules = export(&sandbox, "prometheus", &[]).ok().json();
    assert_eq!(rules["groups"].as_array().unwrap().len(), 1);
    assert_eq!(rules["groups"][0]["name"], "countersign/payments/production");
    let first = &rules["groups"][0]["rules"][0];
    let without = "without (criterion, environment, ledger, rollback_plan, service)";
    assert_eq!(first["alert"], "CountersignRollback");
    assert_eq!(first["expr"], format!("max {without} (sum(rate(failed{{job=\"payments\"}}[1m]))) > 0.02"));
    assert_eq!(first["for"], "5m");
    let labels = json!({
        "criterion": "1", "environment": "production", "ledger": ledger, "rollback_plan": id, "service": "payments"
    });
    assert_eq!(first["labels"], labels);
    let summary = "Roll back payments in production: failed payments per minute > 0.02 for 5m";
    assert_eq!(first["annotations"]["summary"], summary);
    assert_eq!(first["annotations"]["description"], "Deploy the image again");
    let second = &rules["groups"][0]["rules"][1];
    assert_eq!(second["expr"], format!("min {without} (settled) < -120.5"));
    assert_eq!((&second["for"], &second["labels"]["criterion"]), (&json!("97s"), &json!("2")));
    // One server loads the rules, so criteria of two servers cannot be in one file.
    plan(&sandbox, "Back", FOUR);
    let ran = export(&sandbox, "prometheus", &[]).code(2).stderr_has("1 of 4 criteria cannot be mapped");
    let ran = ran.stderr_has("criterion 4: `source` names another server than an earlier criterion");
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    plan(&sandbox, "Back", &FOUR[..3]);
    let rules = export(&sandbox, "prometheus", &[]).ok().json();
    assert_eq!(
        rules["groups"][0]["rules"][2]["expr"],
        format!("max {without} (latency) >= 999999999999999999")
    );
}

/// The text that Prometheus renders from an annotation. The only template action allowed in it prints two
/// braces.
fn printed(annotation: &Value) -> String {
    let text = annotation.as_str().unwrap();
    let bare = text.replace("{{\"{{\"}}", "\u{1}");
    assert!(!bare.contains("{{"), "a template action of the plan's author: {text}");
    bare.replace('\u{1}', "{{")
}

#[test]
fn text_from_the_ledger_is_a_string_and_nothing_else_wherever_it_stands() {
    let summary = "q\" } ] ' {{ .Labels }} {{{ {{\"{{\"}} \\ \\n # - a: b & *c !d %e `f` 👩‍👧 ä ${G} $(h) : |";
    let metric = "m\"}, {\"expr\": \"vector(0)\"} {{args.x}} {{ query `up` }} \\\" # - [a";
    let source = "prometheus:up{a=\"}) or vector(0) # \\\" {b\",c='{}[(',d=`\\`}";
    let sandbox = Sandbox::with_ledger();
    plan(&sandbox, summary, &[[metric, ">", "1", "5m", source]]);
    let query = source.strip_prefix("prometheus:").unwrap();
    let argo = export(&sandbox, "argo", &[]).ok().json();
    let notes = &argo["metadata"]["annotations"];
    assert_eq!(notes["countersign/summary"], summary);
    assert_eq!(notes["countersign/criterion-1"], format!("{metric} > 1 for 5m"));
    let asked = &argo["spec"]["metrics"][0]["provider"]["prometheus"];
    assert_eq!(*asked, json!({ "query": format!("min_over_time(({query})[300s:30s])") }));
    assert_eq!(argo["spec"]["metrics"].as_array().unwrap().len(), 1);
    let rule = &export(&sandbox, "prometheus", &[]).ok().json()["groups"][0]["rules"][0];
    assert!(rule["expr"].as_str().unwrap().ends_with(&format!(" ({query}) > 1")), "{rule:#}");
    assert_eq!(printed(&rule["annotations"]["description"]), summary);
    let expected = format!("Roll back payments in production: {metric} > 1 for 5m");
    assert_eq!(printed(&rule["annotations"]["summary"]), expected);
    assert_eq!(printed(&rule["annotations"]["source"]), source);
    // What Argo would expand in a query is refused with the name of its field. Rules expand nothing.
    plan(&sandbox, "Back", &[["up{a=\"{{args.x}}\"}", ">", "1", "5m", "prometheus"]]);
    let ran = export(&sandbox, "argo", &[]).code(2);
    let _ = ran.stderr_has("criterion 1: `metric` holds `{{` in its query, which Argo Rollouts would expand");
    let _ = export(&sandbox, "prometheus", &[]).ok();
}

#[test]
fn what_a_format_cannot_say_is_an_error_that_names_every_criterion_and_leaves_the_file_alone() {
    let sandbox = Sandbox::with_ledger();
    let out = sandbox.write("template.json", "what was there");
    let good = ["errors", ">", "1", "5m", "prometheus"];
    let rows = [
        ["failed payments per minute", ">", "1", "5m", "prometheus"],
        good,
        ["errors", ">", "1", "5m", "datadog:avg:errors"],
        ["errors", ">", "1", "99999w", "prometheus"],
        ["errors", ">", "1", "5m", "prometheus:up) or vector(0"],
        ["errors", ">", "1", "5m", "prometheus:up > 0 #"],
        ["errors", ">", "1", "5m", "prometheus+http://user@host/?query=up"],
    ];
    plan(&sandbox, "Back", &rows);
    for format in ["argo", "prometheus"] {
        let ran =
            export(&sandbox, format, &["--out", &out]).code(2).stderr_has("6 of 7 criteria cannot be mapped");
        let ran = ran
            .stderr_has("criterion 1: `metric` is used as the query, and is prose, not a query")
            .stderr_has(
                "criterion 3: `source` names no Prometheus server: expected prometheus, prometheus:QUERY",
            )
            .stderr_has("criterion 4: `window` is 99999w: longer than the 292 years")
            .stderr_has("criterion 5: `source` holds a query that closes a bracket that is not open")
            .stderr_has("criterion 6: `source` holds a query that holds a comment")
            .stderr_has("criterion 7: `source` holds a user or a password")
            .stderr_has("record a corrected plan");
        assert!(ran.stdout.is_empty() && !ran.stderr.contains("criterion 2"), "{}", ran.stderr);
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "what was there");
    }
    plan(&sandbox, "Back", &[good]);
    for format in ["argo", "prometheus"] {
        let printed = export(&sandbox, format, &[]).ok().stdout;
        let ran = export(&sandbox, format, &["--out", &out]).ok();
        assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "{}{}", ran.stdout, ran.stderr);
        assert_eq!(std::fs::read_to_string(&out).unwrap(), printed);
    }
}

#[test]
fn without_a_plan_in_force_there_is_no_template_and_the_next_command_is_shown() {
    let sandbox = Sandbox::with_ledger();
    for format in ["argo", "prometheus"] {
        let ran = export(&sandbox, format, &[])
            .code(1)
            .stderr_has("no plan is in force for payments in production");
        let next = "next: countersign record rollback-plan payments/production";
        assert!(ran.stderr_has(next).stdout.is_empty());
    }
    let other = ["export", "argo", "--service", "payment", "--environment", "production"];
    sandbox
        .run(&other)
        .code(2)
        .stderr_has("no target `payment` in `production`")
        .stderr_has("the policy has payments in production");
    sandbox.team();
    let id = plan(&sandbox, "Back", &FOUR[..1]);
    let (short, observation) = (&id[..8], sandbox.exception("a"));
    let next = format!("whoever can approve it runs: countersign approve {short}");
    export(&sandbox, "argo", &[]).code(1).stderr_has("waits for approval").stderr_has(&next);
    // A plan can be exported before it is approved, with a warning that the gate does not use it.
    let ran = export(&sandbox, "argo", &["--plan", short]).ok();
    let ran = ran.stderr_has(&format!("warning: plan {short} is not approved yet: the gate does not use it"));
    assert_eq!(ran.json()["metadata"]["annotations"]["countersign/rollback-plan"], id);
    sandbox.bob(&["approve", short, "--yes"]).ok();
    let ran = export(&sandbox, "argo", &["--plan", short]).ok();
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    assert_eq!(ran.stdout, export(&sandbox, "argo", &[]).ok().stdout);
    // Because plans need an approval, the export has no warning that they need none.
    assert!(ran.json()["metadata"]["annotations"]["countersign/warning"].is_null());
    let newer = plan(&sandbox, "Back", &FOUR[..1]);
    sandbox.bob(&["approve", &newer[..8], "--yes"]).ok();
    let ran = export(&sandbox, "argo", &["--plan", short]).ok();
    let _ = ran
        .stderr_has(&format!("warning: plan {short} is replaced by a newer one: the gate does not use it"));
    sandbox.run(&["close", &newer[..8], "--reason", "no"]).ok();
    assert!(export(&sandbox, "argo", &["--plan", short]).ok().stderr.is_empty());
    export(&sandbox, "argo", &["--plan", &observation[..8]])
        .code(2)
        .stderr_has("is not a valid rollback plan");
    sandbox.bob(&["reject", short, "--reason", "no", "--yes"]).ok();
    export(&sandbox, "argo", &[]).code(1).stderr_has("next: countersign record rollback-plan");
    let _ = export(&sandbox, "argo", &["--plan", short]).ok().stderr_has("is over: the gate does not use it");
}

#[test]
fn a_plan_that_is_bound_to_the_commit_comes_first_and_one_for_another_target_is_none() {
    let sandbox = Sandbox::with_ledger();
    let (first, any) = (sandbox.git(&["rev-parse", "HEAD"]).ok().stdout, plan(&sandbox, "Any", &FOUR[..1]));
    let bound = draft("Bound", &sandbox.in_days(20), &FOUR[1..2])
        .replace("owner = ", &format!("commit = \"{}\"\nowner = ", first.trim()));
    let file = sandbox.write("bound.toml", &bound);
    let ran = sandbox.run(&["record", "rollback-plan", "-f", &file, "--json"]).ok();
    let bound = ran.json()["id"].clone();
    sandbox.commit("second");
    let id = |ran: Ran| ran.ok().json()["metadata"]["annotations"]["countersign/rollback-plan"].clone();
    assert_eq!(id(export(&sandbox, "argo", &[])), any);
    assert_eq!(id(export(&sandbox, "argo", &["--commit", "HEAD~1"])), bound);
    export(&sandbox, "argo", &["--commit", "nowhere"]).code(2).stderr_has("nowhere");
    // The metrics count both plans: each is in force for some commit.
    let samples = read(&sandbox.run(&["export", "metrics"]).ok().stdout);
    assert_eq!(sample(&samples, "countersign_plans_in_force", &[]), 2);
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let more = "\n[[policy.target]]\nservice = \"payments\"\nenvironment = \"staging\"\n";
    let file = sandbox.write("policy.toml", &format!("{shown}{more}"));
    sandbox.run(&["policy", "propose", "-f", &file]).ok().stdout_has("in force");
    let staging =
        ["export", "argo", "--service", "payments", "--environment", "staging", "--plan", &any[..8]];
    sandbox.run(&staging).code(2).stderr_has("is not for payments in staging");
}

/// The value of the only sample of this name that has all of these labels.
#[track_caller]
fn sample(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> i64 {
    let has = |all: &BTreeMap<String, String>| {
        labels.iter().all(|(name, value)| all.get(*name).is_some_and(|found| found == value))
    };
    let found: Vec<i64> = samples
        .iter()
        .filter(|((other, all), _)| other == name && has(all))
        .map(|(_, value)| *value)
        .collect();
    let [only] = found[..] else { panic!("{name} {labels:?}: {found:?} in {samples:#?}") };
    only
}

/// Returns the metrics of a ledger in memory at the time `at`.
fn metrics_at(ledger: &Ledger, at: &str) -> Samples {
    let state = ledger.state();
    let text = metrics(Observed::Sound(state.folded()), time(at));
    assert_eq!(
        text,
        metrics(Observed::Sound(ledger.state().folded()), time(at)),
        "the same state, the same bytes"
    );
    read(&text)
}

const PRODUCTION: (&str, &str) = ("environment", "production");

fn production_sample(samples: &Samples, name: &str, label: &str, value: &str) -> i64 {
    sample(samples, name, &[PRODUCTION, (label, value)])
}

#[test]
fn overrides_are_counted_by_what_became_of_them() {
    let mut ledger = Ledger::team();
    let standing = |ledger: &Ledger, at: &str| {
        let samples = metrics_at(ledger, at);
        let words = ["undecided", "in-force", "not-yet", "rejected", "over", "unclosed"];
        let counts = words.map(|word| production_sample(&samples, "countersign_overrides", "standing", word));
        (counts, production_sample(&samples, "countersign_exceptions_live", "type", "override"))
    };
    assert_eq!(standing(&ledger, NOW), ([0; 6], 0));
    let first = ledger.append("alice", "exception", &override_("alice", "2026-11-24T13:00:00Z"), NOW);
    let second = ledger.append("alice", "exception", &override_("alice", "2026-11-24T14:00:00Z"), NOW);
    assert_eq!(standing(&ledger, NOW), ([2, 0, 0, 0, 0, 0], 2));
    ledger.approve("bob", &first, NOW);
    ledger.reject("bob", &second, NOW);
    assert_eq!(standing(&ledger, NOW), ([0, 1, 0, 1, 0, 0], 1));
    assert_eq!(standing(&ledger, "2026-11-24T08:59:59Z"), ([0, 0, 1, 1, 0, 0], 1));
    assert_eq!(standing(&ledger, "2026-11-24T13:00:00Z"), ([0, 0, 0, 1, 1, 0], 0));
    // The grace is a day; from its end on, the closure is overdue.
    assert_eq!(standing(&ledger, "2026-11-25T12:59:59Z"), ([0, 0, 0, 0, 2, 0], 0));
    assert_eq!(standing(&ledger, "2026-11-25T13:00:00Z"), ([0, 0, 0, 0, 1, 1], 0));
    let closure = format!("[closure]\nof = \"{first}\"\nreason = \"done\"\n");
    ledger.append("alice", "closure", &closure, "2026-11-24T14:30:00Z");
    assert_eq!(standing(&ledger, "2026-11-25T13:00:00Z"), ([0, 0, 0, 0, 2, 0], 0));
    let samples = metrics_at(&ledger, NOW);
    assert_eq!(
        sample(&samples, "countersign_overrides", &[("environment", "staging"), ("standing", "over")]),
        0
    );
}

#[test]
fn patterns_redesigns_and_decisions_are_counted_for_each_target() {
    let mut ledger = Ledger::team();
    for (day, task) in ["2026-11-20", "2026-11-21", "2026-11-22"].iter().zip(["a", "b", "c"]) {
        let at = format!("{day}T09:00:00Z");
        ledger.append("ops", "exception", &exception("feed-stale", task, "", ""), &at);
    }
    let samples = metrics_at(&ledger, NOW);
    let occasions = |samples: &Samples| {
        sample(samples, "countersign_pattern_occasions", &[PRODUCTION, ("root_cause", "feed-stale")])
    };
    assert_eq!(occasions(&samples), 3);
    assert_eq!(sample(&samples, "countersign_patterns_repeating", &[PRODUCTION]), 1);
    assert_eq!(sample(&samples, "countersign_patterns_repeating", &[("environment", "staging")]), 0);
    assert_eq!(production_sample(&samples, "countersign_exceptions_live", "type", "observation"), 3);
    assert_eq!(sample(&samples, "countersign_duties_separated", &[PRODUCTION]), 1);
    // The window is 90 days, and its beginning is exclusive: the first occasion is no longer in it, the
    // second is.
    let late = metrics_at(&ledger, "2027-02-18T09:00:00Z");
    assert_eq!(occasions(&late), 2);
    assert_eq!(sample(&late, "countersign_patterns_repeating", &[PRODUCTION]), 1, "waiting resolves nothing");
    let redesigns = |samples: &Samples| {
        let words = ["undecided", "approved", "overdue", "in-effect", "failed", "rejected"];
        words.map(|word| production_sample(samples, "countersign_redesigns", "standing", word))
    };
    let text = |more: &str| {
        format!(
            "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
             environments = [\"production\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\n\
             change = \"code\"\ndue = 2026-11-30T09:00:00Z\n[[redesign.commit]]\nid = \"{more}\"\n"
        )
    };
    let id = ledger.append("alice", "redesign", &text(&"c".repeat(40)), NOW);
    assert_eq!(redesigns(&metrics_at(&ledger, NOW)), [1, 0, 0, 0, 0, 0]);
    ledger.approve("bob", &id, NOW);
    assert_eq!(redesigns(&metrics_at(&ledger, NOW)), [0, 1, 0, 0, 0, 0]);
    assert_eq!(redesigns(&metrics_at(&ledger, "2026-11-29T09:00:00Z")), [0, 1, 0, 0, 0, 0]);
    assert_eq!(redesigns(&metrics_at(&ledger, "2026-11-30T09:00:00Z")), [0, 0, 1, 0, 0, 0]);
    receipt(&mut ledger, "allowed", "redesigns", &id.to_string());
    receipt(&mut ledger, "refused", "waivers", "");
    receipt(&mut ledger, "refused", "waivers", "");
    let samples = metrics_at(&ledger, "2026-11-30T09:00:00Z");
    assert_eq!(redesigns(&samples), [0, 0, 0, 1, 0, 0]);
    assert_eq!(sample(&samples, "countersign_patterns_repeating", &[PRODUCTION]), 0);
    assert_eq!(production_sample(&samples, "countersign_gate_decisions", "decision", "allowed"), 1);
    assert_eq!(production_sample(&samples, "countersign_gate_decisions", "decision", "refused"), 2);
    // The cause comes back: the redesign has failed.
    let back = "2026-11-24T10:00:00Z";
    ledger.append("alice", "exception", &exception("feed-stale", "d", "", ""), back);
    let samples = metrics_at(&ledger, back);
    assert_eq!(redesigns(&samples), [0, 0, 0, 0, 1, 0]);
    assert_eq!(sample(&samples, "countersign_patterns_repeating", &[PRODUCTION]), 1);
    assert_eq!(sample(&samples, "countersign_ledger_records", &[]), 11);
    // One person alone does not move ledger time.
    assert_eq!(sample(&samples, "countersign_ledger_timestamp_seconds", &[]), time(NOW).unix());
    assert_eq!(sample(&samples, "countersign_evaluation_timestamp_seconds", &[]), time(back).unix());
}

/// Records a receipt of a decision about payments in production.
fn receipt(ledger: &mut Ledger, decision: &str, list: &str, id: &str) {
    let trust = ledger.replay.past().trust().unwrap().id();
    let end = if decision == "allowed" { "expires_at = 2026-11-24T09:15:00Z\n" } else { "" };
    let list = if id.is_empty() { String::new() } else { format!("{list} = [\"{id}\"]\n") };
    let text = format!(
        "[receipt]\nservice = \"payments\"\nenvironment = \"production\"\ncommit = \"{}\"\npurpose = \"expansion\"\n\
         decision = \"{decision}\"\nat = {NOW}\n{end}trust = \"{trust}\"\n{list}program = \"t\"\n\
         [[receipt.check]]\ncode = \"ledger-valid\"\nresult = \"pass\"\n",
        "c".repeat(40)
    );
    let id = ledger.append("alice", "receipt", &text, NOW);
    assert_eq!(ledger.void(&id), None);
}

#[test]
fn pauses_are_counted_and_struck_exceptions_are_not() {
    let sandbox = Sandbox::with_ledger();
    let counts = || {
        let samples = read(&sandbox.run(&["export", "metrics"]).ok().stdout);
        let observations = production_sample(&samples, "countersign_exceptions_live", "type", "observation");
        (sample(&samples, "countersign_pauses", &[PRODUCTION]), observations)
    };
    assert_eq!(counts(), (0, 0));
    sandbox.run(&["pause", "--reason", "r", "--for", "24h"]).ok();
    let seen = sandbox.exception("a");
    assert_eq!(counts(), (1, 1));
    // Ended pauses and struck exceptions are no longer counted, and everything else still is.
    sandbox.exception("b");
    sandbox.run(&["triage", &seen[..8], "--mistaken", "--reason", "r"]).ok();
    let log = sandbox.run(&["log", "--kind", "pause", "--json"]).ok().json();
    let pause = log["records"][0]["id"].as_str().unwrap()[..8].to_owned();
    assert_eq!(counts(), (1, 1));
    sandbox.run(&["resume", &pause, "--reason", "r"]).ok();
    assert_eq!(counts(), (0, 1));
}

#[test]
fn a_review_is_due_and_then_overdue() {
    let mut ledger = Ledger::team();
    let before = ledger.replay.past().policy().id().unwrap();
    let follow = format!("version = 2\nsupersedes = \"{before}\"");
    let expected = "\n[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\n\
        max_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 100\nwindow = \"90d\"\n";
    let policy = crate::support::ledger::POLICY.replace("version = 1", &follow) + expected;
    ledger.append("alice", "policy", &policy, NOW);
    let more = "expected = \"night\"\nexpires_at = 2026-11-24T12:00:00Z";
    let id = ledger.append("alice", "exception", &exception("feed-stale", "t", more, ""), NOW);
    assert_eq!(ledger.void(&id), None);
    let reviews = |at: &str| {
        let samples = metrics_at(&ledger, at);
        ["due", "overdue", "reviewed"]
            .map(|word| production_sample(&samples, "countersign_reviews", "standing", word))
    };
    assert_eq!(reviews(NOW), [1, 0, 0]);
    assert_eq!(reviews("2026-11-25T08:59:59Z"), [1, 0, 0]);
    assert_eq!(reviews("2026-11-25T09:00:00Z"), [0, 1, 0]);
}

#[test]
fn a_plan_counts_down_to_its_end_and_is_gone_there() {
    let mut ledger = Ledger::team();
    let text = crate::support::ledger::plan("alice", "removal", "2026-11-26T09:00:00Z");
    let id = ledger.append("alice", "rollback-plan", &text, NOW);
    let remaining = "countersign_plan_remaining_seconds";
    assert_eq!(sample(&metrics_at(&ledger, NOW), "countersign_plans_in_force", &[PRODUCTION]), 0);
    ledger.approve("bob", &id, NOW);
    let samples = metrics_at(&ledger, NOW);
    assert_eq!(production_sample(&samples, remaining, "rollback_plan", &id.to_string()), 2 * 86_400);
    assert_eq!(sample(&samples, "countersign_plans_in_force", &[PRODUCTION]), 1);
    assert_eq!(sample(&samples, "countersign_plans_in_force", &[("environment", "staging")]), 0);
    assert_eq!(
        production_sample(
            &metrics_at(&ledger, "2026-11-26T08:59:59Z"),
            remaining,
            "rollback_plan",
            &id.to_string()
        ),
        1
    );
    let over = metrics_at(&ledger, "2026-11-26T09:00:00Z");
    assert_eq!(sample(&over, "countersign_plans_in_force", &[PRODUCTION]), 0);
    assert!(!over.keys().any(|(name, _)| name == remaining), "{over:#?}");
}

#[test]
fn a_symptom_cannot_end_its_label_and_is_told_from_a_cause() {
    let hostile = "\"} 1\\n# EOF \\ \\\" ,a=\"b {c=\"";
    let mut ledger = Ledger::team();
    let caused = exception("feed-stale", "t", "", "");
    ledger.append("ops", "exception", &caused, NOW);
    // A machine knows the symptom only.
    let untriaged = caused
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\nroot_cause = \"feed-stale\"\n", "")
        .replace("summary = \"It failed\"\n", &format!("summary = \"s\"\nsymptom = {}\n", json!(hostile)));
    let id = ledger.append("ops", "exception", &untriaged, NOW);
    assert_eq!(ledger.void(&id), None);
    let samples = metrics_at(&ledger, NOW);
    let occasions = |cause: &str, symptom: &str| {
        let name = "countersign_pattern_occasions";
        sample(&samples, name, &[("root_cause", cause), ("symptom", symptom)])
    };
    assert_eq!((occasions("", hostile), occasions("feed-stale", "")), (1, 1));
}

#[test]
fn a_ledger_that_cannot_be_trusted_says_only_that() {
    let sandbox = Sandbox::with_ledger();
    plan(&sandbox, "Back", &FOUR[..1]);
    let out = sandbox.root.path().join("countersign.prom");
    let file = out.display().to_string();
    sandbox.run(&["export", "metrics", "--out", &file]).ok();
    let good = read(&std::fs::read_to_string(&out).unwrap());
    assert_eq!(sample(&good, "countersign_ledger_sound", &[]), 1);
    assert!(good.len() > 20);
    let only_that = |text: &str| {
        let samples = read(text);
        assert_eq!(sample(&samples, "countersign_ledger_sound", &[]), 0);
        assert!(sample(&samples, "countersign_evaluation_timestamp_seconds", &[]) > 1_700_000_000);
        assert_eq!(samples.len(), 2, "{text}");
    };
    // The option names another ledger.
    let other = "0".repeat(64);
    let ran = sandbox.run(&["export", "metrics", "--ledger-id", &other]).code(3).stderr_has("wrong-anchor");
    only_that(&ran.stdout);
    export(&sandbox, "argo", &["--ledger-id", &other]).code(3).stderr_has("wrong-anchor");
    // A clone that was given no ledger id: its ledger could be anybody's.
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "payments", "clone"]).ok();
    let clone = sandbox.root.path().join("clone");
    sandbox.at(&clone, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    let ran = sandbox.at(&clone, program(), &["export", "metrics"]).code(3);
    only_that(&ran.stderr_has("no ledger id was given").stdout);
    let id = good.keys().next().unwrap().1["ledger"].clone();
    sandbox.at(&clone, program(), &["export", "metrics", "--ledger-id", &id]).ok();
    // A halted ledger: the file says so, and has nothing from before the halt.
    let script = "c=$(git commit-tree -p ledger -m x ledger^{tree}); git update-ref refs/heads/ledger $c";
    sandbox.at(&sandbox.repository, "bash", &["-euc", script]).ok();
    sandbox.run(&["export", "metrics", "--out", &file]).code(3).stderr_has("halted");
    only_that(&std::fs::read_to_string(&out).unwrap());
    for format in ["argo", "prometheus"] {
        assert!(export(&sandbox, format, &[]).code(3).stderr_has("halted").stdout.is_empty());
    }
    // An absent ledger.
    sandbox.git(&["update-ref", "-d", "refs/heads/ledger"]).ok();
    only_that(&sandbox.run(&["export", "metrics"]).code(3).stdout);
}

#[test]
fn a_file_is_replaced_as_a_whole_and_others_may_read_it() {
    let sandbox = Sandbox::with_ledger();
    let directory = sandbox.root.path().join("collector");
    std::fs::create_dir(&directory).unwrap();
    let out = directory.join("countersign.prom");
    let file = out.display().to_string();
    std::fs::write(&out, "before\n").unwrap();
    // A reader that has the old file open, or that reads it by a second link, still gets all of it.
    std::fs::hard_link(&out, directory.join("second")).unwrap();
    sandbox
        .at(
            &sandbox.repository,
            "sh",
            &["-c", "umask 022; exec \"$@\"", "sh", program(), "export", "metrics", "--out", &file],
        )
        .ok();
    let _ = read(&std::fs::read_to_string(&out).unwrap());
    assert_eq!(std::fs::read_to_string(directory.join("second")).unwrap(), "before\n");
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o644);
    sandbox
        .at(
            &sandbox.repository,
            "sh",
            &["-c", "umask 077; exec \"$@\"", "sh", program(), "export", "metrics", "--out", &file],
        )
        .ok();
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let names = || {
        let all = std::fs::read_dir(&directory).unwrap();
        let mut names: Vec<_> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["countersign.prom", "second"], "no temporary file is left");
    // Neither a directory nor a pipe is replaced, and a missing directory is not created.
    let pipe = directory.join("pipe").display().to_string();
    sandbox.at(&directory, "mkfifo", &["pipe"]).ok();
    for path in [&pipe, &directory.display().to_string()] {
        sandbox.run(&["export", "metrics", "--out", path]).code(2).stderr_has("is not a regular file");
    }
    let missing = directory.join("missing/it.prom").display().to_string();
    sandbox.run(&["export", "metrics", "--out", &missing]).code(4).stderr_has("cannot write");
    assert_eq!(names(), ["countersign.prom", "pipe", "second"]);
}

#[test]
fn the_example_plans_can_be_exported() {
    for (name, author, approver) in
        [("rollback-plan", "alice", "carol"), ("rollback-plan-first-deployment", "alice", "carol")]
    {
        let path = format!("{}/examples/drafts/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let mut ledger = Ledger::team();
        let id = ledger.append(author, "rollback-plan", &text, NOW);
        ledger.approve(approver, &id, NOW);
        let state = ledger.state();
        let plan = state.plans().iter().find(|plan| plan.id == id).unwrap();
        let subject = Subject {
            ledger: state.ledger,
            target: &plan.targets.iter().next().unwrap(),
            plan,
            end: None,
            approvals: 1,
        };
        for text in [argo(&subject, &Analysis::default()), prometheus(&subject)] {
            let value: Value = serde_json::from_str(&text.unwrap()).unwrap();
            assert!(value.is_object(), "{name}");
        }
    }
}
