//! Entries that halt a ledger and records that are void, each next to a good counterpart
//! (ledger-schema/verify.md).

use countersign::entry::{ObjectFormat, message, signed_commit, unsigned_commit};
use countersign::finding::Code;
use countersign::record::{Checkpoint, SignedRecord};
use countersign::sshsig::COMMIT_NAMESPACE;

use crate::support::ledger::{Actor, Ledger, NOW, body, broken, exception, member, override_, plan, trust};

const TREE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const END: &str = "2026-11-25T09:00:00Z";

fn observation() -> String {
    exception("feed-stale", "run 1", "", "")
}

/// Makes a record of alice's for the next entry, and changes its payload before it is signed.
fn next(ledger: &Ledger, change: impl Fn(String) -> String) -> Vec<u8> {
    let record = ledger.record("alice", body("exception", &observation()), NOW);
    Actor::new("alice").file(&change(record.payload()))
}

#[test]
fn an_entry_with_a_good_record_counts() {
    let mut ledger = Ledger::team();
    let file = next(&ledger, |payload| payload);
    assert!(
        matches!(ledger.push_files(&Actor::new("alice"), &[file]), countersign::replay::Pushed::Counted { void } if void.is_empty())
    );
}

#[test]
fn a_record_of_another_ledger_halts() {
    let mut ledger = Ledger::team();
    let id = ledger.id.unwrap().to_string();
    let file = next(&ledger, |payload| payload.replace(&id, &"1".repeat(64)));
    assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[file])), [Code::LedgerId]);
}

#[test]
fn a_record_under_another_path_halts() {
    for (from, to) in [("exception/", "approval/"), ("/24/", "/25/"), (".toml", ".TOML")] {
        let mut ledger = Ledger::team();
        let file = next(&ledger, |payload| payload);
        let path = SignedRecord::parse(&file).unwrap().path().to_string().replace(from, to);
        assert_eq!(
            broken(&ledger.push_named(&Actor::new("alice"), vec![(path, file)])),
            [Code::Path],
            "{to}"
        );
    }
}

#[test]
fn the_same_record_twice_halts() {
    let mut ledger = Ledger::team();
    let file = next(&ledger, |payload| payload);
    ledger.push_files(&Actor::new("alice"), std::slice::from_ref(&file));
    assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[file])), [Code::Duplicate]);
}

#[test]
fn a_record_signed_by_another_member_or_a_stranger_halts() {
    for signer in ["bob", "mallory"] {
        let mut ledger = Ledger::team();
        let payload = ledger.record("alice", body("exception", &observation()), NOW).payload();
        let file = Actor::new(signer).file(&payload);
        assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[file])), [Code::Signer], "{signer}");
    }
}

#[test]
fn a_strangers_record_of_an_unknown_kind_halts_and_a_members_is_void() {
    for (signer, expected) in [("mallory", Some(Code::Signer)), ("alice", None)] {
        let mut ledger = Ledger::team();
        let payload = ledger.record("alice", body("exception", &observation()), NOW).payload();
        let payload =
            payload.replace("kind = \"exception\"", "kind = \"hold\"").replace("[exception", "[hold");
        let file = Actor::new(signer).file(&payload);
        let pushed = ledger.push_files(&Actor::new("alice"), &[file]);
        if let Some(code) = expected {
            assert_eq!(broken(&pushed), [code]);
        } else {
            let countersign::replay::Pushed::Counted { void } = pushed else { panic!("{pushed:?}") };
            assert_eq!(crate::support::ledger::codes(&void), [Code::Format]);
        }
    }
}

#[test]
fn a_later_schema_by_a_member_is_void() {
    let mut ledger = Ledger::team();
    let file = next(&ledger, |payload| payload.replace("schema = 2", "schema = 3"));
    let countersign::replay::Pushed::Counted { void } = ledger.push_files(&Actor::new("alice"), &[file])
    else {
        panic!()
    };
    assert_eq!(crate::support::ledger::codes(&void), [Code::Format]);
}

