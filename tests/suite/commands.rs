//! pause, resume, triage, review, grant, patterns, status, and record for outcomes and releases, as programs: good use,
//! wrong use, the shape of --json, and the exit codes.

use serde_json::Value;

use super::sandbox::{Ran, Sandbox, program};

const ASK: &[&str] = &["gate", "--service", "payments", "--environment", "production", "--commit", "HEAD"];
const NIGHT: &str = "\n[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 0\nmax_lifetime = \"4h\"\n\
     review_within = \"24h\"\nmay_waive = [\"not-paused\"]\n";

/// Alice and bob with every role, approvals of others asked for, a plan in force, and `more` in the policy.
fn house(more: &str) -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.key("bob");
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let key = std::fs::read_to_string(sandbox.home.join("bob.pub")).unwrap();
    let roles: String = ["admin", "reporter", "approver", "reviewer", "gate"]
        .iter()
        .map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n"))
        .collect();
    let bob =
        format!("[[trust.member]]\nname = \"bob\"\ntype = \"human\"\nkeys = [\"{}\"]\n{roles}", key.trim());
    let file = sandbox.write("trust.toml", &format!("{shown}\n{bob}"));
    sandbox.run(&["trust", "propose", "-f", &file]).ok().answers("in force");
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let text = shown.replace("= 0", "= 1").replace("releases = 1", "releases = 0");
    let file = sandbox.write("policy.toml", &format!("{text}{more}"));
    sandbox.run(&["policy", "propose", "-f", &file]).ok().answers("in force");
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan, "--yes"]).ok();
    sandbox
}

fn id(ran: &Ran) -> String {
    ran.json()["id"].as_str().unwrap().to_owned()
}

/// The answer to what was recorded has just these fields.
#[track_caller]
fn recorded(ran: Ran, kind: &str) -> Value {
    let json = ran.ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["entry", "id", "kind", "may_approve", "next", "position", "shared", "standing"]);
    assert_eq!(json["kind"], kind);
    assert_eq!(json["id"].as_str().unwrap().len(), 64);
    json
}

/// An override for alice that bob approves, by a draft.
fn override_(sandbox: &Sandbox, more: &str) -> String {
    let end = sandbox.in_days(1);
    let text = super::ledger::override_("alice", &end)
        .replace("identity = \"ops\"", "identity = \"alice\"")
        .replace("resource = \"db\"\n", &format!("resource = \"db\"\n{more}"));
    let file = sandbox.write("override.toml", &text);
    id(&sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok())
}

fn break_glass(sandbox: &Sandbox) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let end = countersign::value::Time::from_unix(i64::try_from(now).unwrap() + 3_600).unwrap().to_string();
    let text = super::asked::expected("night", "t", &["not-paused"], &end)
        .replace("identity = \"ops\"", "identity = \"alice\"");
    let file = sandbox.write("glass.toml", &text);
    id(&sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok())
}

#[test]
fn a_pause_refuses_and_a_resume_lets_go_on() {
    let sandbox = house("");
    sandbox.run(ASK).ok();
    let json = recorded(sandbox.run(&["pause", "--reason", "the import fails", "--json"]), "pause");
    assert_eq!(json["standing"], "holds until somebody resumes");
    let pause = json["id"].as_str().unwrap().to_owned();
    sandbox.run(ASK).code(1).answers("not-paused").answers(&format!("countersign resume {}", &pause[..8]));
    // Wrong use.
    sandbox.run(&["pause"]).code(2).says("--reason");
    sandbox.run(&["pause", "--reason", ""]).code(2);
    sandbox.run(&["pause", "--reason", "r", "--for", "0h"]).code(2);
    sandbox
        .run(&["pause", "--reason", "r", "--service", "payments"])
        .code(2)
        .says("--environment is missing");
    sandbox.run(&["pause", "--reason", "r", "--service", "paymentz", "--environment", "production"]).code(2);
    sandbox.run(&["resume", &pause]).code(2).says("--reason");
    sandbox.run(&["resume", "ffffffff", "--reason", "r"]).code(2);
    sandbox.run(&["resume", "zz", "--reason", "r"]).code(2);
    let plan =
        sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).ok().json()["records"][0]["id"].clone();
    let ran = sandbox.run(&["resume", plan.as_str().unwrap(), "--reason", "r"]);
    assert!(matches!(ran.code, Some(1 | 2)), "a plan is no pause: {}", ran.stderr);
    // Another person, who is an approver, may.
    let resumed = sandbox.bob(&["resume", &pause[..8], "--reason", "mended"]).ok();
    assert!(resumed.stdout.contains("resumed by bob"), "{}", resumed.stdout);
    sandbox.run(ASK).ok();
    sandbox
        .run(&["pause", "--reason", "r", "--for", "24h", "--workflow", "vendor-import"])
        .ok()
        .answers("holds until 20");
    sandbox.run(ASK).code(1).answers("because of vendor-import");
}

