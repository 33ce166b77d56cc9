//! Tests the commands that change members, targets and rules without a draft, and that they refuse rules under which
//! nobody could approve.

use crate::support::sandbox::Sandbox;

fn id(json: &serde_json::Value) -> String {
    json["id"].as_str().unwrap()[..8].to_owned()
}

#[test]
fn targets_are_added_get_rules_and_are_taken_out() {
    let sandbox = Sandbox::with_ledger();
    let rules = |target: &str| {
        let shown = sandbox.run(&["policy", "show", "--json"]).ok().json();
        let found = shown["targets"].as_array().unwrap().iter().find(|one| {
            target == format!("{}/{}", one["service"].as_str().unwrap(), one["environment"].as_str().unwrap())
        });
        found.cloned()
    };
    let add = ["policy", "target", "add", "web/production", "web/staging", "--ref", "refs/heads/web"];
    sandbox.run(&add).ok().stdout_has("in force");
    assert_eq!(rules("web/staging").unwrap()["refs"], serde_json::json!(["refs/heads/web"]));
    sandbox.run(&add).code(2).stderr_has("the policy has web/production already");
    let before = rules("payments/production").unwrap();
    let set =
        ["policy", "target", "set", "web/production", "recurrence.threshold=2", "recurrence.window=33d"];
    let changed = sandbox.run(&set).ok();
    assert!(
        changed.stderr.contains("strengthens") || changed.stderr.contains("weakens"),
        "{}",
        changed.stderr
    );
    let text = rules("web/production").unwrap().to_string();
    assert!(text.contains("33d"), "{text}");
    assert_eq!(rules("payments/production").unwrap(), before);
    // An empty value removes the target's own rule, so that the rule of all targets applies again.
    sandbox.run(&["policy", "target", "set", "web/production", "recurrence.window="]).ok();
    assert!(!rules("web/production").unwrap().to_string().contains("33d"));
    // Removing the last rule of a table removes the table. Removing a rule that was never set changes nothing.
    sandbox.run(&["policy", "target", "set", "web/production", "recurrence.threshold="]).ok();
    sandbox
        .run(&["policy", "target", "set", "web/production", "rollback.max_lifetime="])
        .code(2)
        .stderr_has("changes nothing");
    for (set, says) in [
        ("recurrence.windows=30d", "recurrence.windows"),
        ("recurrence.window=soon", "recurrence.window"),
        ("recurrence.threshold=[", "recurrence.threshold"),
        ("approvals=1", "approvals"),
        ("recurrence", "expected RULE=VALUE"),
    ] {
        sandbox.run(&["policy", "target", "set", "web/production", set]).code(2).stderr_has(says);
    }
    sandbox.run(&["policy", "target", "set", "other/production", "recurrence.threshold=2"]).code(2).stderr_has(
        "the policy has no target other/production; it has: payments/production, web/production, web/staging",
    );
    sandbox.run(&["policy", "target", "remove", "web/production", "web/staging"]).ok();
    assert!(rules("web/staging").is_none());
}

#[test]
fn over_an_open_proposal_another_takes_its_place_with_all_that_it_says() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let trust = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let two = trust.replace("\ntrust = 1", "\ntrust = 2").replace("\nquarantine = 1", "\nquarantine = 2");
    let file = sandbox.write("trust.toml", &two);
    let two = id(&sandbox.run(&["trust", "propose", "-f", &file, "--json"]).ok().json());
    sandbox.bob(&["approve", &two, "--yes"]).ok();
    for name in ["carol", "dave"] {
        sandbox.key(name);
    }
    let key = |name: &str| format!("{name}={}", sandbox.home.join(format!("{name}.pub")).display());
    let carol = ["trust", "add", &key("carol"), "--role", "reporter", "--json"];
    let first = id(&sandbox.run(&carol).ok().json());
    let dave = key("dave");
    let dave = ["trust", "add", &dave, "--role", "reporter"];
    let refused =
        sandbox.run(&dave).code(2).stderr_has(&format!("a trust is proposed already: {first}, by alice"));
    assert!(refused.stderr.contains("--replace"), "{}", refused.stderr);
    let second = sandbox.run(&[&dave[..], &["--replace", "--json"]].concat()).ok().stdout;
    let second = second.lines().next().unwrap().to_owned();
    let second: serde_json::Value = serde_json::from_str(&second).unwrap();
    // The second proposal includes the first and replaces it, so bob is asked only about the second. A third proposal
    // includes the second.
    sandbox.key("erin");
    let waits = sandbox.bob(&["status", "--mine", "--json"]).ok().json();
    let waits: Vec<String> = waits["needs_you"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(waits, [id(&second)]);
    let erin = key("erin");
    let erin = ["trust", "add", &erin, "--role", "reporter", "--replace", "--json"];
    let third = sandbox.run(&erin).ok().stdout;
    let second: serde_json::Value = serde_json::from_str(third.lines().next().unwrap()).unwrap();
    // A proposal with `--beside` contains only its own change.
    sandbox.key("frank");
    let frank = key("frank");
    sandbox.run(&["trust", "add", &frank, "--role", "reporter", "--beside", "--json"]).ok();
    sandbox.bob(&["approve", &id(&second), "--yes"]).ok();
    let members = sandbox.run(&["trust", "show", "--json"]).ok().stdout;
    assert!(!members.contains("\"frank\""), "{members}");
    let joined = ["carol", "dave", "erin", "bob"].iter().all(|name| members.contains(&format!("\"{name}\"")));
    assert!(joined, "{members}");
    let open = sandbox.run(&["verify", "--json"]).ok().json();
    assert_eq!(open["open_proposals"], serde_json::json!([]), "{open:#}");
}

