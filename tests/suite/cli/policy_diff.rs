//! A change of trust or policy is described in words, and what it weakens comes first.

use countersign::audit::{Change, Weight, compare_policies, compare_trusts};
use countersign::policy::{InForce, RULES, RuleInfo, RuleValue, Rules, Stricter, WIDE_RULES};
use countersign::record::Body;
use countersign::record::kind::trust::Trust;
use countersign::render::{PolicyView, Width, policy_reference, policy_text};

use crate::support::house::{ASK, team_with_policy};
use crate::support::ledger::{Actor, POLICY, body, member, trust};
use crate::support::sandbox::Sandbox;

fn parse_trust(text: &str) -> Trust {
    match body("trust", text) {
        Body::Trust(trust) => (*trust).clone(),
        other => panic!("{other:?}"),
    }
}

fn parse_policy(text: &str) -> InForce {
    match body("policy", text) {
        Body::Policy(policy) => {
            InForce::default().next("1".repeat(64).parse().unwrap(), std::sync::Arc::new((*policy).clone()))
        }
        other => panic!("{other:?}"),
    }
}

/// The descriptions of the changes of one weight. Also checks that the changes are sorted by weight.
#[track_caller]
fn words(changes: &[Change], weight: Weight) -> Vec<&str> {
    assert!(changes.is_sorted_by_key(|change| change.weight), "{changes:?}");
    changes.iter().filter(|change| change.weight == weight).map(|change| change.what.as_str()).collect()
}

#[test]
fn a_trust_that_lowers_a_threshold_or_gives_power_is_weaker() {
    let people = |names: &[&'static str]| -> Vec<String> {
        names.iter().map(|name| member(&Actor::new(name), "human", &["admin", "reporter"])).collect()
    };
    let old = parse_trust(&trust(1, None, [2, 2, 2], &people(&["alice", "bob", "carol"])));
    let mut members = people(&["alice", "dave"]);
    members.push(member(&Actor::with_key("bob", 2), "human", &["reporter", "approver:payments:staging"]));
    let new = parse_trust(&trust(1, None, [1, 2, 3], &members));
    let changes = compare_trusts(&old, &new);
    let weaker = words(&changes, Weight::Weakens);
    assert_eq!(weaker[0], "admins for a change of trust: 2 to 1");
    assert!(
        weaker.contains(&"dave, a human, joins: admin of everything, reporter of everything"),
        "{weaker:?}"
    );
    assert!(weaker.contains(&"bob becomes approver of payments in staging"), "{weaker:?}");
    assert!(weaker.iter().any(|change| change.starts_with("bob has one more key: SHA256:")), "{weaker:?}");
    let stronger = words(&changes, Weight::Strengthens);
    assert!(stronger.contains(&"admins for a quarantine: 2 to 3"), "{stronger:?}");
    assert!(stronger.contains(&"carol leaves: their keys can no longer sign"), "{stronger:?}");
    assert!(stronger.contains(&"bob is no longer admin of everything"), "{stronger:?}");
    assert!(compare_trusts(&old, &old).is_empty());
}

/// The policy of the tests with one more table.
fn with(table: &str) -> String {
    POLICY.replacen("\n[[policy.target]]", &format!("\n{table}\n\n[[policy.target]]"), 1)
}

/// Returns a value of the rule other than its default, and whether that value is stricter.
fn another(rule: &RuleInfo) -> (String, bool) {
    let higher = rule.stricter == Stricter::Higher;
    match (rule.value)(&Rules::default()) {
        RuleValue::Count(default) => ((default + 1).to_string(), higher),
        RuleValue::Time(default) => (format!("\"{}h\"", default.seconds() / 3_600 + 1), higher),
        RuleValue::NotAsked if rule.field == "max_occasions" => ("9".to_owned(), true),
        RuleValue::NotAsked => ("\"36h\"".to_owned(), true),
        RuleValue::Mode(_) => ("\"warn\"".to_owned(), false),
        RuleValue::RecordedBy(_) => ("\"pipeline\"".to_owned(), false),
        RuleValue::Demand(_) => ("true".to_owned(), higher),
    }
}