#[test]
fn a_triage_names_what_nobody_had_named_and_waits_where_it_takes_out() {
    let sandbox = house("");
    let ids: Vec<String> = ["1", "2", "3"].iter().map(|task| sandbox.exception(task)).collect();
    sandbox.run(ASK).code(1).answers("no-repeating-exceptions");
    sandbox.run(&["triage", "--mistaken", "--reason", "r"]).code(2);
    sandbox.run(&["triage", &ids[0], "--reason", "r"]).code(2).says("--root-cause");
    sandbox.run(&["triage", &ids[0], "--root-cause", "Bad Name", "--reason", "r"]).code(2);
    sandbox.run(&["triage", &ids[0], "--mistaken", "--root-cause", "c", "--reason", "r"]).code(2);
    sandbox
        .run(&["triage", &ids[0], "--duplicate-of", &ids[0], "--reason", "r"])
        .code(2)
        .says("duplicate of itself");
    sandbox.run(&["triage", "ffffffff", "--mistaken", "--reason", "r"]).code(2);
    let json =
        recorded(sandbox.run(&["triage", &ids[2], "--mistaken", "--reason", "a test", "--json"]), "triage");
    assert_eq!(
        (&json["standing"], &json["may_approve"]),
        (&"waits for 1 approval".into(), &serde_json::json!(["bob"]))
    );
    sandbox.run(ASK).code(1).answers("no-repeating-exceptions");
    let triage = json["id"].as_str().unwrap();
    sandbox.run(&["approve", triage, "--yes"]).code(1).says("concerned");
    sandbox.bob(&["approve", triage, "--yes"]).ok();
    sandbox.run(ASK).ok();
    // What a machine left open is named without anybody else.
    let text = super::ledger::exception("x", "m", "symptom = \"E1\"", "")
        .replace("root_cause = \"x\"\n", "")
        .replace("failure = \"bad-source-data\"\norigin = \"data\"\n", "")
        .replace("identity = \"ops\"", "identity = \"alice\"");
    let file = sandbox.write("machine.toml", &text);
    let ran = sandbox.run(&["record", "exception", "-f", &file, "--json"]);
    if ran.code == Some(0) {
        let open = id(&ran);
        let words = ["triage", &open, "--root-cause", "feed-late", "--reason", "r"];
        sandbox.run(&words).ok().answers("in force");
    }
}

#[test]
fn a_review_is_by_another_person_and_pays_the_debt() {
    let sandbox = house(NIGHT);
    sandbox.run(&["pause", "--reason", "r"]).ok();
    sandbox.run(ASK).code(1).answers("not-paused");
    let glass = break_glass(&sandbox);
    sandbox.run(ASK).ok().answers("waived").answers(&format!("waived by {} of alice", &glass[..8]));
    sandbox.run(&["status", "--mine"]).ok().answers("nothing waits for you");
    sandbox.bob(&["status", "--mine"]).ok().answers("review").answers(&glass[..8]);
    sandbox.run(&["review", &glass, "--findings", "f"]).code(2).says("--justified");
    sandbox.run(&["review", &glass, "--justified"]).code(2).says("--findings");
    sandbox.bob(&["review", &glass, "--unjustified", "--findings", "f"]).code(2).says("--follow-up");
    sandbox.bob(&["review", &glass, "--justified", "--unjustified", "--findings", "f"]).code(2);
    let ran = sandbox.run(&["review", &glass, "--justified", "--findings", "mine was fine"]);
    assert!(matches!(ran.code, Some(1 | 2)) && ran.stderr.contains("concerned"), "{}", ran.stderr);
    let seen = sandbox.exception("t");
    let ran = sandbox.bob(&["review", &seen, "--justified", "--findings", "f"]);
    assert!(matches!(ran.code, Some(1 | 2)), "an observation is none of the expected: {}", ran.stderr);
    let words = ["review", &glass[..8], "--justified", "--findings", "the disk was full", "--json"];
    recorded(sandbox.bob(&words), "review");
    sandbox.bob(&["status", "--mine"]).ok().answers("nothing waits for you");
}

