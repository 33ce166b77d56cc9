//! `ledger-schema/output.md` describes what commands print with `--json`: each field of an answer is on the
//! page with its form, and each field on the page occurs in an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::support::forge::{ASK, Forge, Forgery};
use crate::support::sandbox::Sandbox;
use crate::support::server::{Server, Signs};

/// The fields of an answer by path, with the forms of their values: `null`, `text`, `int`, …
type Fields = BTreeMap<String, BTreeSet<&'static str>>;

fn collect(at: &str, value: &Value, fields: &mut Fields) {
    let form = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "int",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    if !at.is_empty() && !at.ends_with("[]") {
        fields.entry(at.to_owned()).or_default().insert(form);
    }
    match value {
        Value::Array(all) => all.iter().for_each(|item| collect(&format!("{at}[]"), item, fields)),
        Value::Object(all) => {
            for (name, item) in all {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                collect(&path, item, fields);
            }
        }
        _ => {}
    }
}

/// The form that the page gives for each field of a section.
fn page(section: &str) -> BTreeMap<String, String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("ledger-schema").join("output.md");
    let text = std::fs::read_to_string(file).unwrap();
    let headings = [format!("\n## `{section}`\n"), format!("\n## {section}\n")];
    let part = headings.iter().find_map(|heading| Some(text.split_once(heading)?.1));
    let part = part.unwrap_or_else(|| panic!("no section {section}"));
    let part = part.split("\n## ").next().unwrap();
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let (field, form) = (cells.next()?.strip_suffix('`')?, cells.next()?);
        Some((field.to_owned(), form.to_owned()))
    };
    part.lines().filter_map(row).collect()
}

/// Checks that the answers of a command have exactly the fields of its section of the page, each in its form.
#[track_caller]
fn check_page(section: &str, answers: &[Value]) {
    let mut fields = Fields::new();
    answers.iter().for_each(|answer| collect("", answer, &mut fields));
    // Lists whose fields the page describes only once.
    let same = [
        ("quarantined[].", "broken[]."),
        ("void[].", "broken[]."),
        ("needs_others[].", "needs_you[]."),
        ("since.records[].", ""),
        ("targets[].because[].", ""),
        ("answers[].", "speaks_of[]."),
    ];
    let mut seen = Fields::new();
    for (path, forms) in fields {
        let path = match same.iter().find_map(|(from, to)| Some((path.strip_prefix(from)?, *to))) {
            Some((_, "")) => continue,
            Some((rest, to)) => format!("{to}{rest}"),
            None => path,
        };
        seen.entry(path).or_default().extend(forms);
    }
    let documented = page(section);
    let names = |keys: &mut dyn Iterator<Item = &String>| keys.cloned().collect::<BTreeSet<String>>();
    assert_eq!(
        names(&mut seen.keys()),
        names(&mut documented.keys()),
        "{section}: the fields of the answers, and those of the page"
    );
    for (path, forms) in &seen {
        let (form, may_be_null) = match documented[path].strip_suffix(" or null") {
            Some(form) => (form, true),
            None => (documented[path].as_str(), false),
        };
        let form = match form.split(' ').next().unwrap() {
            "id" | "commit" | "time" | "checkpoint" | "code" => "text",
            form => form,
        };
        for found in forms {
            let fits = *found == form || (*found == "null" && may_be_null);
            assert!(fits, "{section}: `{path}` is {found}, and the page says `{}`", documented[path]);
        }
    }
}

/// Two people, a remote, and a policy that asks for approvals of another person.
fn team() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.with_remote();
    sandbox.team();
    sandbox
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn exception(sandbox: &Sandbox, cause: &str, task: &str) -> String {
    let line = "record exception --workflow vendor-import --failure timeout --origin data --json --yes \
                --summary late --root-cause";
    let arguments: Vec<&str> = line.split_whitespace().chain([cause, "--task", task]).collect();
    id(&sandbox.run(&arguments).ok().json())
}

/// Records an override of alice's that grants her something; returns its id.
fn override_(sandbox: &Sandbox) -> String {
    let (end, grant) = (sandbox.in_days(2), sandbox.in_days(1));
    let text = format!(
        "[exception]\nworkflow = \"vendor-import\"\nservices = [\"payments\"]\nenvironments = [\"production\"]\n\
         failure = \"timeout\"\norigin = \"data\"\nroot_cause = \"feed-late\"\nsummary = \"By hand\"\n\
         expires_at = {end}\n[exception.trigger]\nidentity = \"alice\"\ncredential = \"yubikey:alice#1\"\ntask = \"by hand\"\n\
         [[exception.grant]]\nto = \"alice\"\naction = \"write\"\nresource = \"db:rates\"\n\
         credential = \"vault:lease/1\"\nexpires_at = {grant}\n"
    );
    let file = sandbox.write("override.toml", &text);
    id(&sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok().json())
}