/// What `policy show` prints of a policy: its lines, and its JSON.
fn shown(policy: &InForce) -> (String, serde_json::Value) {
    let view = PolicyView::new(policy);
    (policy_text(&view).lay_out(Width::Pipe), serde_json::to_value(&view).unwrap())
}

#[test]
fn every_rule_of_a_policy_is_shown_and_has_a_direction() {
    let before = parse_policy(POLICY);
    let target = before.targets()[0].target();
    assert!(RULES.len() >= 22, "{}", RULES.len());
    for rule in RULES {
        let name = rule.name();
        let (value, is_stricter) = another(rule);
        let after = parse_policy(&with(&format!("[policy.{}]\n{} = {}", rule.section, rule.field, value)));
        let now = (rule.value)(&after.rules(&target)).to_string();
        assert_ne!(
            now,
            (rule.value)(&before.rules(&target)).to_string(),
            "{name} is not laid over the default"
        );
        // A single target can have the rule too.
        let own = POLICY.replacen(
            "environment = \"staging\"",
            &format!(
                "environment = \"staging\"\n[policy.target.{}]\n{} = {}",
                rule.section, rule.field, value
            ),
            1,
        );
        let own = parse_policy(&own);
        let [production, staging] =
            [0, 1].map(|index| (rule.value)(&own.rules(&own.targets()[index].target())));
        assert_ne!(production.to_string(), now, "{name}");
        assert_eq!(staging.to_string(), now, "{name}");
        let both = own.targets().iter().map(countersign::record::kind::policy::TargetRules::target).collect();
        let strictest = (rule.value)(&own.strictest(&both)).to_string();
        assert_eq!(strictest == now, is_stricter, "{name}: {strictest}");

        let (text, json) = shown(&after);
        assert!(
            text.lines().any(|line| line.contains(rule.words) && line.ends_with(&now)),
            "{name}:\n{text}"
        );
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let row = serde_json::json!([rule.words, now]);
        assert!(json["targets"][0]["rules"].as_array().unwrap().contains(&row), "{name}: {json:#}");

        let (one, other) = if is_stricter {
            (Weight::Strengthens, Weight::Weakens)
        } else {
            (Weight::Weakens, Weight::Strengthens)
        };
        for (old, new, weight) in [(&before, &after, one), (&after, &before, other)] {
            let changes = compare_policies(old, new);
            assert_eq!(changes.len(), 2, "{name}: {changes:?}");
            assert!(
                changes.iter().all(|change| change.weight == weight && change.what.contains(rule.words)),
                "{changes:?}"
            );
        }
        let reference = policy_reference().lay_out(Width::Pipe);
        assert!(
            reference.lines().any(|line| line.trim_start().starts_with(&format!("{} ", rule.field))),
            "{reference}"
        );
    }
}

