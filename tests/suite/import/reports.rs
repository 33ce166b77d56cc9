//! Importing failures: a refusal of the gate, the job of a CI system, and reports of tests and of analysers.

use countersign::import::{FORMATS, Failures, Map, ci, gate, text};
use countersign::record::Kind;
use countersign::record::draft::Draft;
use serde_json::Value;

use crate::support::sandbox::{Ran, Sandbox, program};

fn sample(name: &str) -> String {
    format!("{}/examples/import/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A ledger with a service in the role `reporter`, limited by `scope`. If `scope` is empty, the service may report
/// everything.
fn with_service(scope: &str) -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.key("svc-ci");
    let line = std::fs::read_to_string(sandbox.home.join("svc-ci.pub")).unwrap();
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let member = format!(
        "\n[[trust.member]]\nname = \"svc-ci\"\ntype = \"service\"\nowner = \"alice\"\nkeys = [\"{}\"]\n\
         [[trust.member.role]]\nrole = \"reporter\"\n{scope}",
        line.trim()
    );
    let file = sandbox.write("trust.toml", &format!("{shown}{member}"));
    sandbox.run(&["trust", "propose", "-f", &file]).ok().stdout_has("in force");
    sandbox
}

/// Records an exception as the service, with its credential.
fn service(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let key = sandbox.home.join("svc-ci").display().to_string();
    let before = ["--key", &key, "record", "exception", "--credential", "vault:ci/token"];
    sandbox.run(&[&before[..], arguments].concat())
}

/// Records an exception as a person.
fn human(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    sandbox.run(&[&["record", "exception"], arguments].concat())
}

/// The text of a record as it was signed.
fn raw(sandbox: &Sandbox, id: &Value) -> String {
    sandbox.run(&["show", id.as_str().unwrap(), "--raw"]).ok().stdout
}

/// Returns the symptom, the summary and the number of occurrences of each failure in a report.
fn failures_of(option: &str, report: &str) -> Result<Vec<(String, String, u64)>, String> {
    let format = FORMATS.iter().find(|format| format.option == option).unwrap();
    let mut failures = Failures::default();
    failures.begin("r");
    text(report.as_bytes())
        .and_then(|text| (format.read)(&text, &mut failures))
        .map_err(|error| error.to_string())?;
    let row = |failure: &countersign::import::ReportedFailure| {
        (failure.symptom.to_string(), failure.summary.to_string(), failure.occurrences)
    };
    Ok(failures.found().iter().map(row).collect())
}

fn junit(inner: &str) -> String {
    format!("<testsuite name=\"s\"><testcase name=\"t\">{inner}</testcase></testsuite>")
}

fn sarif(result: &str) -> String {
    format!(
        "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"rules\":[{{\"id\":\"noted\",\
         \"defaultConfiguration\":{{\"level\":\"note\"}}}}]}}}},\"results\":[{{\"message\":{{\"text\":\"m\"}},\
         {result}}}]}}]}}"
    )
}

#[test]
fn a_refusal_of_the_gate_becomes_an_exception_once() {
    let sandbox = with_service("");
    let ask = ["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD", "--json"];
    let refused = sandbox.run(&ask).code(1);
    let view = refused.json();
    let file = sandbox.write("gate.json", &refused.stdout);
    let from = ["--from", file.as_str(), "--workflow", "deploy", "--json"];
    // A person has to give the root cause.
    let _ = human(&sandbox, &from).code(2).stderr_has("--root-cause is missing: why did it happen?");
    let done = service(&sandbox, &from).ok().json();
    let signed = raw(&sandbox, &done["id"]);
    for line in [
        "author = \"svc-ci\"",
        "workflow = \"deploy\"",
        "services = [\"payments\"]",
        "environments = [\"production\"]",
        "summary = \"The gate refused payments in production: rollback-plan, rollback-criteria, rollback-target\"",
        "symptom = \"gate:rollback-plan,rollback-criteria,rollback-target\"",
        &format!("occurred_at = {}", view["at"].as_str().unwrap()),
        &format!("commit = \"{}\"", view["commit"].as_str().unwrap()),
        "credential = \"vault:ci/token\"",
        &format!("task = \"gate for payments in production, commit {}\"", view["commit"].as_str().unwrap()),
    ] {
        assert!(signed.lines().any(|other| other == line), "{line}\n{signed}");
    }
    assert!(
        !signed.contains("root_cause") && !signed.contains("failure = ") && !signed.contains("origin"),
        "{signed}"
    );
    let head = sandbox.ledger_head();
    let _ = service(&sandbox, &from).code(2).stderr_has("is already recorded with the same task");
    assert_eq!(sandbox.ledger_head(), head);
    // Another task is another failure, options override the file, and standard input is accepted.
    let key = sandbox.home.join("svc-ci").display().to_string();
    let line = ["--key", &key, "record", "exception", "--credential", "c", "--from", "-", "--json"];
    let more = ["--workflow", "deploy", "--task", "run 9", "--summary", "Again"];
    let done = sandbox.feed(&[&line[..], &more].concat(), refused.stdout.as_bytes()).ok().json();
    let signed = raw(&sandbox, &done["id"]);
    assert!(signed.contains("task = \"run 9\"") && signed.contains("summary = \"Again\""), "{signed}");
    sandbox.run(&["verify"]).ok().stdout_has("0 void");
}

#[test]
fn what_is_no_refusal_of_a_gate_is_refused() {
    let good = std::fs::read_to_string(sample("gate.json")).unwrap();
    assert_eq!(gate(&good).unwrap().services.len(), 1);
    for (from, to, message) in [
        ("\"refused\"", "\"allowed\"", "1:1: the gate allowed this deployment"),
        ("\"payments\"", "\"Pay ments\"", "`service`: expected a name"),
        ("\"d41c7e2f0b", "\"HEAD", "`commit`"),
        ("\"rollback-plan\",\n      \"result\"", "\"x y\",\n      \"result\"", "`checks.code`"),
        ("\"fail\"", "\"pass\"", "names no check that failed"),
        ("\"result\": \"fail\"", "\"result\": \"faily\"", "unknown variant `faily`"),
        ("{\n  \"decision\"", "[\n  \"decision\"", "is not the output of `countersign gate --json`"),
        ("\"commit\":", "\"kommit\":", "missing field `commit`"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let error = gate(&bad).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let error = gate("{\n \"decision\": nothing }").unwrap_err();
    assert_eq!((error.line, error.column), (2, 14), "{error}");
    let sandbox = with_service("");
    let bad = sandbox.write("bad.json", "<html>");
    let _ = service(&sandbox, &["--from", &bad, "--workflow", "w"]).code(2).stderr_has("bad.json:1:1");
    let _ = service(&sandbox, &["--from", "/nowhere", "--workflow", "w"])
        .code(2)
        .stderr_has("cannot read /nowhere");
}

#[test]
fn the_job_of_a_ci_says_what_was_running() {
    let commit = "d41c7e2f0b9a5c1e8d3f6a7b2c4e9f1a0d5b8c37";
    let cases: &[(&[(&str, &str)], &str, &str)] = &[
        (
            &[
                ("CI", "true"),
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_WORKFLOW", "Vendor Import"),
                ("GITHUB_JOB", "reconcile"),
                ("GITHUB_RUN_ID", "8841"),
                ("GITHUB_SERVER_URL", "https://github.com"),
                ("GITHUB_REPOSITORY", "o/r"),
                ("GITHUB_SHA", commit),
            ],
            "github-actions: Vendor Import / reconcile, run 8841, https://github.com/o/r/actions/runs/8841",
            "vendor-import",
        ),
        (
            &[
                ("CI", "true"),
                ("GITLAB_CI", "true"),
                ("CI_PROJECT_NAME", "payments"),
                ("CI_JOB_NAME", "deploy: prod"),
                ("CI_PIPELINE_ID", "77"),
                ("CI_PIPELINE_URL", "https://user:secret@gitlab.example/p/-/pipelines/77"),
                ("CI_COMMIT_SHA", commit),
            ],
            "gitlab-ci: payments / deploy: prod, run 77, https://gitlab.example/p/-/pipelines/77",
            "payments",
        ),
        (
            &[
                ("JENKINS_URL", "https://j/"),
                ("JOB_NAME", "team/import"),
                ("STAGE_NAME", "Reconcile"),
                ("BUILD_NUMBER", "12"),
                ("BUILD_URL", "https://j/job/12/"),
                ("GIT_COMMIT", commit),
            ],
            "jenkins: team/import / Reconcile, run 12, https://j/job/12/",
            "team-import",
        ),
        (
            &[
                ("CI", "true"),
                ("BUILDKITE", "true"),
                ("BUILDKITE_PIPELINE_SLUG", "import"),
                ("BUILDKITE_LABEL", ":rocket: Go"),
                ("BUILDKITE_BUILD_NUMBER", "5"),
                ("BUILDKITE_BUILD_URL", "https://buildkite.com/o/import/builds/5"),
                ("BUILDKITE_COMMIT", commit),
            ],
            "buildkite: import / :rocket: Go, run 5, https://buildkite.com/o/import/builds/5",
            "import",
        ),
        (
            &[
                ("CI", "true"),
                ("CI_WORKFLOW_NAME", "nightly"),
                ("CI_STEP_NAME", "import"),
                ("CI_PIPELINE_NUMBER", "3"),
                ("CI_COMMIT_SHA", commit),
            ],
            "ci: nightly / import, run 3",
            "nightly",
        ),
    ];
    for (variables, task, workflow) in cases {
        let lookup = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let job = ci::ci(lookup).unwrap();
        assert_eq!(job.task.unwrap().as_str(), *task);
        assert_eq!(job.workflow.unwrap().as_str(), *workflow);
        assert_eq!(job.commit.unwrap().as_str(), commit);
        assert!(job.symptom.unwrap().as_str().starts_with("ci:"));
        assert!(job.summary.is_some());
    }
    let lookup = |name: &str| (name == "CI").then(|| "true".to_owned());
    assert_eq!(ci::ci(lookup), None, "a job without a run id is not a task");
    let head = |name: &str| {
        let some = |value: &str| Some(value.to_owned());
        match name {
            "BUILDKITE" => some("true"),
            "BUILDKITE_BUILD_NUMBER" => some("5"),
            "BUILDKITE_COMMIT" => some("HEAD"),
            _ => None,
        }
    };
    assert_eq!(ci::ci(head).unwrap().commit, None, "HEAD is not a fixed commit");

    let sandbox = with_service("");
    let _ = service(&sandbox, &["--from", "ci"])
        .code(2)
        .stderr_has("no supported CI job detected")
        .stderr_has("gitlab-ci");
    let key = sandbox.home.join("svc-ci").display().to_string();
    let file = sample("gate.json");
    let mut command = sandbox.command(&sandbox.repository, program());
    command.args([
        "--key",
        &key,
        "record",
        "exception",
        "--credential",
        "c",
        "--from",
        "ci",
        "--from",
        &file,
    ]);
    let output = command.arg("--json").envs(cases[0].0.iter().copied()).output().unwrap();
    let ran = crate::support::sandbox::ran(output, "countersign", &[]).ok();
    let signed = raw(&sandbox, &ran.json()["id"]);
    // Each value comes from the first source that has it.
    for line in [
        format!("task = \"{}\"", cases[0].1),
        "workflow = \"vendor-import\"".to_owned(),
        "symptom = \"ci:Vendor Import/reconcile\"".to_owned(),
        "occurred_at = 2026-01-14T06:55:12Z".to_owned(),
    ] {
        assert!(signed.lines().any(|other| other == line), "{line}\n{signed}");
    }
}

#[test]
fn each_distinct_failure_of_a_report_becomes_one_exception() {
    let sandbox = with_service("");
    let (junit, sarif, map) = (sample("junit.xml"), sample("results.sarif"), sample("map.toml"));
    let reports = ["--from-junit", &junit, "--from-sarif", &sarif, "--map", &map, "--task", "nightly 7"];
    let before = sandbox.run(&["verify", "--json"]).ok().json()["entries"].clone();
    let head = sandbox.ledger_head();

    let dry = service(&sandbox, &[&reports[..], &["--dry-run", "--json"]].concat()).ok().json();
    assert_eq!(sandbox.ledger_head(), head, "a dry run records nothing");
    assert_eq!((&dry["dry_run"], &dry["failures"], &dry["entries"]), (&true.into(), &7.into(), &0.into()));
    for row in dry["records"].as_array().unwrap() {
        assert!(row["id"].is_null(), "{row:#}");
        Draft::read(row["draft"].as_str().unwrap().as_bytes(), Kind::Exception).unwrap();
    }
    let _ = service(&sandbox, &[&reports[..], &["--dry-run"]].concat())
        .ok()
        .stdout_has("5 exceptions would be recorded from 7 failures")
        .stdout_has("vendor-import  vendor-feed-stale  2 times")
        .stdout_has("nothing was recorded (--dry-run)");
    assert_eq!(sandbox.ledger_head(), head);

    let done = service(&sandbox, &[&reports[..], &["--json"]].concat()).ok().json();
    let rows: Vec<(&str, &str, &Value, &str, u64)> = done["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let value = |field: &str| row[field].as_str().unwrap();
            (
                value("symptom"),
                value("workflow"),
                &row["root_cause"],
                value("summary"),
                row["occurrences"].as_u64().unwrap(),
            )
        })
        .collect();
    let (stale, late, night, open) =
        ("vendor-feed-stale".into(), "vendor-answers-late".into(), "no-approver-night".into(), Value::Null);
    assert_eq!(
        rows,
        [
            (
                "junit:import.rates.RateTest.the_file_is_of_today",
                "vendor-import",
                &stale,
                "expected rates of 2026-11-24, found 2026-11-23",
                2
            ),
            (
                "junit:import.rates.RateTest.the_vendor_answers",
                "vendor-import",
                &late,
                "TimeoutError: no answer from rates.example within 30 s",
                1
            ),
            (
                "junit:refunds.RefundTest.a_refund_over_the_limit_is_routed",
                "card-refunds",
                &night,
                "no approver is on duty & the queue is full",
                1
            ),
            (
                "sarif:stale-feed:feeds/vendor/rates.csv",
                "vendor-import",
                &stale,
                "The feed is older than its schedule",
                2
            ),
            (
                "sarif:schema-drift:feeds/vendor/schema.json",
                "vendor-import",
                &open,
                "The column `rate` is text, and was a number",
                1
            ),
        ]
    );
    assert_eq!(
        (&done["dry_run"], &done["entries"], &done["without_cause"]),
        (&false.into(), &1.into(), &1.into())
    );
    assert_eq!(done["before"].as_array().unwrap().len(), 0);
    assert!(done["records"][0]["place"].as_str().unwrap().ends_with("junit.xml:4"), "{done:#}");
    assert!(done["records"][0]["draft"].is_null());
    assert_eq!(done["records"][1]["mapped"], "junit:import.rates.*");
    let signed = raw(&sandbox, &done["records"][0]["id"]);
    assert!(
        signed.contains("occurrences = 2\n") && signed.contains("failure = \"bad-source-data\"\n"),
        "{signed}"
    );
    assert!(!raw(&sandbox, &done["records"][1]["id"]).contains("occurrences"));
    let after = sandbox.run(&["verify", "--json"]).ok().json();
    assert_eq!(
        after["entries"].as_u64(),
        before.as_u64().map(|entries| entries + 1),
        "as few entries as possible"
    );

    // Imported again with the same task, the reports add nothing; with another task they do.
    let head = sandbox.ledger_head();
    let again = service(&sandbox, &[&reports[..], &["--json"]].concat()).ok().json();
    assert_eq!(again["before"].as_array().unwrap().len(), 5);
    assert_eq!(again["before"][0]["id"], done["records"][0]["id"]);
    assert_eq!(again["records"].as_array().unwrap().len(), 0);
    let _ = service(&sandbox, &reports).ok().stdout_has("nothing to record from 7 failures");
    assert_eq!(sandbox.ledger_head(), head);
    let other = service(&sandbox, &[&reports[..6], &["--task", "nightly 8", "--json"]].concat()).ok().json();
    assert_eq!(other["records"].as_array().unwrap().len(), 5);
    sandbox.run(&["verify"]).ok().stdout_has("0 void");
}

#[test]
fn a_person_says_why_and_a_service_may_leave_it_open() {
    let sandbox = with_service("");
    let (junit, sarif, map) = (sample("junit.xml"), sample("results.sarif"), sample("map.toml"));
    let head = sandbox.ledger_head();
    let reports = ["--from-junit", &junit, "--from-sarif", &sarif, "--map", &map, "--task", "t"];
    let ran = human(&sandbox, &reports).code(2);
    let ran = ran
        .stderr_has("--failure, --origin, --root-cause are missing: why did it happen?")
        .stderr_has("sarif:schema-drift:feeds/vendor/schema.json")
        .stderr_has("results.sarif:runs[0].results[2]")
        .stderr_has("give the causes with --map FILE");
    assert!(!ran.stderr.contains("junit:"), "a mapped failure is not a mistake: {}", ran.stderr);
    // Without a map the workflow is missing too, and everything that is missing is reported at once.
    let _ = human(&sandbox, &["--from-junit", &junit, "--task", "t"])
        .code(2)
        .stderr_has("--workflow is missing: which automation failed?")
        .stderr_has("are missing: why did it happen?")
        .stderr_has("junit:refunds.RefundTest.a_refund_over_the_limit_is_routed");
    assert_eq!(sandbox.ledger_head(), head, "nothing is recorded if one thing is wrong");
    let _ = human(&sandbox, &["--from-junit", &junit, "--map", &map, "--task", "t"])
        .ok()
        .stdout_has("3 exceptions");
    // Options give what the map leaves open.
    let cause = ["--root-cause", "drift", "--failure", "brittle-dependency", "--origin", "data"];
    let view = human(&sandbox, &[&["--json"], &reports[..], &cause].concat()).ok().json();
    let causes: Vec<&str> =
        view["records"].as_array().unwrap().iter().map(|row| row["root_cause"].as_str().unwrap()).collect();
    assert_eq!(causes, ["vendor-feed-stale", "drift"], "{view:#}");
    assert_eq!(view["before"].as_array().unwrap().len(), 3);
}

#[test]
fn a_mistake_of_the_options_records_none_of_the_failures() {
    let sandbox = with_service("");
    let head = sandbox.ledger_head();
    let junit = sample("junit.xml");
    let token = format!("ghp_{}", "aB3d".repeat(9));
    let options = ["--from-junit", junit.as_str(), "--workflow", "w", "--task", "t"];
    let target = ["--service", "payment", "--environment", "production"];
    let _ = service(&sandbox, &[&options[..], &target].concat())
        .code(2)
        .stderr_has("--service names no target of the policy");
    // A secret in an option is refused: a person typed it, and can give a reference instead.
    let typed = ["--from-junit", junit.as_str(), "--workflow", "w", "--task", &token];
    let ran = service(&sandbox, &typed).code(2).stderr_has("--task seems to hold a secret (GitHub token");
    assert!(!ran.stderr.contains(&token), "{}", ran.stderr);
    assert_eq!(sandbox.ledger_head(), head);
}

/// Messages of failed tests, each with the secret that it contains.
fn leaking_messages() -> Vec<(String, String)> {
    let random = "a1B2c3D4e5".repeat(6);
    let of =
        |before: &str, secret: &str, after: &str| (format!("{before}{secret}{after}"), secret.to_owned());
    vec![
        of("with ", &format!("ghu_{}", &random[..36]), " there"),
        of("", &format!("glptt-{}", &random[..40]), ""),
        of("token ", &format!("xapp-1-{}", &random[..40]), ", no"),
        of("", &format!("npm_{}", &random[..36]), ""),
        of("", &format!("pypi-AgEIcHlwaS5vcmc{random}"), ""),
        of("cannot connect to postgres://app:", "hunter2secret", "@db.example.org/payments"),
        of("DB_PASSWORD=", "c0rrect-horse", " refused"),
        of("Authorization: Bearer ", "9fK2mQx7LpZ0aVtR4bYc", ""),
        of("-----BEGIN PGP PRIVATE KEY BLOCK-----&#10;", "lQdGBFxyzsecretkeymaterial", ""),
        of("", "-----BEGIN OPENSSH PRIVATE KEY-----", "&#10;b3BlbnNzaC1rZXk"),
    ]
}

#[test]
fn a_secret_of_a_report_is_redacted_and_the_failure_is_recorded() {
    let sandbox = with_service("");
    let leaks = leaking_messages();
    let case = |(at, (message, _)): (usize, &(String, String))| {
        format!("<testcase classname=\"c\" name=\"case {at}\"><failure message=\"{message}\"/></testcase>")
    };
    let cases: String = leaks.iter().enumerate().map(case).collect();
    let named = format!("ghp_{}", "aB3d".repeat(9));
    let named_case = format!("<testcase name=\"named_{named}\"><failure message=\"m\"/></testcase>");
    let good = "<testcase name=\"good\"><failure message=\"timeout after 30 s\"/></testcase>";
    let report =
        sandbox.write("leaks.xml", &format!("<testsuite name=\"s\">{cases}{named_case}{good}</testsuite>"));
    let options = ["--from-junit", report.as_str(), "--workflow", "w", "--task", "t", "--json"];
    let ran = service(&sandbox, &options).ok();
    let held = format!("warning: {} exceptions held what looks like a secret", leaks.len() + 1);
    let view = ran.stderr_has(&held).json();
    assert_eq!(view["records"].as_array().unwrap().len(), leaks.len() + 2);
    assert_eq!(view["redacted"], leaks.len() + 1);
    let ledger = sandbox.git(&["log", "-p", "--no-color", "refs/heads/ledger"]).ok().stdout;
    for (_, secret) in leaks.iter().chain([&(String::new(), named)]) {
        assert!(!ledger.contains(secret.as_str()) && !view.to_string().contains(secret.as_str()), "{secret}");
    }
    assert!(ledger.contains("timeout after 30 s") && ledger.contains("@db.example.org/payments"));
    // A failure that differs only in the secret is the same failure.
    let other = std::fs::read_to_string(&report).unwrap().replace("ghp_aB3d", "ghp_Xy7z");
    std::fs::write(&report, other).unwrap();
    let again = service(&sandbox, &options).ok().json();
    assert_eq!(again["records"].as_array().unwrap().len(), 0, "{again:#}");
}

#[test]
fn whoever_may_not_report_is_told_before_anything_is_signed() {
    let sandbox = with_service("services = [\"cards\"]\n");
    let head = sandbox.ledger_head();
    let junit = sample("junit.xml");
    for more in [&[][..], &["--dry-run"]] {
        let options = [&["--from-junit", junit.as_str(), "--workflow", "w", "--task", "t"], more].concat();
        let _ = service(&sandbox, &options).code(1).stderr_has("scope: the role of svc-ci does not cover");
    }
    assert_eq!(sandbox.ledger_head(), head);
}

#[test]
fn a_dry_run_of_one_draft_shows_it_and_records_nothing() {
    let sandbox = Sandbox::with_ledger();
    let head = sandbox.ledger_head();
    let cause = ["--root-cause", "no-plan", "--failure", "missing-approval-context", "--origin", "hand-off"];
    let file = sample("gate.json");
    let from = [&["--from", file.as_str(), "--workflow", "deploy", "--dry-run"], &cause[..]].concat();
    let shown = human(&sandbox, &from).ok().stdout_has("nothing was recorded (--dry-run)").stdout;
    let draft = shown.split("\nnothing was").next().unwrap();
    assert_eq!(
        Draft::read(draft.as_bytes(), Kind::Exception).unwrap(),
        Draft::read(
            human(&sandbox, &[&from[..], &["--json"]].concat()).ok().json()["records"][0]["draft"]
                .as_str()
                .unwrap()
                .as_bytes(),
            Kind::Exception
        )
        .unwrap()
    );
    let _ = human(&sandbox, &["--workflow", "w", "--dry-run"])
        .code(2)
        .stderr_has("--summary is missing: one line of prose");
    let plan =
        sandbox.write("plan.toml", &crate::support::ledger::plan("alice", "removal", &sandbox.in_days(20)));
    sandbox.run(&["record", "rollback-plan", "-f", &plan, "--dry-run"]).ok().stdout_has("[rollback-plan]");
    assert_eq!(sandbox.ledger_head(), head);
}

#[test]
fn a_cause_that_looks_like_a_known_one_is_noted_and_kept() {
    let sandbox = Sandbox::with_ledger();
    sandbox.exception("t");
    let map = sandbox.write(
        "map.toml",
        "[[map]]\nsymptom = \"junit:**\"\nworkflow = \"vendor-import\"\nfailure = \"timeout\"\norigin = \"data\"\n\
         root_cause = \"feed-stael\"\n",
    );
    let ran =
        human(&sandbox, &["--from-junit", &sample("junit.xml"), "--map", &map, "--task", "t", "--json"]).ok();
    let ran = ran.stderr_has("note: `feed-stael` looks like feed-stale, which vendor-import already has");
    assert_eq!(ran.stderr.lines().count(), 1, "once, not for each failure: {}", ran.stderr);
    assert_eq!(ran.json()["records"][0]["root_cause"], "feed-stael");
}

#[test]
fn failures_beyond_one_entry_go_into_the_next() {
    let sandbox = with_service("");
    let case = |number: u32| format!("<testcase name=\"t{number}\"><failure message=\"m\"/></testcase>\n");
    let report: String = (0..1_025).map(case).collect();
    let file = sandbox.write("many.xml", &format!("<testsuite name=\"s\">{report}</testsuite>"));
    let ran = service(&sandbox, &["--from-junit", &file, "--workflow", "w", "--task", "t"]).ok();
    let ran = ran
        .stdout_has("1025 exceptions recorded in 2 entries from 1025 failures")
        .stdout_has("and 1005 more");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    sandbox.run(&["verify"]).ok().stdout_has("1028 records in 5 entries; 1028 by someone entitled, 0 void");
}

#[test]
fn failures_with_long_messages_go_into_as_many_entries_as_their_bytes_need() {
    let sandbox = with_service("");
    let message = "&#228;".repeat(200);
    let case = |number: u32| {
        format!("<testcase name=\"t{number}\"><failure>{number} {message}</failure></testcase>\n")
    };
    let report: String = (0..1_000).map(case).collect();
    let file = sandbox.write("long.xml", &format!("<testsuite name=\"s\">{report}</testsuite>"));
    service(&sandbox, &["--from-junit", &file, "--workflow", "w", "--task", "t"])
        .ok()
        .stdout_has("1000 exceptions recorded in 2 entries from 1000 failures");
    sandbox.run(&["verify"]).ok().stdout_has("1003 records in 5 entries; 1003 by someone entitled, 0 void");
}

#[test]
fn only_what_failed_in_the_end_is_a_failure_of_a_test() {
    for (inner, expected) in [
        ("", None),
        ("<skipped/>", None),
        ("<flakyFailure message=\"m\"/>", None),
        ("<system-out>failure</system-out>", None),
        ("<failure message=\"m\"/>", Some(("m", 1))),
        ("<error message=\"m\"/>", Some(("m", 1))),
        ("<failure message=\"m\"/><error message=\"n\"/>", Some(("m", 1))),
        ("<failure message=\"m\"/><rerunFailure message=\"n\"/><rerunError/>", Some(("m", 3))),
        ("<failure>\n  first line\nsecond</failure>", Some(("first line", 1))),
        ("<failure message=\" \"><![CDATA[a <b>]]>&amp;&#65;</failure>", Some(("a <b>&A", 1))),
        ("<failure type=\"Oops\"/>", Some(("Oops", 1))),
        ("<failure/>", Some(("junit:s.t", 1))),
        ("<failure message=\"&#27;[31mred&#27;[0m &#x202e;&#x200b;x\"/>", Some(("red x", 1))),
    ] {
        let failures = failures_of("from-junit", &junit(inner)).unwrap();
        let first = failures.first().map(|(_, summary, times)| (summary.as_str(), *times));
        assert_eq!(first, expected, "{inner}");
    }
    let named = "<x:testsuites xmlns:x='u'><testsuite name='outer'><testsuite><testcase name='a' classname='k'>\
                 <failure/></testcase><testcase name='a'><failure/></testcase></testsuite></testsuite></x:testsuites>";
    let symptoms: Vec<String> =
        failures_of("from-junit", named).unwrap().into_iter().map(|failure| failure.0).collect();
    assert_eq!(symptoms, ["junit:k.a", "junit:outer.a"]);
}

#[test]
fn only_results_that_count_are_failures_of_an_analyser() {
    let at = "\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"a/b.c\"}}}]";
    for (result, expected) in [
        (format!("\"ruleId\":\"r\",{at}"), Some("sarif:r:a/b.c")),
        ("\"ruleId\":\"r\",\"level\":\"error\"".to_owned(), Some("sarif:r")),
        ("\"rule\":{\"id\":\"r\"},\"level\":\"warning\"".to_owned(), Some("sarif:r")),
        ("\"ruleId\":\"r\",\"level\":\"note\"".to_owned(), None),
        ("\"ruleId\":\"r\",\"level\":\"none\"".to_owned(), None),
        ("\"ruleId\":\"noted\"".to_owned(), None),
        ("\"ruleIndex\":0".to_owned(), None),
        ("\"ruleIndex\":-1,\"ruleId\":\"r\"".to_owned(), Some("sarif:r")),
        ("\"ruleId\":\"noted\",\"level\":\"error\"".to_owned(), Some("sarif:noted")),
        ("\"ruleId\":\"r\",\"kind\":\"pass\"".to_owned(), None),
        ("\"ruleId\":\"r\",\"kind\":\"fail\"".to_owned(), Some("sarif:r")),
        ("\"ruleId\":\"r\",\"baselineState\":\"absent\"".to_owned(), None),
        ("\"ruleId\":\"r\",\"suppressions\":[]".to_owned(), Some("sarif:r")),
        ("\"ruleId\":\"r\",\"suppressions\":[{\"kind\":\"inSource\"}]".to_owned(), None),
        ("\"ruleId\":\"r\",\"suppressions\":[{\"status\":\"rejected\"}]".to_owned(), Some("sarif:r")),
        ("\"ruleId\":\"r\",\"suppressions\":[{\"status\":\"underReview\"},{}]".to_owned(), Some("sarif:r")),
    ] {
        let failures = failures_of("from-sarif", &sarif(&result)).unwrap();
        assert_eq!(failures.first().map(|failure| failure.0.as_str()), expected, "{result}");
    }
}

#[test]
fn hostile_reports_are_refused_with_line_and_column_and_quickly() {
    let nested = "<testsuite>".repeat(100_000);
    let most = "<testsuite>".repeat(64) + &"</testsuite>".repeat(64);
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=''")).collect();
    let lists = format!("{{\"version\":\"2.1.0\",\"x\":{}", "[".repeat(1_000_000));
    let bomb = "<!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<testsuite/>";
    let outside = "<!DOCTYPE l SYSTEM \"file:///etc/passwd\"><testsuite/>";
    let case = |number: u32| format!("<testcase name='t{number}'><error/></testcase>");
    let many = |count: u32| format!("<testsuite>{}</testsuite>", (0..count).map(case).collect::<String>());
    let long = format!("<testsuite>{}</testsuite>", " ".repeat(32 * 1024 * 1024));
    for (option, report, expected) in [
        ("from-junit", bomb, "1:1: has a document type (DTD)"),
        ("from-junit", outside, "1:1: has a document type (DTD)"),
        (
            "from-junit",
            "<testsuite name='a' name='b'/>",
            "1:1: has an element with a malformed or duplicate attribute",
        ),
        ("from-junit", &nested, "1:705: has more than 64 levels of nested elements"),
        (
            "from-junit",
            &format!("<testsuite{attributes}/>"),
            "1:1: has an element with more than 64 attributes",
        ),
        ("from-junit", "<testsuite>\n<testcase name='a'>\n", "3:1: ends within <testcase>"),
        ("from-junit", "<testsuite>\n<a></testsuite>", "2:4: is not XML"),
        ("from-junit", "<html></html>", "1:1: begins with <html>; expected <testsuites> or <testsuite>"),
        ("from-junit", "<testsuite/>\n<testsuite/>", "2:1: continues with <testsuite> after its root"),
        ("from-junit", "", "1:1: is empty"),
        ("from-junit", "{}", "1:1: has text outside of its elements"),
        ("from-junit", &many(4_097), "exceeds the 4096 distinct failures"),
        ("from-junit", &long, "larger than 32 MiB"),
        ("from-sarif", &lists, "EOF while parsing"),
        ("from-sarif", "{\"version\":\"2.1.0\",\n\"runs\":[", "2:8: EOF while parsing a list"),
        ("from-sarif", "{\"version\":\"1.0\",\"runs\":[]}", "is SARIF of version \"1.0\"; expected 2.1.0"),
        ("from-sarif", "[]", "1:"),
        ("from-sarif", &sarif("\"level\":\"fatal\""), "unknown variant `fatal`"),
        ("from-sarif", &sarif("\"ruleId\":\"a\",\"ruleId\":\"b\""), "duplicate field `ruleId`"),
    ] {
        let shown: String = report.chars().take(60).collect();
        let error = failures_of(option, report).expect_err(&shown);
        assert!(error.contains(expected), "{shown}: {error}");
    }
    // The good siblings.
    assert_eq!(failures_of("from-junit", &most), Ok(Vec::new()));
    assert_eq!(failures_of("from-junit", &many(4_096)).unwrap().len(), 4_096);
    assert_eq!(failures_of("from-junit", &junit("<failure message='&lt;&#65;'/>")).unwrap()[0].1, "<A");
    assert_eq!(failures_of("from-junit", &format!("\u{feff}{}", junit("<failure/>"))).unwrap().len(), 1);
    assert_eq!(failures_of("from-sarif", "\u{feff}{\"version\":\"2.1.0\",\"runs\":[]}"), Ok(Vec::new()));
    assert_eq!(text(&[0xFF, 0xFE, b'<', 0]).unwrap(), "<");
    assert!(text(&[0xFF, 0xFE, 0, 0xD8]).unwrap_err().to_string().contains("is not UTF-16LE"));
    assert_eq!(text(b"a\nb\xff").unwrap_err().to_string(), "2:2: is not UTF-8");
}

#[test]
fn a_hostile_file_is_bad_input_of_the_program_too() {
    let sandbox = with_service("");
    let head = sandbox.ledger_head();
    let record =
        |option: &str, file: &str| service(&sandbox, &[option, file, "--workflow", "w", "--task", "t"]);
    let bomb =
        sandbox.write("bomb.xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE l [<!ENTITY a \"a\">]>\n<testsuite/>");
    let _ = record("--from-junit", &bomb).code(2).stderr_has("bomb.xml:2:1: has a document type (DTD)");
    let _ = record("--from-junit", "/dev/zero")
        .code(2)
        .stderr_has("/dev/zero:1:1: the file is larger than 32 MiB");
    let _ = record("--from-sarif", &bomb).code(2).stderr_has("bomb.xml:1:1: expected value");
    let _ = record("--from-junit", "/nowhere").code(2).stderr_has("cannot read /nowhere");
    let none = sandbox.write("none.xml", "<testsuites/>");
    let _ = record("--from-junit", &none).ok().stdout_has("nothing to record: the report holds no failure");
    // Names with control sequences are escaped before they are shown.
    let wild =
        sandbox.write("wild.xml", &junit("<failure/>").replace("\"t\"", "\"\u{9b}2J\u{202e}&#27;[2J\""));
    let _ = record("--from-junit", &wild).ok().stdout_has("junit:s.%C2%9B2J%E2%80%AE%1B[2J");
    assert_ne!(sandbox.ledger_head(), head);

    let junit = sample("junit.xml");
    for (options, message) in [
        (&["--map", "m.toml"][..], "--map needs a report"),
        (&["--from", "-", "--from-junit", "-"], "standard input can be read only once"),
        (&["--from-junit", &junit, "--summary", "s"], "cannot be used with"),
        (&["--from", &junit, "-f", "x"], "cannot be used with"),
    ] {
        let _ = service(&sandbox, options).code(2).stderr_has(message);
    }
    sandbox
        .run(&["record", "redesign", "--from", "ci"])
        .code(2)
        .stderr_has("fill in an exception, not a record of the kind redesign");
}

#[test]
fn the_first_rule_of_a_map_that_fits_holds_and_each_mistake_has_its_line() {
    let map = Map::read(&std::fs::read_to_string(sample("map.toml")).unwrap()).unwrap();
    let cause = |symptom: &str| {
        let rule = map.rule(&symptom.parse().unwrap())?;
        Some(rule.root_cause.as_ref().map_or("open".to_owned(), ToString::to_string))
    };
    for (symptom, expected) in [
        ("junit:import.rates.X.the_file_is_of_today", Some("vendor-feed-stale")),
        ("junit:import.rates.X.other", Some("vendor-answers-late")),
        ("junit:import.rates.X.a/b", None),
        ("sarif:stale-feed:feeds/vendor/a/b.csv", Some("vendor-feed-stale")),
        ("sarif:stale-feed:feeds/bank/b.csv", Some("open")),
        ("junit:x", None),
    ] {
        assert_eq!(cause(symptom).as_deref(), expected, "{symptom}");
    }
    for (text, expected) in [
        ("", &["1:1: the map"][..]),
        ("map = 3", &["1:7: `map` is an integer"]),
        ("[[map]]\nsymptom = \"a\"\n", &["1:1: `map[0]` names a symptom"]),
        (
            "[[map]]\nsymptom = \"a\"\nfailure = \"bad\"\nx = 1\n[[map]]\nroot_cause = \"A b\"\n",
            &[
                "3:11: `map[0].failure`",
                "4:1: `map[0].x` is not a field",
                "5:1: `map[1].symptom` is missing",
                "6:14: `map[1].root_cause`",
            ],
        ),
        (
            "[[map]]\nsymptom = \"a\"\norigin = \"data\"\n[[map]]\nsymptom = \"a\"\norigin = \"data\"\n",
            &["4:1: `map[1].symptom` is the same as in an earlier rule"],
        ),
        ("[[map]]\nsymptom = \"\u{202e}\"\n", &["2:12: holds a character that no record may hold: U+202E"]),
        ("[[map]\n", &["1:"]),
    ] {
        let errors = Map::read(text).unwrap_err();
        assert_eq!(errors.len(), expected.len(), "{text}: {errors:#?}");
        for (error, expected) in errors.iter().zip(expected) {
            assert!(error.to_string().starts_with(expected), "{text}: {error}");
        }
    }
    let sandbox = with_service("");
    let bad = sandbox.write("map.toml", "[[map]]\nsymptom = \"a\"\norigin = \"data\"\nx = 1\n");
    let _ = service(&sandbox, &["--from-junit", &sample("junit.xml"), "--map", &bad])
        .code(2)
        .stderr_has("the map has 1 mistake")
        .stderr_has("map.toml:4:1: `map[0].x` is not a field here");
}

#[test]
fn the_commands_of_the_examples_work_as_they_are_written() {
    let sandbox = with_service("");
    sandbox.git(&["config", "user.signingkey", &sandbox.home.join("svc-ci").display().to_string()]).ok();
    let root = env!("CARGO_MANIFEST_DIR");
    std::os::unix::fs::symlink(format!("{root}/examples"), sandbox.repository.join("examples")).unwrap();
    let page = std::fs::read_to_string(format!("{root}/examples/README.md")).unwrap();
    let section =
        page.split("\n## Recording where it hurts\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks: Vec<&str> =
        section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3, "{section}");
    let directory = std::path::Path::new(program()).parent().unwrap().display().to_string();
    for block in blocks {
        let line = format!("set -e; PATH={directory}:$PATH; {block}");
        let mut command = sandbox.command(&sandbox.repository, "bash");
        command.args(["-c", &line]).envs([("CI", "true"), ("BUILD_NUMBER", "7"), ("JOB_NAME", "nightly")]);
        let ran = crate::support::sandbox::ran(command.output().unwrap(), "bash", &[block]);
        let _ = ran.ok();
    }
    sandbox.run(&["verify"]).ok().stdout_has("0 void");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_text_makes_a_reader_of_reports_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        cut in 0_usize..3_000,
        with in "[<>&;'\"/\\[\\]{}!a-c \u{1b}\u{202e}é]{0,6}",
    ) {
        let samples = ["junit.xml", "results.sarif", "map.toml", "gate.json"];
        let mut all = vec![bytes];
        for name in samples {
            let mut whole = std::fs::read_to_string(sample(name)).unwrap();
            if whole.is_char_boundary(cut.min(whole.len())) {
                whole.insert_str(cut.min(whole.len()), &with);
            }
            all.push(whole.into_bytes());
        }
        for bytes in &all {
            let Ok(text) = text(bytes) else { continue };
            for format in FORMATS {
                let _ = (format.read)(&text, &mut Failures::default());
            }
            let _ = gate(&text);
            let _ = Map::read(&text);
        }
    }
}

#[test]
fn one_odd_test_in_a_report_never_loses_the_others() {
    let with =
        |odd: &str| format!("<testsuite name='s'>{odd}<testcase name='t'><failure/></testcase></testsuite>");
    for (odd, expected) in [
        ("<testcase/>", vec![]),
        ("<testcase><failure message='m'/></testcase>", vec![("junit:s", "m")]),
        (
            "<testcase name='&lol;'><failure message='a &lol; b'/></testcase>",
            vec![("junit:s.&lol;", "a &lol; b")],
        ),
        ("<testcase name='z'><failure message='&#0;'/></testcase>", vec![("junit:s.z", "&#0;")]),
        (
            "<testcase name='z'><failure>a &#0; &mine; b</failure></testcase>",
            vec![("junit:s.z", "a \u{fffd} &mine; b")],
        ),
    ] {
        let found = failures_of("from-junit", &with(odd)).unwrap();
        let (last, others) = found.split_last().unwrap();
        assert_eq!((last.0.as_str(), last.2), ("junit:s.t", 1), "{odd}");
        let others: Vec<(&str, &str)> = others.iter().map(|one| (one.0.as_str(), one.1.as_str())).collect();
        assert_eq!(others, expected, "{odd}");
    }
    let nameless = failures_of("from-junit", "<testsuite><testcase><error/></testcase></testsuite>").unwrap();
    assert_eq!(nameless[0].0, "junit:a test without a name");
}

#[test]
fn what_a_suite_says_of_itself_is_a_failure_too() {
    let counted = "higher than its tests show";
    for (report, expected) in [
        // A build that broke (gotestsum).
        ("<testsuites tests='0' failures='0' errors='1'></testsuites>", vec![("junit:the report", 1)]),
        ("<testsuites><testsuite name='s' errors='2' failures='1'/></testsuites>", vec![("junit:s", 3)]),
        (
            "<testsuite name='s' failures='3'><testcase name='t'><failure/></testcase></testsuite>",
            vec![("junit:s.t", 1), ("junit:s", 2)],
        ),
        // The outer suite counts the errors of the inner ones.
        (
            "<testsuites errors='2'><testsuite name='s' errors='2'><testcase name='t'><error/></testcase></testsuite></testsuites>",
            vec![("junit:s.t", 1), ("junit:s", 1)],
        ),
        // Several failures of one test, and errors that are also counted as failures, are not counted again.
        (
            "<testsuite name='s' failures='2'><testcase name='t'><failure/><failure/></testcase></testsuite>",
            vec![("junit:s.t", 1)],
        ),
        (
            "<testsuite name='s' failures='2' errors='1'><testcase name='t'><failure/></testcase><testcase name='u'><error/></testcase></testsuite>",
            vec![("junit:s.t", 1), ("junit:s.u", 1)],
        ),
        // A package that does not build, beside tests that failed (gotestsum).
        (
            "<testsuites failures='2' errors='1'><testsuite name='s' failures='2'><testcase name='t'><failure/></testcase>\
             <testcase name='u'><failure/></testcase></testsuite></testsuites>",
            vec![("junit:s.t", 1), ("junit:s.u", 1), ("junit:the report", 1)],
        ),
        ("<testsuite name='s' failures='many' errors='-1'/>", vec![]),
        // An error of the suite itself.
        (
            "<testsuite name='s'><error message='no such module'/><testcase name='t'/></testsuite>",
            vec![("junit:s", 1)],
        ),
        ("<testsuite name='s' errors='1'><error>no such module</error></testsuite>", vec![("junit:s", 1)]),
        ("<testsuite name='s'><properties><failure/></properties></testsuite>", vec![]),
        // The status of a test.
        (
            "<testsuite name='s'><testcase name='t' status='failed'/><testcase name='u' status='run' result='completed'/></testsuite>",
            vec![("junit:s.t", 1)],
        ),
        (
            "<testsuite name='s'><testcase name='t' result='FAILURE'/><testcase name='u' status='passed'/></testsuite>",
            vec![("junit:s.t", 1)],
        ),
    ] {
        let found = failures_of("from-junit", report).unwrap();
        let short: Vec<(&str, u64)> = found.iter().map(|one| (one.0.as_str(), one.2)).collect();
        assert_eq!(short, expected, "{report}");
        for one in &found {
            let said = ["no such module", counted];
            assert!(one.0 != "junit:s" || said.iter().any(|text| one.1.contains(text)), "{one:?}");
        }
    }
}

#[test]
fn a_report_is_read_in_the_encoding_that_it_names() {
    let report = |encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<testsuite name='s'><testcase name='t'><failure message='Prüfung: 10 €'/></testcase></testsuite>"
        )
    };
    let utf16 = |text: &str, mark: &[u8], order: fn(u16) -> [u8; 2]| {
        [mark, &text.encode_utf16().flat_map(order).collect::<Vec<u8>>()].concat()
    };
    let one_byte = |text: &str, euro: u8| {
        let byte = |letter| match letter {
            '€' => euro,
            other => u8::try_from(u32::from(other)).unwrap(),
        };
        text.chars().map(byte).collect::<Vec<u8>>()
    };
    for (name, bytes) in [
        ("UTF-8", report("UTF-8").into_bytes()),
        ("UTF-16, little", utf16(&report("UTF-16"), &[0xFF, 0xFE], u16::to_le_bytes)),
        ("UTF-16, big", utf16(&report("utf-16"), &[0xFE, 0xFF], u16::to_be_bytes)),
        // A text that was built in memory declares UTF-16, but was written as UTF-8.
        ("UTF-16 that is UTF-8", report("utf-16").into_bytes()),
        ("windows-1252", one_byte(&report("windows-1252"), 0x80)),
        ("ISO-8859-1", one_byte(&report("ISO-8859-1"), 0x80)),
        ("ISO-8859-15", one_byte(&report("ISO-8859-15"), 0xA4)),
    ] {
        let decoded = text(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut failures = Failures::default();
        (FORMATS[0].read)(&decoded, &mut failures).unwrap();
        assert_eq!(failures.found()[0].summary.as_str(), "Prüfung: 10 €", "{name}");
    }
    let unknown = text(b"<?xml version='1.0' encoding='klingon'?><a/>").unwrap_err().to_string();
    assert!(unknown.contains("the encoding \"klingon\", which is not known"), "{unknown}");
    let wrong = text(b"<?xml version='1.0' encoding='Shift_JIS'?>\x81").unwrap_err().to_string();
    assert!(wrong.contains("is not Shift_JIS"), "{wrong}");
}