#[test]
fn a_checkpoint_that_contradicts_the_history_halts() {
    let root = |payload: &str| payload.split("root = \"").nth(1).unwrap()[..64].to_owned();
    for (from, to) in
        [("size = 2", "size = 1"), ("size = 2", "size = 3"), ("size = 2", "size = 9007199254740991")]
    {
        let mut ledger = Ledger::team();
        let file = next(&ledger, |payload| payload.replace(from, to));
        assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[file])), [Code::Checkpoint], "{to}");
    }
    let mut ledger = Ledger::team();
    let file = next(&ledger, |payload| payload.replace(&root(&payload), &"1".repeat(64)));
    assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[file])), [Code::Checkpoint]);
}

/// Pushes an entry whose commit is changed before and after it is signed. Returns the codes that break it.
fn commit(
    ledger: &mut Ledger,
    committer: &Actor,
    before: impl Fn(String) -> String,
    after: impl Fn(String) -> String,
) -> Vec<Code> {
    let file = next(ledger, |payload| payload);
    let record = SignedRecord::parse(&file).unwrap();
    let mut leaves = ledger.leaves.clone();
    leaves.append(&file);
    let checkpoint = Checkpoint { size: leaves.size(), root: leaves.root() };
    let path = record.path().to_string();
    let unsigned =
        unsigned_commit(TREE, ledger.parent.as_ref(), "A <a> 1 +0000", &message(&[record], &checkpoint));
    let unsigned = before(unsigned);
    let blob = committer.sign(COMMIT_NAMESPACE, unsigned.as_bytes());
    let commit = after(signed_commit(&unsigned, &blob, ObjectFormat::Sha256));
    match ledger.push_commit(commit, vec![(path, file)]) {
        countersign::replay::Pushed::Counted { .. } => Vec::new(),
        countersign::replay::Pushed::Broken { findings } => crate::support::ledger::codes(&findings),
    }
}

/// A change that changes nothing.
fn same(text: String) -> String {
    text
}

#[test]
fn a_commit_in_another_form_halts() {
    let alice = Actor::new("alice");
    assert_eq!(commit(&mut Ledger::team(), &alice, same, same), []);
    type Change = Box<dyn Fn(String) -> String>;
    let cases: Vec<(&str, Change)> = vec![
        (
            "two authors",
            Box::new(|commit| commit.replacen("\nauthor ", "\nauthor B <b> 1 +0000\nauthor ", 1)),
        ),
        (
            "two parents",
            Box::new(|commit| commit.replacen("\nparent ", &format!("\nparent {TREE}\nparent "), 1)),
        ),
        (
            "parent after author",
            Box::new(|commit| {
                let (tree, rest) = commit.split_once('\n').unwrap();
                let (parent, rest) = rest.split_once('\n').unwrap();
                let (author, rest) = rest.split_once('\n').unwrap();
                format!("{tree}\n{author}\n{parent}\n{rest}")
            }),
        ),
        ("encoding header", Box::new(|commit| commit.replacen("\n\n", "\nencoding latin-1\n\n", 1))),
        ("NUL", Box::new(|commit| commit.replacen("Ledger-Size", "\0\n\nLedger-Size", 1))),
        (
            "another Ledger- line",
            Box::new(|commit| commit.replacen("\n\nLedger-Size", "\nLedger-Note: x\n\nLedger-Size", 1)),
        ),
        ("no trailers", Box::new(|commit| commit.split("\n\nLedger-Size").next().unwrap().to_owned() + "\n")),
        ("leading zero", Box::new(|commit| commit.replace("Ledger-Size: ", "Ledger-Size: 0"))),
        ("text after the trailers", Box::new(|commit| commit + "x\n")),
        ("short tree", Box::new(|commit| commit.replacen(TREE, "aaaa", 1))),
        ("no author", Box::new(|commit| commit.replacen("author A <a> 1 +0000", "author ", 1))),
    ];
    for (name, change) in cases {
        let codes = commit(&mut Ledger::team(), &alice, change, same);
        assert!(codes.contains(&Code::Commit), "{name}: {codes:?}");
    }
}