#[test]
fn a_key_is_distrusted_from_a_time_on_and_what_would_fall_is_shown() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan[..8], "--yes"]).ok();
    sandbox.run(&["gate"]).ok();
    let distrust = ["trust", "distrust", "bob", "--since", "1h", "--reason", "the laptop was stolen"];
    let proposed = sandbox.run(&distrust).ok();
    assert!(proposed.stderr.contains("would no longer stand"), "{}", proposed.stderr);
    assert!(proposed.stderr.contains(&format!("approve {}", &plan[..8])), "{}", proposed.stderr);
    // The approval no longer stands, so the gate refuses.
    sandbox.run(&["gate"]).code(1).stdout_has("waits for 1 more approval");
    sandbox.run(&distrust).code(2).stderr_has("distrusted already");
    sandbox
        .run(&["trust", "distrust", "eve", "--since", "1h", "--reason", "r"])
        .code(2)
        .stderr_has("eve is no member");
    sandbox
        .run(&["trust", "distrust", "bob", "--since", "1 h", "--reason", "r"])
        .code(2)
        .stderr_has("or how long ago");
}

#[test]
fn what_was_signed_before_that_time_stands() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan[..8], "--yes"]).ok();
    let later = sandbox.in_days(1);
    sandbox.run(&["trust", "distrust", "bob", "--since", &later, "--reason", "r"]).ok();
    sandbox.run(&["gate"]).ok();
}

#[test]
fn a_policy_under_which_nobody_could_approve_is_refused() {
    let sandbox = Sandbox::new();
    // Without [policy.approvals] one approval is asked for, and the founder is alone.
    let policy =
        "[policy]\nversion = 1\n[[policy.target]]\nservice = \"payments\"\nenvironment = \"production\"\n";
    let file = sandbox.write("policy.toml", policy);
    let refused = sandbox.run(&["init", "--yes", "--policy", &file]).code(2);
    assert!(refused.stderr.contains("nobody can approve what another person wrote"), "{}", refused.stderr);
    // A policy names its targets itself, so nothing that would be ignored is taken beside it.
    for target in [["--service", "web"], ["--environment", "staging"], ["--ref", "refs/heads/x"]] {
        let ran = sandbox.run(&[&["init", "--yes", "--policy", &file], &target[..]].concat()).code(2);
        ran.stderr_has("cannot be used with");
    }
    sandbox.git(&["rev-parse", "-q", "--verify", "refs/heads/ledger"]).code(1);
    sandbox.run(&["init", "--yes"]).ok();
    // The founder alone cannot approve their own plan. With a second approver one approval can be given, but not two.
    let set = |value: &str| {
        let policy = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
        let file = sandbox.write(
            "policy.toml",
            &policy.replace("rollback_plans = 0", &format!("rollback_plans = {value}")),
        );
        sandbox.run(&["policy", "propose", "-f", &file])
    };
    set("1").code(2).stderr_has("policy.approvals.rollback_plans");
    sandbox.key("bob");
    let bob = format!("bob={}", sandbox.home.join("bob.pub").display());
    sandbox.run(&["trust", "add", &bob, "--role", "approver"]).ok();
    set("2").code(2).stderr_has("asks for 2 approvals");
    set("1").ok();
    // After an approver has left, a policy that asks for too many approvals can still be changed in other points.
    sandbox.run(&["trust", "remove", "bob"]).ok();
    sandbox.run(&["policy", "target", "set", "payments/production", "recurrence.threshold=2"]).ok();
}

#[test]
fn a_path_that_matches_nothing_is_refused_with_what_was_meant() {
    let sandbox = Sandbox::with_ledger();
    std::fs::create_dir(sandbox.repository.join("web")).unwrap();
    std::fs::write(sandbox.repository.join("web/page"), "page").unwrap();
    sandbox.git(&["add", "web"]).ok();
    sandbox.git(&["commit", "-q", "-m", "web"]).ok();
    let add = |path: &str| sandbox.run(&["policy", "target", "add", "web/production", "--path", path]);
    add("web").code(2).stderr_has("write \"web/**\"");
    add("wbe/**").code(2).stderr_has("matches no file of HEAD");
    add("web/**").ok();
    // A path that no longer matches anything does not prevent another change.
    sandbox.git(&["rm", "-q", "-r", "web"]).ok();
    sandbox.git(&["commit", "-q", "-m", "no web"]).ok();
    sandbox.run(&["policy", "target", "set", "web/production", "recurrence.threshold=2"]).ok();
}

#[test]
fn a_proposal_says_who_could_change_the_rules_back_alone() {
    let sandbox = Sandbox::with_ledger();
    sandbox.key("bob");
    let bob = format!("bob={}", sandbox.home.join("bob.pub").display());
    let proposed = sandbox.run(&["trust", "add", &bob, "--role", "approver"]).ok();
    assert!(
        proposed.stderr.contains("note: alice alone can change the rules and the members"),
        "{}",
        proposed.stderr
    );
}