#[test]
fn status_log_show_and_what_was_recorded_answer_what_the_page_says() {
    let sandbox = team();
    let mut status = vec![sandbox.run(&["status", "--json"]).ok().json()];
    let checkpoint = status[0]["checkpoint"].as_str().unwrap().to_owned();
    let plan = sandbox.plan("removal");
    let waits = override_(&sandbox);
    let redesign = "record redesign --json -f";
    let draft = format!(
        "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-late\"]\nservices = [\"payments\"]\n\
         environments = [\"production\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\nchange = \"code\"\n\
         due = {}\n[[redesign.commit]]\nid = \"{}\"\n",
        sandbox.in_days(9),
        "1".repeat(40)
    );
    let file = sandbox.write("redesign.toml", &draft);
    let arguments: Vec<&str> = redesign.split_whitespace().chain([file.as_str()]).collect();
    let mut recorded = vec![sandbox.run(&arguments).ok().json()];
    let pause = ["pause", "--for", "24h", "--reason", "r", "--json"];
    recorded.push(sandbox.bob(&pause).ok().json());
    let theirs = std::fs::read_to_string(sandbox.root.path().join("plan.toml")).unwrap();
    let theirs = sandbox.write("theirs.toml", &theirs.replace("\"alice\"", "\"bob\""));
    recorded.push(sandbox.bob(&["record", "rollback-plan", "-f", &theirs, "--json"]).ok().json());
    let mut shows = vec![sandbox.run(&["show", &waits, "--json"]).ok().json()];
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    recorded.push(sandbox.bob(&["approve", &plan, "--yes", "--json"]).ok().json());
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    recorded.push(sandbox.bob(&["resume", &id(&recorded[1]), "--reason", "r", "--json"]).ok().json());
    let mut ask = ASK.to_vec();
    sandbox.run(&["verify", "--sync"]).ok();
    ask.extend(["--record", "--json"]);
    sandbox.bob(&["approve", &waits, "--yes"]).ok();
    let receipt = sandbox.run(&ask).ok().json()["receipt"].as_str().unwrap().to_owned();
    let pause = ["pause", "--for", "24h", "--reason", "r", "--json"];
    recorded.push(sandbox.bob(&pause).ok().json());
    status.push(sandbox.run(&["status", "--json", "--since", &checkpoint]).ok().json());
    for result in ["failed", "rolled-back"] {
        sandbox.run(&["record", "outcome", "--of", &receipt, "--result", result]).ok();
        status.push(sandbox.run(&["status", "--json"]).ok().json());
    }
    assert!(status[1]["needs_you"][0]["id"].is_string(), "{:#}", status[1]);
    assert!(status[0]["since"].is_null() && status[1]["since"]["records"][0]["id"].is_string());
    assert_eq!(status[3]["targets"][0]["delivery"]["change_failure_rate"], 100.0);
    assert!(status[3]["targets"][0]["delivery"]["time_to_restore"].is_i64());
    check_page("status", &status);
    check_page("What was recorded", &recorded);

    // A record of another format is void.
    let forge = Forge::new();
    let hold = |payload: String| {
        payload.replacen("kind = \"exception\"", "kind = \"hold\"", 1).replace("[exception", "[hold")
    };
    let there = forge.sandbox.run(&["log", "--json", "-n", "1"]).ok().json();
    forge.make(&Forgery::good().payload(hold));
    let log = forge.sandbox.run(&["log", "--json"]).ok().json();
    let void = log["records"][0]["id"].as_str().unwrap();
    shows.push(forge.sandbox.run(&["show", void, "--json"]).ok().json());
    assert_eq!((&log["records"][0]["code"], &shows[1]["verdict"]), (&"format".into(), &"void".into()));
    shows.push(sandbox.run(&["show", &plan, "--json"]).ok().json());
    assert_eq!(shows[2]["answers"][0]["says"], format!("approve {}", &plan[..8]));
    // `status` shows records with the same fields as `log`.
    let since = status[1]["since"]["records"].clone();
    check_page("log", &[log, there, serde_json::json!({"ledger": null, "records": since, "more": 0})]);
    check_page("show", &shows);
}