#[test]
fn a_commit_minted_again_without_a_key_halts() {
    let alice = Actor::new("alice");
    let cases: Vec<(&str, Box<dyn Fn(String) -> String>)> = vec![
        ("wrapped differently", Box::new(|commit| commit.replacen("\n U1NIU0lH", "\n U1NI\n U0lH", 1))),
        (
            "second signature",
            Box::new(|commit| {
                let at = commit.find("gpgsig-sha256").unwrap();
                let end = commit.find("\n\n").unwrap();
                format!("{}{}\n{}", &commit[..at], &commit[at..end], &commit[at..])
            }),
        ),
        ("renamed header", Box::new(|commit| commit.replacen("gpgsig-sha256", "gpgsig", 1))),
        (
            "text after the footer",
            Box::new(|commit| {
                commit.replacen("-----END SSH SIGNATURE-----", "-----END SSH SIGNATURE-----\n x", 1)
            }),
        ),
    ];
    for (name, change) in cases {
        assert_eq!(commit(&mut Ledger::team(), &alice, same, change), [Code::Commit], "{name}");
    }
}

#[test]
fn a_commit_signed_by_a_stranger_or_over_other_bytes_halts() {
    assert_eq!(commit(&mut Ledger::team(), &Actor::new("mallory"), same, same), [Code::CommitSignature]);
    let other = |commit: String| commit.replacen("A <a> 1 +0000", "A <a> 2 +0000", 1);
    assert_eq!(commit(&mut Ledger::team(), &Actor::new("alice"), same, other), [Code::CommitSignature]);
}

#[test]
fn a_service_may_append_what_a_person_signed() {
    assert_eq!(commit(&mut Ledger::team(), &Actor::new("ops"), same, same), []);
}

#[test]
fn trailers_of_another_tree_halt() {
    let zeros = "0".repeat(64);
    let root = move |commit: String| {
        let (head, _) = commit.split_once("Ledger-Root: ").unwrap();
        format!("{head}Ledger-Root: {zeros}\n")
    };
    assert_eq!(commit(&mut Ledger::team(), &Actor::new("alice"), root, same), [Code::Trailer]);
    let size = |commit: String| commit.replace("Ledger-Size: 3", "Ledger-Size: 4");
    assert_eq!(commit(&mut Ledger::team(), &Actor::new("alice"), size, same), [Code::Trailer]);
}

#[test]
fn nothing_above_a_broken_entry_counts() {
    let mut ledger = Ledger::team();
    let good = next(&ledger, |payload| payload);
    let bad = next(&ledger, |payload| {
        payload.replace("It failed", "It  failed").replace("vendor-import", "vendor import")
    });
    assert_eq!(broken(&ledger.push_files(&Actor::new("alice"), &[bad])), [Code::Spelling]);
    assert!(broken(&ledger.push_files(&Actor::new("alice"), &[good])).contains(&Code::AfterHalt));
    assert_eq!(ledger.replay.past().size(), 2);
}

#[test]
fn an_entry_of_1024_records_counts_and_one_more_halts() {
    for (count, good) in [(1024, true), (1025, false)] {
        let mut ledger = Ledger::team();
        let files: Vec<Vec<u8>> = (0..count)
            .map(|number| {
                let record = ledger.record(
                    "alice",
                    body("exception", &exception("c", &format!("run {number}"), "", "")),
                    NOW,
                );
                Actor::new("alice").file(&record.payload())
            })
            .collect();
        let pushed = ledger.push_files(&Actor::new("alice"), &files);
        if good {
            assert!(matches!(pushed, countersign::replay::Pushed::Counted { .. }));
        } else {
            assert_eq!(broken(&pushed), [Code::Tree]);
        }
    }
}