#[test]
fn grant_answers_by_its_exit_code_and_hands_out_nothing_on_a_ledger_that_cannot_be_trusted() {
    let sandbox = house("");
    let ask = ["grant", "--to", "alice", "--action", "write", "--resource", "db"];
    sandbox.run(&ask).code(1).answers("REFUSED");
    let waiting = override_(&sandbox, "credential = \"vault:lease/1\"\n");
    sandbox.run(&ask).code(1).answers("waits for an approval");
    sandbox.bob(&["approve", &waiting, "--yes"]).ok();
    sandbox.run(&ask).ok().answers("ALLOWED").answers("vault:lease/1");
    let json = sandbox.run(&[&ask[..], &["--json"]].concat()).ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    let fields = ["action", "allowed", "at", "because", "credential", "override", "resource", "to", "until"];
    assert_eq!(keys, fields);
    assert_eq!((&json["allowed"], &json["override"]), (&true.into(), &Value::from(waiting.clone())));
    // All three are compared exactly.
    for other in [
        ["grant", "--to", "bob", "--action", "write", "--resource", "db"],
        ["grant", "--to", "alice", "--action", "Write", "--resource", "db"],
        ["grant", "--to", "alice", "--action", "writ", "--resource", "db"],
        ["grant", "--to", "alice", "--action", "write", "--resource", "db2"],
        ["grant", "--to", "alice", "--action", "write", "--resource", "*"],
    ] {
        sandbox.run(&other).code(1);
    }
    let json = sandbox
        .run(&["grant", "--to", "bob", "--action", "write", "--resource", "db", "--json"])
        .code(1)
        .json();
    assert_eq!(json["allowed"], false);
    sandbox.run(&["grant", "--to", "alice"]).code(2);
    sandbox.run(&["grant", "--to", "A B", "--action", "w", "--resource", "db"]).code(2);
    // Unanchored, rewound, halted, absent: 3, and nothing on standard output that says yes.
    let clone = sandbox.root.path().join("clone");
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "payments", "clone"]).ok();
    sandbox.at(&clone, "git", &["branch", "-q", "ledger", "origin/ledger"]).ok();
    let unanchored = sandbox.at(&clone, program(), &ask).code(3);
    assert!(!unanchored.stdout.contains("ALLOWED"));
    let ledger = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    sandbox.at(&clone, program(), &[&ask[..], &["--ledger-id", &ledger]].concat()).ok();
    let head = sandbox.ledger_head();
    sandbox.git(&["update-ref", "refs/heads/ledger", "ledger~1"]).ok();
    sandbox.run(&ask).code(3);
    sandbox.git(&["update-ref", "refs/heads/ledger", &head]).ok();
    let junk =
        sandbox.git(&["commit-tree", "-m", "x", "-p", &head, "ledger^{tree}"]).ok().stdout.trim().to_owned();
    sandbox.git(&["update-ref", "refs/heads/ledger", &junk]).ok();
    let halted = sandbox.run(&ask).code(3);
    assert!(!halted.stdout.contains("ALLOWED"), "{}", halted.stdout);
    sandbox.git(&["update-ref", "refs/heads/ledger", &head]).ok();
    sandbox.run(&ask).ok();
    // Closed: no more.
    sandbox.run(&["close", &waiting, "--reason", "done", "--credential", "vault:lease/1=revoked"]).ok();
    sandbox.run(&ask).code(1);
    Sandbox::new().run(&ask).code(3);
}

#[test]
fn patterns_are_shown_as_the_gate_counts_them() {
    let sandbox = house("");
    sandbox.run(&["patterns"]).ok();
    for task in ["1", "2", "3"] {
        sandbox.exception(task);
    }
    sandbox.run(&["patterns"]).ok().answers("feed-stale");
    let json = sandbox.run(&["patterns", "--json"]).ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["at", "by", "days", "direction", "groups", "patterns", "suspects"]);
    let row = &json["patterns"][0];
    assert_eq!(
        (&row["root_cause"], &row["all"], &row["recent"]),
        (&"feed-stale".into(), &3.into(), &3.into())
    );
    assert_eq!(row["closes"], serde_json::json!(["payments in production"]));
    assert_eq!(row["exceptions"].as_array().unwrap().len(), 3);
    for by in ["cause", "workflow", "failure", "origin", "identity", "credential"] {
        assert_eq!(sandbox.run(&["patterns", "--by", by, "--json"]).ok().json()["by"], by);
    }
    sandbox.run(&["patterns", "--by", "moon"]).code(2);
    sandbox
        .run(&[
            "record",
            "exception",
            "--workflow",
            "vendor-import",
            "--root-cause",
            "feeds-stale",
            "--failure",
            "timeout",
            "--origin",
            "data",
            "--summary",
            "s",
            "--task",
            "9",
        ])
        .ok();
    sandbox.run(&["patterns", "--suspect"]).ok().answers("feeds-stale");
    Sandbox::new().run(&["patterns"]).code(3);
}