#[test]
fn patterns_gate_and_grant_answer_what_the_page_says() {
    let sandbox = team();
    sandbox.plan("removal");
    let mut patterns = vec![sandbox.run(&["patterns", "--json"]).ok().json()];
    for (cause, task) in [("feed-late", "1"), ("feed-late", "2"), ("feed-late", "3"), ("feed-later", "4")] {
        exception(&sandbox, cause, task);
    }
    patterns.push(sandbox.run(&["patterns", "--suspect", "--by", "identity", "--json"]).ok().json());
    assert!(patterns[1]["suspects"][0]["alike"].is_string() && patterns[1]["groups"][0]["name"] == "alice");
    check_page("patterns", &patterns);

    let asked = |more: &[&str], code: i32| sandbox.run(&[ASK, more, &["--json"]].concat()).code(code).json();
    let gate = [asked(&[], 1), asked(&["--record"], 1), asked(&["--previous", "HEAD~0"], 1)];
    let halted = Forge::new();
    halted.make(&Forgery::good().payload(|payload| payload.replace("It failed", "It failed\"x")));
    let other = halted.sandbox.run(&[ASK, &["--json"]].concat()).code(3).json();
    let bare = Sandbox::new();
    let none = bare.run(&[ASK, &["--json"]].concat()).code(3);
    let allowed = Sandbox::with_ledger();
    allowed.plan("removal");
    let allowed = allowed.run(&[ASK, &["--json"]].concat()).ok().json();
    let mut all = gate.to_vec();
    all.extend([other, allowed]);
    all.extend(serde_json::from_str::<Value>(none.stdout.trim()).ok());
    check_page("gate", &all);

    let ask = [
        "grant",
        "--to",
        "alice",
        "--action",
        "write",
        "--resource",
        "db:rates",
        "--service",
        "payments",
        "--environment",
        "production",
        "--json",
    ];
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.run(&["verify", "--sync"]).ok();
    let waits = override_(&sandbox);
    let no = sandbox.run(&ask).code(1).json();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.bob(&["approve", &waits, "--yes"]).ok();
    let yes = sandbox.run(&ask).ok().json();
    assert!(no["because"][0].is_string() && yes["credential"] == "vault:lease/1");
    check_page("grant", &[no, yes]);
}

#[test]
fn doctor_and_trail_answer_what_the_page_says() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let (alice, bare) = (server.alice(), &server.sandbox);
    bare.git(&["config", "core.logAllRefUpdates", "always"]).ok();
    let doctor =
        [alice.run(&["doctor", "--json"]).code(1).json(), bare.run(&["doctor", "--json"]).ok().json()];
    check_page("doctor", &doctor);
    check_page("doctor", &[alice.run(&["ci", "check", "github", "--json"]).code(1).json()]);
    alice.commit("second");
    alice.git(&["push", "-q", "origin", "HEAD:refs/heads/production"]).ok();
    alice.run(&["sync"]).ok();
    let receipts = alice.run(&["log", "--kind", "receipt", "--json"]).ok().json();
    let mut trails = vec![bare.run(&["trail", "--json"]).ok().json()];
    let of = receipts["records"][0]["id"].as_str().unwrap();
    alice.run(&["record", "outcome", "--of", of, "--result", "succeeded"]).ok();
    let secret = alice.commit("past the gate");
    bare.git(&["fetch", "-q", &alice.repository.display().to_string(), &secret]).ok();
    bare.git(&["update-ref", "refs/heads/production", &secret]).ok();
    trails.push(bare.run(&["trail", "--json"]).code(1).json());
    alice.git(&["fetch", "-q"]).ok();
    trails.push(alice.run(&["trail", "--json"]).code(1).json());
    check_page("trail", &trails);
    let verify = |commit: &str, code: i32| {
        alice.run(&["receipt", "verify", of, "--commit", commit, "--json"]).code(code).json()
    };
    check_page("receipt verify", &[verify("HEAD~1", 0), verify("HEAD", 1)]);
}