#[test]
fn an_entry_of_1_mib_of_records_counts_and_one_byte_more_halts() {
    for (more, good) in [(0, true), (1, false)] {
        let mut ledger = Ledger::team();
        let file = |ledger: &Ledger, number: usize, detail: usize| {
            let detail = format!("detail = \"{}\"\n", "x".repeat(detail));
            let draft = exception("c", &format!("run {number:02}"), &detail, "");
            Actor::new("alice").file(&ledger.record("alice", body("exception", &draft), NOW).payload())
        };
        let overhead = file(&ledger, 0, 1).len() - 1;
        // 17 records, of which the last one fills the entry to the byte.
        let each = 1_048_576 / 17;
        let last = 1_048_576 - 16 * each;
        let sizes = (0..17).map(|number| (number, if number < 16 { each } else { last + more }));
        let files: Vec<Vec<u8>> =
            sizes.map(|(number, size)| file(&ledger, number, size - overhead)).collect();
        assert_eq!(files.iter().map(Vec::len).sum::<usize>(), 1_048_576 + more);
        let pushed = ledger.push_files(&Actor::new("alice"), &files);
        if good {
            assert!(matches!(pushed, countersign::replay::Pushed::Counted { .. }), "{pushed:?}");
        } else {
            assert_eq!(broken(&pushed), [Code::Tree]);
        }
    }
}

#[test]
fn a_first_record_that_is_not_the_one_asked_for_is_the_wrong_anchor_also_where_it_is_unfit() {
    let mut ledger = Ledger::empty();
    let unfit = trust(1, None, [1, 1, 1], &[member(&Actor::new("alice"), "human", &["reporter"])]);
    let record = ledger.record("alice", body("trust", &unfit), NOW);
    broken(&ledger.push_files(&Actor::new("alice"), &[Actor::new("alice").file(&record.payload())]));
    let repository = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    for (asked, verdict) in [("0".repeat(64), "wrong-anchor"), (record.id().to_string(), "first-entry")] {
        let mut command = std::process::Command::new(crate::support::sandbox::program());
        let output = command
            .current_dir(repository.path())
            .args(["verify", "--json", "--ledger-id", &asked])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        let view: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(view["verdict"], verdict, "{view}");
    }
}

#[test]
fn the_first_entry_founds_a_ledger_or_nothing_does() {
    let alice = Actor::new("alice");
    let admin = member(&alice, "human", &["admin"]);
    let reporter = member(&alice, "human", &["reporter"]);
    let bob = member(&Actor::new("bob"), "human", &["admin"]);
    let cases = [
        ("good", trust(1, None, [1, 1, 1], std::slice::from_ref(&admin)), None),
        ("no admin", trust(1, None, [1, 1, 1], &[reporter]), Some(Code::FirstEntry)),
        (
            "threshold above the admins",
            trust(1, None, [2, 1, 2], std::slice::from_ref(&admin)),
            Some(Code::FirstEntry),
        ),
        ("by somebody else than its admins", trust(1, None, [1, 1, 1], &[bob]), Some(Code::Signer)),
        (
            "quarantine below trust",
            trust(1, None, [2, 1, 1], &[admin.clone(), member(&Actor::new("bob"), "human", &["admin"])]),
            Some(Code::FirstEntry),
        ),
    ];
    for (name, text, code) in cases {
        let mut ledger = Ledger::empty();
        let record = ledger.record("alice", body("trust", &text), NOW);
        let pushed = ledger.push_files(&alice, &[alice.file(&record.payload())]);
        match code {
            None => assert!(matches!(pushed, countersign::replay::Pushed::Counted { .. }), "{name}"),
            Some(code) => assert!(broken(&pushed).contains(&code), "{name}: {pushed:?}"),
        }
    }
    let mut ledger = Ledger::empty();
    let payload = ledger.record("alice", body("trust", &trust(1, None, [1, 1, 1], &[admin])), NOW).payload();
    for threshold in ["0", "-1"] {
        let file = alice.file(&payload.replacen("trust = 1", &format!("trust = {threshold}"), 1));
        assert!(broken(&ledger.push_files(&alice, &[file])).contains(&Code::FirstEntry));
        ledger = Ledger::empty();
    }
}