#[test]
fn every_rule_of_a_policy_has_a_direction() {
    // The rules are listed here once more, independently of `RULES`, each with its stricter value first.
    let cases = [
        ("[policy.approvals]\noverrides = 2", "[policy.approvals]\noverrides = 1"),
        ("[policy.approvals]\nrollback_plans = 1", "[policy.approvals]\nrollback_plans = 0"),
        ("[policy.approvals]\nredesigns = 1", "[policy.approvals]\nredesigns = 0"),
        ("[policy.approvals]\nreleases = 1", "[policy.approvals]\nreleases = 0"),
        ("[policy.approvals]\nreviews = 1", "[policy.approvals]\nreviews = 0"),
        ("[policy.approvals]\ntriage = 1", "[policy.approvals]\ntriage = 0"),
        ("[policy.exceptions]\nmax_lifetime = \"1d\"", "[policy.exceptions]\nmax_lifetime = \"25h\""),
        ("[policy.exceptions]\nmax_renewals = 1", "[policy.exceptions]\nmax_renewals = 2"),
        ("[policy.exceptions]\ncredential_grace = \"1h\"", "[policy.exceptions]\ncredential_grace = \"2h\""),
        ("[policy.exceptions]\nreview_within = \"7d\"", "[policy.rollback]\nmin_criteria = 1"),
        ("[policy.credentials]\nmax_lifetime = \"7d\"", "[policy.rollback]\nmin_criteria = 1"),
        ("[policy.recurrence]\nmode = \"enforce\"", "[policy.recurrence]\nmode = \"warn\""),
        ("[policy.recurrence]\nwarn_at = 2", "[policy.recurrence]\nwarn_at = 3"),
        ("[policy.recurrence]\nthreshold = 3", "[policy.recurrence]\nthreshold = 30"),
        ("[policy.recurrence]\nwindow = \"90d\"", "[policy.recurrence]\nwindow = \"9d\""),
        ("[policy.recurrence]\nsame_occasion = \"1h\"", "[policy.recurrence]\nsame_occasion = \"12h\""),
        ("[policy.recurrence]\nunderstood_for = \"1d\"", "[policy.recurrence]\nunderstood_for = \"2d\""),
        ("[policy.recurrence]\nafter_redesign = 1", "[policy.recurrence]\nafter_redesign = 2"),
        ("[policy.recurrence]\nmax_occasions = 4", "[policy.rollback]\nmin_criteria = 1"),
        ("[policy.rollback]\nmin_criteria = 2", "[policy.rollback]\nmin_criteria = 1"),
        ("[policy.rollback]\nmax_lifetime = \"1d\"", "[policy.rollback]\nmax_lifetime = \"2d\""),
        ("[policy.rollback]\nrehearsed_within = \"1d\"", "[policy.rollback]\nmin_criteria = 1"),
        ("[policy.rollback]\nmachine_readable = true", "[policy.rollback]\nmachine_readable = false"),
        ("[policy.receipts]\nlifetime = \"5m\"", "[policy.receipts]\nlifetime = \"6m\""),
        ("[policy.receipts]\nrecorded_by = \"pusher\"", "[policy.receipts]\nrecorded_by = \"pipeline\""),
        ("[policy.freshness]\nmax_age = \"1h\"", "[policy.freshness]\nmax_age = \"2h\""),
        ("[policy.freshness]\nwitnesses = 1", "[policy.freshness]\nwitnesses = 0"),
        (
            "[[policy.quorum]]\nof = \"overrides\"\nteam = \"security\"\ncount = 1",
            "[policy.rollback]\nmin_criteria = 1",
        ),
        ("[[policy.same_cause]]\nis = \"a\"\nalso = [\"b\"]", "[policy.rollback]\nmin_criteria = 1"),
    ];
    for rule in RULES {
        let starts = format!("[policy.{}]\n{} =", rule.section, rule.field);
        assert!(cases.iter().any(|(strict, _)| strict.starts_with(&starts)), "{}", rule.name());
    }
    for (strict, lax) in cases {
        let (strict, lax) = (parse_policy(&with(strict)), parse_policy(&with(lax)));
        let down = compare_policies(&strict, &lax);
        assert!(!down.is_empty() && down.iter().all(|change| change.weight == Weight::Weakens), "{down:?}");
        let up = compare_policies(&lax, &strict);
        assert!(!up.is_empty() && up.iter().all(|change| change.weight == Weight::Strengthens), "{up:?}");
    }
}

#[test]
fn a_target_that_claims_more_paths_is_stricter_and_one_that_claims_fewer_is_weaker() {
    let with_paths = |paths: &str| {
        let field = if paths.is_empty() { String::new() } else { format!("\npaths = [{paths}]") };
        let staging = "environment = \"staging\"";
        parse_policy(&POLICY.replacen(staging, &format!("{staging}{field}"), 1))
    };
    let (one, two, other, all) =
        (with_paths("\"a/**\""), with_paths("\"a/**\", \"b/**\""), with_paths("\"b/**\""), with_paths(""));
    let weights = |old: &InForce, new: &InForce| {
        compare_policies(old, new).iter().map(|change| change.weight).collect::<Vec<_>>()
    };
    for (fewer, more) in [(&one, &two), (&one, &all), (&two, &all)] {
        assert_eq!(weights(fewer, more), [Weight::Strengthens]);
        assert_eq!(weights(more, fewer), [Weight::Weakens]);
    }
    assert_eq!((weights(&one, &other), weights(&two, &two)), (vec![Weight::Weakens], Vec::new()));
}