#[test]
fn status_says_what_waits_for_whom_and_what_is_new() {
    let sandbox = house("");
    let before = sandbox.run(&["status", "--json"]).ok().json();
    let checkpoint = before["checkpoint"].as_str().unwrap().to_owned();
    sandbox.run(&["status", "--since", &checkpoint]).ok().answers("nothing new since size");
    let waiting = override_(&sandbox, "");
    sandbox.run(&["status", "--mine"]).ok().answers("nothing waits for you");
    sandbox.bob(&["status", "--mine"]).ok().answers("approve").answers(&waiting[..8]);
    let json = sandbox.bob(&["status", "--json", "--since", &checkpoint]).ok().json();
    let mut keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    keys.sort();
    let fields = [
        "at",
        "checkpoint",
        "ledger",
        "local",
        "needs_others",
        "needs_you",
        "outbox",
        "redesigns",
        "since",
        "soon",
        "targets",
        "watch",
    ];
    assert_eq!(keys, fields);
    assert_eq!(json["needs_you"][0]["id"], waiting);
    assert_eq!(json["since"]["records"].as_array().unwrap().len(), 1);
    assert_eq!(json["since"]["records"][0]["id"], waiting);
    assert_eq!(json["targets"][0]["standing"], "blocked");
    // A checkpoint that this ledger never had, one beyond it, one in another form.
    let (size, root) = checkpoint.split_once(':').unwrap();
    let other = format!("{size}:{}", "0".repeat(64));
    sandbox.run(&["status", "--since", &other]).code(3).says("forked");
    sandbox.run(&["status", "--since", &format!("999:{root}")]).code(3).says("rewound");
    sandbox.run(&["status", "--since", "yesterday"]).code(2);
    sandbox.key("mallory");
    let key = sandbox.home.join("mallory").display().to_string();
    sandbox.run(&["status", "--mine", "--key", &key]).code(2).says("no member's");
    Sandbox::new().run(&["status"]).code(3);
}

#[test]
fn outcomes_and_releases_are_recorded_with_options_alone() {
    let sandbox = house("\n[[policy.quorum]]\nof = \"overrides\"\nteam = \"nobody\"\ncount = 0\n");
    let receipt = sandbox.run(&[ASK, &["--record", "--json"]].concat()).ok().json()["receipt"]
        .as_str()
        .unwrap()
        .to_owned();
    let record = |words: &[&str]| sandbox.run(&[&["record", "outcome"], words].concat());
    recorded(
        record(&["--of", &receipt[..8], "--result", "succeeded", "--measured", "errors=0.01", "--json"]),
        "outcome",
    );
    record(&["--of", &receipt]).code(2);
    record(&["--of", &receipt, "--result", "fine"]).code(2);
    record(&["--of", &receipt, "--result", "failed", "--measured", "errors"]).code(2).says("METRIC=VALUE");
    record(&["--of", &receipt, "--result", "failed", "--measured", "errors=+1"]).code(2);
    let early = [
        "--of",
        &receipt,
        "--result",
        "failed",
        "--started-at",
        "2026-01-02T00:00:00Z",
        "--ended-at",
        "2026-01-01T00:00:00Z",
    ];
    record(&early).code(2);
    let plan = sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).ok().json()["records"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // What the other is of: a rehearsal is of a plan, a deployment of a receipt; and a plan is not proven by its author.
    for (of, result) in [(&receipt, "rehearsed"), (&plan, "succeeded"), (&plan, "rehearsed")] {
        let ran = record(&["--of", of, "--result", result]);
        assert!(matches!(ran.code, Some(1 | 2)), "{result}: {}", ran.stderr);
    }
    sandbox.bob(&["record", "outcome", "--of", &plan, "--result", "rehearsed"]).ok();
    sandbox.run(&["status", "--json"]).ok().json()["targets"][0]["delivery"]["succeeded"]
        .as_u64()
        .filter(|it| *it == 1)
        .unwrap();
    // Releases: of this commit, accepting what is live.
    let open = override_(&sandbox, "");
    let release = recorded(
        sandbox.run(&["record", "release", "--commit", "HEAD", "--accept-all", "--json"]),
        "release",
    );
    let shown = sandbox.run(&["show", release["id"].as_str().unwrap(), "--raw"]).ok();
    assert!(
        shown.stdout.contains(&format!("exceptions = [\"{open}\"]")) && shown.stdout.contains(&plan),
        "{}",
        shown.stdout
    );
    let artifact = sandbox.write("payments.tar", "built");
    let words = ["record", "release", "--artifact", &artifact, "--exception", &open[..8], "--json"];
    recorded(sandbox.run(&words), "release");
    sandbox.run(&["record", "release", "--commit", "nowhere"]).code(2);
    sandbox
        .run(&["record", "release", "--service", "payments", "--service", "b", "--environment", "production"])
        .code(2);
    sandbox.run(&["record", "release", "--exception", "ffffffff"]).code(2);
    sandbox.run(&["record", "release", "--artifact", "/nowhere"]).says("nowhere");
}