#[test]
fn each_rule_of_entitlement_makes_its_record_void_and_nothing_else() {
    type Case = (&'static str, Code, fn(&mut Ledger) -> countersign::value::RecordId);
    let cases: Vec<Case> = vec![
        ("a human without a cause", Code::Required, |ledger| {
            let text = observation().replace("root_cause = \"feed-stale\"\n", "");
            ledger.append("alice", "exception", &text, NOW)
        }),
        ("a service trigger without a credential", Code::Required, |ledger| {
            ledger.append(
                "alice",
                "exception",
                &observation().replace("credential = \"vault:kv#1\"\n", ""),
                NOW,
            )
        }),
        ("a grant to a stranger", Code::Identity, |ledger| {
            ledger.append("alice", "exception", &override_("mallory", END), NOW)
        }),
        ("an approval of nothing", Code::Reference, |ledger| {
            ledger.approve("bob", &"9".repeat(64).parse().unwrap(), NOW)
        }),
        ("an approval of an observation", Code::Reference, |ledger| {
            let id = ledger.append("alice", "exception", &observation(), NOW);
            ledger.approve("bob", &id, NOW)
        }),
        ("an approval without having seen ledger", Code::Seen, |ledger| {
            let seen = ledger.head();
            let id = ledger.append("alice", "exception", &override_("alice", END), NOW);
            ledger.seen = Some(seen);
            ledger.approve("bob", &id, NOW)
        }),
        ("a trust by a service", Code::Role, |ledger| {
            let id = ledger.id.unwrap();
            let text = trust(2, Some(id), [1, 1, 1], &[member(&Actor::new("alice"), "human", &["admin"])]);
            ledger.append("ops", "trust", &text, NOW)
        }),
        ("an approval by a service", Code::Role, |ledger| {
            let id = ledger.append("bob", "exception", &override_("bob", END), NOW);
            ledger.approve("ops", &id, NOW)
        }),
        ("an approval by its author", Code::Concerned, |ledger| {
            let id = ledger.append("carol", "exception", &override_("bob", END), NOW);
            ledger.approve("carol", &id, NOW)
        }),
        ("an approval by whoever the grant is for", Code::Concerned, |ledger| {
            let id = ledger.append("carol", "exception", &override_("bob", END), NOW);
            ledger.approve("bob", &id, NOW)
        }),
        ("an approval by the owner of the trigger", Code::Concerned, |ledger| {
            let id = ledger.append("carol", "exception", &override_("bob", END), NOW);
            ledger.approve("alice", &id, NOW)
        }),
        ("a policy of an old version", Code::Version, |ledger| {
            ledger.append("alice", "policy", "[policy]\nversion = 1\n", NOW)
        }),
        ("a yes held back and played after a no", Code::StaleWord, |ledger| {
            let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
            let seen = ledger.head();
            ledger.reject("bob", &id, NOW);
            ledger.seen = Some(seen);
            ledger.approve("bob", &id, NOW)
        }),
        ("an expected exception that the policy does not expect", Code::Expected, |ledger| {
            let text = exception("c", "t", &format!("expected = \"night\"\nexpires_at = {END}"), "");
            ledger.append("alice", "exception", &text, NOW)
        }),
        ("an approval at the end of its subject", Code::Closed, |ledger| {
            let id = ledger.append("carol", "exception", &override_("bob", END), NOW);
            ledger.append("bob", "exception", &observation(), END);
            ledger.approve("alice", &id, END);
            let id = ledger.append("alice", "rollback-plan", &plan("alice", "previous", END), NOW);
            ledger.approve("bob", &id, END)
        }),
        ("an exception that ends when ledger begins", Code::Lifetime, |ledger| {
            ledger.append("alice", "exception", &override_("alice", NOW), NOW)
        }),
        ("an exception longer than the policy allows", Code::Lifetime, |ledger| {
            ledger.append("alice", "exception", &override_("alice", "2026-12-01T09:00:01Z"), NOW)
        }),
        ("a grant that outlives its exception", Code::Lifetime, |ledger| {
            let text = override_("alice", END).replacen(
                &format!("expires_at = {END}"),
                "expires_at = 2026-11-25T08:59:59Z",
                1,
            );
            ledger.append("alice", "exception", &text, NOW)
        }),
        ("a record dated too far back", Code::Backdated, |ledger| {
            ledger.append("alice", "exception", &observation(), NOW);
            ledger.append("bob", "exception", &exception("c", "t", "", ""), NOW);
            ledger.append("carol", "exception", &observation(), "2026-11-23T08:59:59Z")
        }),
    ];
    for (name, code, make) in cases {
        let mut ledger = Ledger::team();
        let id = make(&mut ledger);
        assert_eq!(ledger.void(&id), Some(code), "{name}");
        let after = ledger.append("bob", "exception", &exception("other", "after", "", ""), END);
        assert_eq!(ledger.void(&after), None, "{name}: the next record must be verified");
    }
}

#[test]
fn the_good_siblings_of_those_void_records_are_verified() {
    let mut ledger = Ledger::team();
    let seven_days = ledger.append("alice", "exception", &override_("alice", "2026-12-01T09:00:00Z"), NOW);
    let override_id = ledger.append("carol", "exception", &override_("carol", END), NOW);
    let vote = ledger.approve("bob", &override_id, "2026-11-25T08:59:59Z");
    let no = ledger.reject("bob", &override_id, "2026-11-25T08:59:59Z");
    let again = ledger.approve("bob", &override_id, "2026-11-25T08:59:59Z");
    let at_the_bound = ledger.append("alice", "exception", &observation(), "2026-11-24T08:59:59Z");
    for id in [seven_days, override_id, vote, no, again, at_the_bound] {
        assert_eq!(ledger.void(&id), None, "{id}");
    }
}

#[test]
fn scopes_of_two_role_tables_are_not_combined() {
    let mut ledger = Ledger::empty();
    let alice = member(&Actor::new("alice"), "human", &["admin", "reporter"]);
    let bob = member(&Actor::new("bob"), "human", &["approver:payments:staging", "approver:docs:production"]);
    let carol =
        member(&Actor::new("carol"), "human", &["approver:payments:staging", "approver:payments:production"]);
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter"]);
    ledger.append(
        "alice",
        "trust",
        &trust(1, None, [1, 1, 1], &[alice, bob, carol, ops]),
        "2026-10-01T08:00:00Z",
    );
    let both = override_("alice", END)
        .replace("environments = [\"production\"]", "environments = [\"production\", \"staging\"]");
    let id = ledger.append("alice", "exception", &both, NOW);
    let no = ledger.approve("bob", &id, NOW);
    let yes = ledger.approve("carol", &id, NOW);
    assert_eq!((ledger.void(&no), ledger.void(&yes)), (Some(Code::Scope), None));
}

#[test]
fn two_ledgers_of_one_script_have_different_ids() {
    let text = trust(1, None, [1, 1, 1], &[member(&Actor::new("alice"), "human", &["admin"])]);
    let other = text.replace(&"7".repeat(64), &"8".repeat(64));
    let id = |text: &str| Ledger::empty().append("alice", "trust", text, NOW);
    assert_ne!(id(&text), id(&other));
}