#[test]
fn the_words_of_rules_differ_and_their_defaults_are_those_that_are_written() {
    let mut words: Vec<&str> = RULES.iter().map(|rule| rule.words).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), RULES.len());
    for rule in RULES {
        let default = (rule.value)(&Rules::default());
        let written = if rule.default.is_empty() { "not asked for" } else { rule.default };
        assert_eq!(default.to_string(), written, "{}", rule.name());
        assert_eq!(
            rule.bound().map_or(String::new(), |most| most.to_string()),
            rule.longest,
            "{}",
            rule.name()
        );
    }
}

#[test]
fn what_a_policy_says_of_all_targets_is_shown_and_has_a_direction() {
    let before = parse_policy(POLICY);
    let entry = "[[policy.expected]]\nname = \"night\"\ntype = \"emergency-access\"\napprovals = 1\n\
                 max_lifetime = \"4h\"\nreview_within = \"24h\"\nmax_per_window = 3\nwindow = \"7d\"";
    let resource = "[[policy.resource]]\nname = \"db-*\"\nservices = [\"a\"]\nenvironments = [\"live\"]\n\
                    actions = [\"read\"]\nmax_lifetime = \"4h\"\none_resource = true";
    let owner = "[[policy.workflow]]\nname = \"vendor-import\"\nowner = \"alice\"\nrespond_within = \"3d\"";
    let other_resource = "[[policy.resource]]\nname = \"queue\"";
    let quorum = "[[policy.quorum]]\nof = \"overrides\"\nteam = \"security\"\ncount = 1";
    let cause = "[[policy.same_cause]]\nis = \"a\"\nalso = [\"b\"]";
    let (up, down, other) = (Weight::Strengthens, Weight::Weakens, Weight::Changes);
    for (old, new, weight) in [
        (String::new(), quorum.to_owned(), up),
        (String::new(), cause.to_owned(), up),
        (String::new(), entry.to_owned(), down),
        (entry.to_owned(), entry.replace("approvals = 1", "approvals = 0"), down),
        (entry.to_owned(), entry.replace("\"4h\"", "\"5h\""), down),
        (entry.to_owned(), entry.replace("\"24h\"", "\"25h\""), down),
        (entry.to_owned(), entry.replace("max_per_window = 3", "max_per_window = 4"), down),
        (entry.to_owned(), entry.replace("\"7d\"", "\"6d\""), down),
        (entry.to_owned(), format!("{entry}\nmay_waive = [\"rollback-plan\"]"), down),
        (String::new(), resource.to_owned(), up),
        (resource.to_owned(), resource.replace("[\"a\"]", "[\"a\", \"b\"]"), down),
        (owner.to_owned(), owner.replace("\"3d\"", "\"4d\""), down),
        (owner.to_owned(), owner.replace("alice", "bob"), other),
        (resource.to_owned(), resource.replace("services = [\"a\"]\n", ""), down),
        (resource.to_owned(), resource.replace("[\"live\"]", "[\"live\", \"test\"]"), down),
        (resource.to_owned(), resource.replace("[\"read\"]", "[\"read\", \"write\"]"), down),
        (resource.to_owned(), resource.replace("\"4h\"", "\"5h\""), down),
        (resource.to_owned(), resource.replace("max_lifetime = \"4h\"\n", ""), down),
        (resource.to_owned(), resource.replace("one_resource = true", "one_resource = false"), down),
        (entry.to_owned(), entry.replace("emergency-access", "third-party-handoff"), other),
        (entry.to_owned(), entry.replace("\nmax_lifetime", "\nteam = \"security\"\nmax_lifetime"), other),
    ] {
        let [old, new] = [old, new].map(|table| parse_policy(&with(&table)));
        let changes = compare_policies(&old, &new);
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0].weight, weight, "{changes:?}");
        assert_ne!(shown(&old), shown(&new), "{changes:?}");
        let back = compare_policies(&new, &old);
        let opposite = match weight {
            Weight::Weakens => Weight::Strengthens,
            Weight::Strengthens => Weight::Weakens,
            Weight::Changes => back[0].weight,
        };
        assert_eq!(back[0].weight, opposite, "{back:?}");
    }
    // A change that opens one thing and closes another weakens, in both directions.
    let two = format!("{resource}\n{other_resource}");
    for (old, new) in [(resource, two.as_str()), (resource, &resource.replace("\"read\"", "\"write\""))] {
        for (old, new) in [(old, new), (new, old)] {
            let changes = compare_policies(&parse_policy(&with(old)), &parse_policy(&with(new)));
            assert_eq!(changes.len(), 1, "{changes:?}");
            assert_eq!(changes[0].weight, Weight::Weakens, "{changes:?}");
        }
    }
    for rule in WIDE_RULES {
        let later = parse_policy(&POLICY.replacen(
            "version = 1",
            &format!("version = 1\n{} = \"49h\"", rule.field),
            1,
        ));
        let changes = compare_policies(&before, &later);
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert_eq!(changes[0].weight, Weight::Weakens);
        assert_ne!(shown(&before), shown(&later));
        assert!(policy_reference().lay_out(Width::Pipe).contains(rule.field));
    }
    let gone = parse_policy("[policy]\nversion = 1\n");
    let changes = compare_policies(&before, &gone);
    assert_eq!(words(&changes, Weight::Weakens).len(), 2, "{changes:?}");
}