/// A SARIF log of one run with these results. `driver` holds further properties of the driver, `more` further
/// properties of the run.
fn sarif_run(driver: &str, more: &str, results: &str) -> String {
    format!(
        "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"lint\"{driver}}}}},{more}\"results\":[{results}]}}]}}"
    )
}

#[test]
fn a_message_of_sarif_is_that_of_its_rule_with_its_arguments() {
    let driver = r#","rules":[{"id":"r","messageStrings":{"own":{"text":"{0} of {1}, {{0}} and {7}"}}}],
                    "globalMessageStrings":{"all":{"text":"All: {0}"}}"#;
    for (message, expected) in [
        (r#"{"id":"own","arguments":["a","b"]}"#, "a of b, {0} and {7}"),
        (r#"{"id":"all","arguments":["x"]}"#, "All: x"),
        (r#"{"id":"missing"}"#, "missing"),
        (r#"{"text":"Plain {0}"}"#, "Plain {0}"),
        (r#"{"text":"Text {0}","id":"own","arguments":["t"]}"#, "Text t"),
        (r#"{"markdown":"**m**"}"#, "**m**"),
        (r#"{"text":"{0","arguments":["t"]}"#, "{0"),
    ] {
        let report = sarif_run(driver, "", &format!(r#"{{"ruleId":"r","ruleIndex":0,"message":{message}}}"#));
        assert_eq!(failures_of("from-sarif", &report).unwrap()[0].1, expected, "{message}");
    }
}

#[test]
fn a_tool_that_failed_itself_is_a_failure() {
    let of = |invocation: &str| {
        let report = sarif_run("", &format!("\"invocations\":[{invocation}],"), "");
        let found = failures_of("from-sarif", &report).unwrap();
        found.into_iter().map(|(symptom, summary, _)| (symptom, summary)).collect::<Vec<_>>()
    };
    let one = |symptom: &str, summary: &str| vec![(symptom.to_owned(), summary.to_owned())];
    assert_eq!(of(r#"{"executionSuccessful":true}"#), []);
    assert_eq!(of(r#"{"executionSuccessful":false}"#), one("sarif:lint:execution", "lint itself failed"));
    let described = r#"{"executionSuccessful":false,"exitCodeDescription":"out of memory"}"#;
    assert_eq!(of(described), one("sarif:lint:execution", "lint itself failed: out of memory"));
    for list in ["toolExecutionNotifications", "toolConfigurationNotifications"] {
        let told = |level: &str| {
            format!(
                r#"{{"executionSuccessful":true,"{list}":[{{"level":"{level}","descriptor":{{"id":"N1"}},"message":{{"text":"no such rule"}}}}]}}"#
            )
        };
        assert_eq!(of(&told("error")), one("sarif:lint:N1", "no such rule"), "{list}");
        assert_eq!(of(&told("warning")), []);
    }
}

#[test]
fn the_folder_of_a_runner_is_no_part_of_a_symptom() {
    let symptom = |uri: &str, more: &str, root: &str| {
        let location =
            format!(r#""locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":"{uri}"}}}}}}]"#);
        let report = sarif_run("", more, &format!(r#"{{"ruleId":"r","message":{{"text":"m"}},{location}}}"#));
        let mut failures = Failures::below(vec![root.to_owned()]);
        (FORMATS[1].read)(&report, &mut failures).unwrap();
        failures.found()[0].symptom.to_string()
    };
    let bases = r#""originalUriBaseIds":{"SRCROOT":{"uri":"file:///builds/runner-3/app/"}},"#;
    let directory = r#""invocations":[{"executionSuccessful":true,"workingDirectory":{"uri":"file:///builds/runner-3/app"}}],"#;
    for (more, root) in [(bases, "/nowhere"), (directory, "/nowhere"), ("", "/builds/runner-3/app")] {
        for uri in [
            "file:///builds/runner-3/app/src/x.js",
            "file:/builds/runner-3/app/src/x.js",
            "file://localhost/builds/runner-3/app/src/x.js",
            "/builds/runner-3/app/src/x.js",
            "/builds/runner-3/app/lib/../src/x.js",
            "src/x.js",
            "./src/x.js",
            "src\\\\x.js",
        ] {
            assert_eq!(symptom(uri, more, root), "sarif:r:src/x.js", "{uri} {more}");
        }
        // The root is not removed from a path outside of it, even if that path begins with the same letters, nor from
        // the path of the root itself.
        for uri in [
            "file:///builds/runner-3/apple/x.js",
            "https://example.org/builds/runner-3/app/x.js",
            "file:///builds/runner-3/app/",
        ] {
            let path = uri.strip_prefix("file://").unwrap_or(uri);
            assert_eq!(symptom(uri, more, root), format!("sarif:r:{path}"), "{more}");
        }
    }
}

#[test]
fn a_result_of_an_extension_has_the_level_of_its_rule_and_what_the_run_was_told_of_it() {
    let log = |reference: &str, overrides: &str| {
        format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"rules\":[{{\"id\":\"driver\"}}]}},\
             \"extensions\":[{{\"name\":\"pack\",\"guid\":\"g\",\"rules\":[{{\"id\":\"noted\",\
             \"defaultConfiguration\":{{\"level\":\"note\"}}}}]}}]}},\"invocations\":[{{{overrides}}}],\
             \"results\":[{{\"message\":{{\"text\":\"m\"}},\"rule\":{{\"index\":0,\"toolComponent\":{{{reference}}}}}}}]}}]}}"
        )
    };
    let told = |descriptor: &str, level: &str| {
        format!(
            "\"ruleConfigurationOverrides\":[{{\"descriptor\":{{{descriptor}}},\"configuration\":{{\"level\":\"{level}\"}}}}]"
        )
    };
    let count = |reference: &str, overrides: &str| {
        failures_of("from-sarif", &log(reference, overrides)).unwrap().len()
    };
    for reference in ["\"index\":0", "\"name\":\"pack\"", "\"guid\":\"g\""] {
        assert_eq!(count(reference, ""), 0, "{reference}: a note");
        assert_eq!(count(reference, &told("\"id\":\"noted\"", "error")), 1);
        let by_index = format!("\"index\":0,\"toolComponent\":{{{reference}}}");
        assert_eq!(count(reference, &told(&by_index, "warning")), 1);
        assert_eq!(count(reference, &told("\"id\":\"other\"", "error")), 0);
    }
    assert_eq!(
        count("\"name\":\"unknown\"", ""),
        1,
        "otherwise the rule is the driver's, which has no level"
    );
    assert_eq!(count("\"name\":\"unknown\"", &told("\"id\":\"driver\"", "note")), 0);
}

#[test]
fn a_location_is_below_the_relative_bases_that_it_names() {
    let of = |base: &str| {
        let log = format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{}}}},\"originalUriBaseIds\":{{{base}}},\
             \"results\":[{{\"ruleId\":\"r\",\"message\":{{\"text\":\"m\"}},\"locations\":[{{\"physicalLocation\":\
             {{\"artifactLocation\":{{\"uri\":\"a.c\",\"uriBaseId\":\"SUB\"}}}}}}]}}]}}]}}"
        );
        failures_of("from-sarif", &log).unwrap()[0].0.clone()
    };
    assert_eq!(of(""), "sarif:r:a.c");
    assert_eq!(of("\"SUB\":{\"uri\":\"native/\"}"), "sarif:r:native/a.c");
    assert_eq!(of("\"SUB\":{\"uri\":\"file:///runner/7/\"}"), "sarif:r:a.c");
    let root =
        "\"SUB\":{\"uri\":\"native/\",\"uriBaseId\":\"ROOT\"},\"ROOT\":{\"uri\":\"file:///runner/7/\"}";
    assert_eq!(of(root), "sarif:r:native/a.c");
    let looped = "\"SUB\":{\"uri\":\"x\",\"uriBaseId\":\"SUB\"}";
    assert_eq!(of(looped), format!("sarif:r:{}a.c", "x/".repeat(8)));
}

#[test]
fn counts_of_every_size_are_added_up_without_an_end() {
    let most = u64::MAX;
    for report in [
        format!(
            "<testsuites><testsuite name='a' failures='{most}'/><testsuite name='a' failures='{most}'/></testsuites>"
        ),
        format!("<testsuites failures='{most}'><testsuite name='a' errors='3'/></testsuites>"),
        format!("<testsuites><testsuite name='a' failures='9{most}' errors='{most}'/></testsuites>"),
    ] {
        assert_eq!(failures_of("from-junit", &report).unwrap()[0].0, "junit:a", "{report}");
    }
    for (report, count) in [
        ("<testsuite name='a' failures='2.0'/>", 2),
        ("<testsuite name='a' failures='+2'/>", 2),
        ("<testsuite name='a' failures='1,234'/>", 1_234),
        ("<testsuite name='a'><testcase name='t' success='False'/></testsuite>", 1),
        ("<testsuite name='a'><testcase name='t' outcome='failed'/></testsuite>", 1),
    ] {
        assert_eq!(failures_of("from-junit", report).unwrap()[0].2, count, "{report}");
    }
}

#[test]
fn a_root_is_taken_off_the_beginning_of_a_path_and_nowhere_else() {
    let of = |root: &str, name: &str| {
        let format = FORMATS.iter().find(|format| format.option == "from-junit").unwrap();
        let mut failures = Failures::below(vec![root.to_owned()]);
        let report = format!("<testsuite><testcase name='{name}'><failure/></testcase></testsuite>");
        (format.read)(&report, &mut failures).unwrap();
        failures.found()[0].symptom.to_string()
    };
    for (name, symptom) in [
        ("/mnt/a_test.py", "junit:a_test.py"),
        ("in /mnt/a_test.py and file:///mnt/b", "junit:in a_test.py and b"),
        ("spec/mnt/volume_spec.rb", "junit:spec/mnt/volume_spec.rb"),
        ("/other/mnt/b", "junit:/other/mnt/b"),
        ("/mnt", "junit:/mnt"),
        ("/mnt2/a", "junit:/mnt2/a"),
        ("(/mnt/a:/mnt/b)", "junit:(a:b)"),
    ] {
        assert_eq!(of("/mnt", name), symptom, "{name}");
        assert_eq!(of("/mnt/", name), symptom, "{name}");
    }
    assert_eq!(of("/", "/a"), "junit:/a");
}

/// Reading a log takes time in proportion to its size, however many bases and overrides it names, and however often.
#[test]
fn a_hostile_log_of_bases_and_overrides_is_read_at_once() {
    let result = |uri: &str| {
        format!(
            "{{\"ruleId\":\"r\",\"message\":{{\"text\":\"m\"}},\"locations\":[{{\"physicalLocation\":{{\"artifactLocation\":\
             {{\"uri\":\"{uri}\",\"uriBaseId\":\"B0\"}}}}}}]}}"
        )
    };
    let long = "a/".repeat(1 << 20);
    let many: Vec<String> =
        (0..20_000).map(|at| format!("\"B{at}\":{{\"uri\":\"file:///x{at}/\"}}")).collect();
    let rules: Vec<String> = (0..20_000)
        .map(|at| format!("{{\"descriptor\":{{\"id\":\"r{at}\"}},\"configuration\":{{\"level\":\"note\"}}}}"))
        .collect();
    let results = |uri: &str| vec![result(uri); 20_000].join(",");
    for (bases, overrides, uri) in [
        (format!("\"B0\":{{\"uri\":\"{long}\",\"uriBaseId\":\"B0\"}}"), String::new(), "a.c"),
        (many.join(","), String::new(), "file:///y/a.c"),
        (String::new(), rules.join(","), "a.c"),
    ] {
        let log = format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{}}}},\"originalUriBaseIds\":{{{bases}}},\
             \"invocations\":[{{\"ruleConfigurationOverrides\":[{overrides}]}}],\"results\":[{}]}}]}}",
            results(uri)
        );
        assert_eq!(failures_of("from-sarif", &log).unwrap()[0].2, 20_000);
    }
    let external = "{\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{}},\"externalPropertyFileReferences\":\
        {\"results\":[{\"location\":{\"uri\":\"r.sarif\"}}]}}]}";
    assert!(failures_of("from-sarif", external).unwrap_err().contains("keeps its results in other files"));
}

#[test]
fn what_a_test_printed_is_no_failure_and_a_part_of_a_rule_has_its_level() {
    let printed =
        "<testsuite><testcase name='t'><skipped/><system-out><failure/></system-out></testcase></testsuite>";
    assert_eq!(failures_of("from-junit", printed).unwrap(), []);
    let counts = |id: &str| failures_of("from-sarif", &sarif(&format!("\"ruleId\":\"{id}\""))).unwrap().len();
    assert_eq!(["noted", "noted/one", "noted/one/two", "noted2", "other/noted"].map(counts), [0, 0, 0, 1, 1]);
}