#[test]
fn text_of_a_ledger_is_escaped_wherever_these_commands_show_it() {
    let sandbox = house("");
    let text = "[pause]\nservices = [\"payments\"]\nenvironments = [\"production\"]\nreason = \"\"\"\n::warning::a\n::add-mask::b\"\"\"\n";
    let file = sandbox.write("pause.toml", text);
    let pause = id(&sandbox.run(&["record", "pause", "-f", &file, "--json"]).ok());
    // Controls never get in.
    let with_escape = text.replace("::warning::a", "\u{1b}[2J");
    let file = sandbox.write("escape.toml", &with_escape);
    sandbox.run(&["record", "pause", "-f", &file]).code(2);
    let id_of_exception = id(&sandbox
        .run(&[
            "record",
            "exception",
            "--workflow",
            "w",
            "--root-cause",
            "c",
            "--failure",
            "timeout",
            "--origin",
            "data",
            "--summary",
            "::error::##vso[task.setvariable] %0A",
            "--task",
            "::stop-commands::x",
            "--json",
        ])
        .ok());
    for words in [
        &["show", &pause][..],
        &["show", &id_of_exception],
        &["status"],
        &["patterns", "--by", "identity"],
        &["log"],
        &[ASK, &["-v"]].concat(),
        &["grant", "--to", "alice", "--action", "::error::", "--resource", "##[group]"],
    ] {
        let ran = sandbox.run(words);
        for line in ran.stdout.lines().chain(ran.stderr.lines()) {
            // A CI system looks past blanks before a line, and anywhere for the older form.
            let bad = line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
            assert!(!bad && !line.contains('\u{1b}') && !line.contains('\r'), "{words:?}: {line:?}");
        }
    }
}

/// A squash merge leaves the commits of a redesign nowhere, and nobody would ever see it take effect (attack M14).
#[test]
fn a_redesign_whose_commits_no_ref_of_its_targets_contains_is_warned_about() {
    let sandbox = Sandbox::with_ledger();
    let redesign = |commit: &str| {
        let text = format!(
            "[redesign]\nworkflow = \"vendor-import\"\nroot_causes = [\"feed-stale\"]\nservices = [\"payments\"]\n\
             environments = [\"production\"]\nsummary = \"s\"\ncause = \"c\"\nowner = \"alice\"\nchange = \"code\"\n\
             due = {}\n[[redesign.commit]]\nid = \"{commit}\"\n",
            sandbox.in_days(3)
        );
        let file = sandbox.write("redesign.toml", &text);
        sandbox.run(&["record", "redesign", "-f", &file]).ok()
    };
    sandbox.git(&["checkout", "-q", "-b", "feature"]).ok();
    let commit = sandbox.commit("on a branch");
    redesign(&commit).says("warning: no ref of its targets contains").says(&commit[..7]);
    sandbox.git(&["checkout", "-q", "production"]).ok();
    sandbox.git(&["merge", "-q", "--ff-only", "feature"]).ok();
    let ran = redesign(&commit);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}