#[test]
fn a_weakening_among_forty_lines_is_shown_first_and_before_anybody_signs() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let file = sandbox.write("trust.toml", &shown.replace("policy = 1", "policy = 2"));
    sandbox
        .run(&["trust", "propose", "-f", &file])
        .ok()
        .stderr_has("strengthens")
        .stderr_has("admins for a change of policy: 1 to 2");
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let weaker = shown.replace("overrides = 1", "overrides = 0")
        + "\n[[policy.target]]\nservice = \"docs\"\nenvironment = \"production\"\n";
    let file = sandbox.write("policy.toml", &weaker);
    let diff = sandbox.run(&["policy", "diff", "-f", &file]).ok().stdout;
    assert!(
        diff.starts_with("weakens\n  payments in production: approvals of overrides: 1 to 0\n"),
        "{diff}"
    );
    let id = sandbox.run(&["policy", "propose", "-f", &file, "--json"]).ok().json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(sandbox.run(&["policy", "diff"]).ok().stdout, diff, "the open proposal");
    assert_eq!(
        sandbox.run(&["policy", "diff", &id[..8], "--json"]).ok().json()["weakens"].as_array().unwrap().len(),
        1
    );
    let bob = sandbox.home.join("bob").display().to_string();
    let line = format!(
        "echo n | script -qec '{} --key {bob} approve {}' /dev/null",
        crate::support::sandbox::program(),
        &id[..8]
    );
    let asked = sandbox.at(&sandbox.repository, "bash", &["-c", &line]).code(2).stdout;
    assert!(asked.contains("approvals of overrides: 1 to 0"), "{asked}");
    sandbox.bob(&["approve", &id[..8], "--yes"]).ok().stdout_has("in force");
    sandbox.run(&["policy", "diff"]).code(2).stderr_has("no policy is proposed");
}

#[test]
fn a_policy_that_would_block_a_target_today_says_so_and_a_distrust_says_what_would_fall() {
    let sandbox = Sandbox::with_ledger();
    let plan = sandbox.plan("removal");
    let shown = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let file = sandbox.write(
        "policy.toml",
        &format!("{shown}\n")
            .replace("[[policy.target]]", "[policy.rollback]\nmin_criteria = 2\n\n[[policy.target]]"),
    );
    sandbox
        .run(&["policy", "diff", "-f", &file])
        .ok()
        .stdout_has("would block today\n  payments in production: rollback-criteria");
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    sandbox.key("second");
    let key = std::fs::read_to_string(sandbox.home.join("second.pub")).unwrap();
    let fingerprint =
        sandbox.run(&["key", "show", "--json"]).ok().json()["fingerprint"].as_str().unwrap().to_owned();
    let line = shown.lines().find(|line| line.starts_with("keys = ")).unwrap().to_owned();
    let next = shown.replace(&line, &format!("keys = [\"{}\"]", key.trim()))
        + &format!("\n[[trust.distrust]]\nkey = \"{fingerprint}\"\nfrom = 2\nreason = \"stolen\"\n");
    let file = sandbox.write("trust.toml", &next);
    sandbox
        .run(&["trust", "diff", "-f", &file])
        .ok()
        .stdout_has(&format!("would no longer stand\n  {}  rollback-plan", &plan[..8]));
}