#[test]
fn verify_and_compare_answer_what_the_page_says() {
    let forge = Forge::new();
    forge.make(&Forgery::good().payload(|payload| payload.replace("It failed", "It failed\"x")));
    let mut verify = vec![forge.sandbox.run(&["verify", "--json"]).code(3).json()];
    // A record that is made now waits in the outbox.
    let record = crate::support::sandbox::exception("It failed", "run 1");
    forge.sandbox.run(&record).code(3);
    let mut outbox = vec![forge.sandbox.run(&["outbox", "--json"]).ok().json()];
    forge.sandbox.run(&["record", "quarantine", "--reason", "an incident", "--yes"]).ok();
    verify.push(forge.sandbox.run(&["verify", "--json"]).ok().json());
    assert!(verify[1]["quarantined"][0]["code"].is_string());
    outbox.push(forge.sandbox.run(&["outbox", "send", "--json"]).ok().json());
    check_page("outbox", &outbox);
    forge.sandbox.run(&["hooks", "install"]).ok();
    check_page("hooks status", &[forge.sandbox.run(&["hooks", "status", "--json"]).ok().json()]);
    let sandbox = team();
    let remote = sandbox.root.path().join("remote.git").display().to_string();
    sandbox.witness("watch");
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let key = sandbox.home.join("watch").display().to_string();
    let witness = sandbox.run(&["--key", &key, "witness", "--json"]).ok().json();
    verify.push(sandbox.run(&["verify", "--json"]).ok().json());
    let waits = override_(&sandbox);
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    sandbox.bob(&["approve", &waits, "--yes"]).ok();
    let late = sandbox.run(&["verify", "--json", "--as-of", "2040-01-01T00:00:00Z"]).ok().json();
    assert_eq!(late["outstanding"][0]["code"], "overrides-closed", "{late:#}");
    let bare = Sandbox::new();
    bare.git(&["fetch", "-q", &remote, "ledger:ledger"]).ok();
    verify.push(bare.run(&["verify", "--json"]).code(3).json());
    assert_eq!((&verify[3]["verdict"], &verify[3]["anchor"]), (&"unanchored".into(), &Value::Null));
    verify.push(late);
    check_page("witness", &[witness]);
    check_page("verify", &verify);
    check_page("verify --compare", &[sandbox.run(&["verify", "--compare", &remote, "--json"]).ok().json()]);
}

#[test]
fn what_is_in_force_and_explanations_answer_what_the_page_says() {
    let sandbox = team();
    check_page("trust show", &[sandbox.run(&["trust", "show", "--json"]).ok().json()]);
    check_page("policy show", &[sandbox.run(&["policy", "show", "--json"]).ok().json()]);
    let next = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let next = sandbox.write("next.toml", &next);
    check_page("policy diff", &[sandbox.run(&["policy", "diff", "-f", &next, "--json"]).ok().json()]);
    check_page("explain", &[sandbox.run(&["explain", "--json"]).ok().json()]);
    check_page("controls", &[sandbox.run(&["controls", "--json"]).ok().json()]);
    check_page("key show", &[sandbox.run(&["key", "show", "--json"]).ok().json()]);
    let report =
        "<testsuite name=\"a\"><testcase name=\"b\"><failure message=\"no\"/></testcase></testsuite>";
    let report = sandbox.write("report.xml", report);
    let line = "record exception --workflow w --root-cause c --failure timeout --origin data --task t --json \
                --from-junit";
    let arguments: Vec<&str> = line.split_whitespace().chain([report.as_str()]).collect();
    let dry = sandbox.run(&[&arguments[..], &["--dry-run"]].concat()).ok().json();
    let done = sandbox.run(&arguments).ok().json();
    let again = sandbox.run(&arguments).ok().json();
    assert!(again["before"][0]["id"].is_string(), "{again:#}");
    check_page("What was imported", &[dry, done, again]);
}

#[test]
fn sync_and_undo_answer_what_the_page_says() {
    let [alice, bob] = crate::support::clones::people(&["bob"]).try_into().ok().unwrap();
    alice.plan("removal");
    bob.run(&["sync"]).ok();
    bob.run(&["gate", "--record", "--local"]).ok();
    let local = |task| [&crate::support::sandbox::exception("s", task)[..], &["--local", "--json"]].concat();
    let undone = bob.run(&local("undone")).ok().json()["id"].as_str().unwrap().to_owned();
    check_page("undo", &[bob.run(&["undo", &undone, "--json"]).ok().json()]);
    bob.run(&local("displaced")).ok();
    let stray = "git update-ref refs/heads/ledger $(git commit-tree -p ledger -m x 'ledger^{tree}')";
    bob.at(&bob.repository, "bash", &["-ec", stray]).ok();
    // Alice takes away bob's role `reporter`, and leaves him the role `gate`.
    let trust = alice.run(&["trust", "propose", "--print"]).ok().stdout;
    let (above, below) = trust.split_at(trust.find("name = \"bob\"").unwrap());
    let below = below.replace("[[trust.member.role]]\nrole = \"reporter\"\n", "");
    let file = alice.write("trust.toml", &format!("{above}{below}"));
    alice.run(&["trust", "propose", "-f", &file]).ok();
    check_page("sync", &[bob.run(&["sync", "--json"]).code(1).json()]);
}