#[test]
fn what_a_policy_opens_and_what_ends_with_a_member_is_told_first() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan, "--yes"]).ok();
    let policy = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let diff = |text: &str| {
        let file = sandbox.write("policy.toml", text);
        sandbox.run(&["policy", "diff", "-f", &file]).ok().stdout
    };
    let renamed = policy.replacen("environment = \"production\"", "environment = \"live\"", 1);
    assert_ne!(renamed, policy);
    assert!(!diff(&renamed).contains("opens"), "{}", diff(&renamed));
    // A pause closes the target: renaming the target must not evade the pause unnoticed.
    sandbox.run(&["pause", "--reason", "the import fails"]).ok();
    let told = diff(&renamed);
    assert!(
        told.starts_with("opens\n  payments in production is left behind, closed by not-paused\n"),
        "{told}"
    );
    let new = "  payments in live takes refs or paths of payments in production, which is";
    assert!(told.contains(new), "{told}");
    // A second target with the same refs must not evade the pause unnoticed either. A target with other refs opens
    // nothing.
    let beside = |refs: &str| {
        format!(
            "{policy}\n[[policy.target]]\nservice = \"payments\"\nenvironment = \"live\"\nrefs = [\"{refs}\"]\n"
        )
    };
    assert!(diff(&beside("refs/heads/prod*")).contains(new));
    assert!(!diff(&beside("refs/heads/live")).contains("opens"));
    // The target is closed by a rule that the draft relaxes.
    sandbox.run(&["resume", &pause_of(&sandbox), "--reason", "mended"]).ok();
    let stricter =
        policy.replacen("[[policy.target]]", "[policy.rollback]\nmin_criteria = 2\n\n[[policy.target]]", 1);
    let file = sandbox.write("policy.toml", &stricter);
    let id = sandbox.run(&["policy", "propose", "-f", &file, "--json"]).ok().json()["id"].clone();
    let _ = sandbox.run(&["approve", id.as_str().unwrap(), "--yes"]);
    let now = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let laxer = now.replace("min_criteria = 2", "min_criteria = 1");
    assert!(
        diff(&laxer)
            .starts_with("opens\n  payments in production would no longer be closed by rollback-criteria\n"),
        "{}",
        diff(&laxer)
    );
    let trust = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let without: String = trust
        .split("[[trust.member]]")
        .enumerate()
        .filter(|(_, part)| !part.contains("name = \"alice\""))
        .map(|(at, part)| if at == 0 { part.to_owned() } else { format!("[[trust.member]]{part}") })
        .collect();
    let file = sandbox.write("trust.toml", &without);
    let told = sandbox.run(&["trust", "diff", "-f", &file]).ok().stdout;
    let ends =
        format!("ends\n  alice leaves: plan {} for payments in production is no longer in", &plan[..8]);
    assert!(told.starts_with(&ends), "{told}");
}

#[test]
fn a_proposal_is_judged_as_if_it_were_in_force() {
    let sandbox = team_with_policy("");
    sandbox.run(ASK).ok();
    let policy = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let with =
        |rules: &str| policy.replacen("[[policy.target]]", &format!("{rules}\n\n[[policy.target]]"), 1);
    let diff = |text: &str| {
        let file = sandbox.write("policy.toml", text);
        sandbox.run(&["policy", "diff", "-f", &file]).ok().stdout
    };
    // Under the proposed threshold, two occasions are a repeating pattern, although that threshold is not in force yet.
    ["1", "2"].iter().for_each(|task| _ = sandbox.exception(task));
    sandbox.run(ASK).ok();
    let told = diff(&with("[policy.recurrence]\nthreshold = 2\nwarn_at = 1"));
    assert!(
        told.contains("would block today\n  payments in production: no-repeating-exceptions\n"),
        "{told}"
    );
    // The same threshold as today blocks nothing.
    let told = diff(&with("[policy.recurrence]\nthreshold = 3"));
    assert!(!told.contains("would block"), "{told}");
    // Votes are counted again: under the draft, one approval is enough for a plan that takes two today.
    sandbox.key("carol");
    let carol = format!("carol={}", sandbox.home.join("carol.pub").display());
    let added = sandbox.run(&["trust", "add", &carol, "--role", "approver", "--json"]);
    let _ = sandbox.run(&["approve", added.json()["id"].as_str().unwrap(), "--yes"]);
    let file = sandbox.write("policy.toml", &policy.replace("rollback_plans = 1", "rollback_plans = 2"));
    let id = sandbox.run(&["policy", "propose", "-f", &file, "--json"]).ok().json()["id"].clone();
    let _ = sandbox.run(&["approve", id.as_str().unwrap(), "--yes"]);
    let plan = sandbox.run(&["log", "--kind", "rollback-plan", "--json"]).ok().json();
    let plan = plan["records"][0]["id"].as_str().unwrap().to_owned();
    sandbox.run(&["close", &plan, "--reason", "withdrawn"]).ok();
    let next = sandbox.plan("removal");
    sandbox.bob(&["approve", &next, "--yes"]).ok();
    sandbox.run(ASK).code(1).stdout_has("waits for");
    let now = sandbox.run(&["policy", "propose", "--print"]).ok().stdout;
    let told = diff(&now.replace("rollback_plans = 2", "rollback_plans = 1"));
    assert!(
        told.starts_with("opens\n  payments in production would no longer be closed by rollback-plan,\n"),
        "{told}"
    );
}

/// The id of the only pause.
fn pause_of(sandbox: &Sandbox) -> String {
    let records = sandbox.run(&["log", "--kind", "pause", "--json"]).ok().json();
    records["records"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_trust_says_how_old_each_key_is_and_when_each_role_was_last_used() {
    let sandbox = Sandbox::with_ledger();
    let shown = || sandbox.run(&["trust", "show", "--json"]).ok().json();
    let of = |member: &serde_json::Value, role: &str| {
        let roles = member["roles"].as_array().unwrap();
        let at = roles.iter().position(|known| known == role).unwrap();
        member["last_used"][at].clone()
    };
    let first = shown()["members"][0].clone();
    // The founder has proposed a trust and a policy, and reported nothing.
    assert!(of(&first, "admin").is_string() && of(&first, "reporter").is_null(), "{first:#}");
    let founded = first["keys_since"][0].clone();
    assert!(founded.is_string());
    sandbox.exception("a");
    assert!(of(&shown()["members"][0], "reporter").is_string());
    // The key of a member who joins later is younger, and the first key keeps its age in the later trust.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    sandbox.team();
    let alice = shown()["members"].as_array().unwrap().iter().find(|one| one["name"] == "alice").cloned();
    assert_eq!(alice.unwrap()["keys_since"][0], founded);
    let bob =
        shown()["members"].as_array().unwrap().iter().find(|one| one["name"] == "bob").cloned().unwrap();
    assert!(bob["keys_since"][0].as_str().unwrap() > founded.as_str().unwrap());
    let text = sandbox.run(&["trust", "show"]).ok().stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["(never used)", "(last used 20", ", since 20"] {
        assert!(words.contains(part), "{text}");
    }
}

#[test]
fn a_former_name_closes_a_target_and_gives_it_ways_back() {
    let with = |formerly: &str| {
        let target = "[[policy.target]]\nservice = \"pay\"\nenvironment = \"production\"\n";
        parse_policy(&format!("[policy]\nversion = 1\n{target}{formerly}"))
    };
    let changes = |formerly: &str| compare_policies(&with(""), &with(formerly));
    let same = changes("formerly = [\"payments/production\"]\n");
    assert_eq!(
        words(&same, Weight::Weakens),
        ["pay in production: a restoration may go back to what ran on its former name payments/production"]
    );
    let closes =
        "pay in production: what blocks its former name payments/production also blocks pay in production";
    assert_eq!(words(&same, Weight::Strengthens), [closes]);
    let unknown = "pay in production: `formerly` names payments/production, which no policy ever had as a target; \
                   check the spelling";
    assert_eq!(words(&same, Weight::Changes), [unknown]);
    let known = compare_policies(&with(""), &with("formerly = [\"pay/production\"]\n"));
    assert!(words(&known, Weight::Changes).is_empty(), "{known:?}");
    // A former name in another environment gives no way back.
    let other = changes("formerly = [\"payments/test\"]\n");
    assert!(words(&other, Weight::Weakens).is_empty(), "{other:?}");
}
