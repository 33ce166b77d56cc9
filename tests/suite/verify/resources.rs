//! Resources: each grant of an override has to fit the policy in force at the position of the override
//! (ledger-schema/verify.md). The second verifier also verifies each of these ledgers.

use countersign::finding::Code;
use countersign::render::{GrantQuestion, GrantView};

use crate::support::ledger::{Actor, Ledger, NOW, POLICY, exception, member, time, trust};
use crate::support::question::FOUNDED;

const UNTIL: &str = "2026-11-24T13:00:00Z";

/// The policy's entry for the resources `db-*` of payments in production.
const DB: &str = "[[policy.resource]]\nname = \"db-*\"\nservices = [\"payments\"]\nenvironments = [\"production\"]\n\
                  actions = [\"read\", \"write\"]\nmax_lifetime = \"4h\"\n";

/// A ledger of alice, bob and carol (humans with every role except auditor and witness) and ops (alice's service). Its
/// policy has these resources beside the targets.
fn team(resources: &str) -> Ledger {
    let mut ledger = Ledger::empty();
    let all = &["admin", "reporter", "approver", "reviewer", "gate"][..];
    let people = ["alice", "bob", "carol"].map(|name| member(&Actor::new(name), "human", all));
    let ops = member(&Actor::new("ops"), "service of alice", &["reporter"]);
    ledger.append("alice", "trust", &trust(1, None, [1, 1, 1], &[people.concat(), ops]), FOUNDED);
    let (head, tail) = POLICY.split_once("[[policy.target]]").unwrap();
    ledger.append("alice", "policy", &format!("{head}{resources}\n[[policy.target]]{tail}"), FOUNDED);
    ledger
}

/// An override that grants carol an action on a resource until a time.
fn granting(action: &str, resource: &str, end: &str) -> String {
    let grant = format!(
        "[[exception.grant]]\nto = \"carol\"\naction = \"{action}\"\nresource = \"{resource}\"\nexpires_at = {end}\n"
    );
    exception("cause", "task", &format!("expires_at = {end}"), &grant)
}

#[test]
fn a_grant_matches_a_resource_and_satisfies_every_one_that_it_matches() {
    let all = "[[policy.resource]]\nname = \"**\"\nactions = [\"write\"]\n";
    let both = format!("{DB}{all}");
    let elsewhere =
        |text: &str| text.replace("environments = [\"production\"]", "environments = [\"staging\"]");
    let everywhere = |text: &str| {
        text.replace("environments = [\"production\"]", "environments = [\"production\", \"staging\"]")
    };
    let good = granting("write", "db-1", UNTIL);
    for (name, resources, text, expected) in [
        ("no entry binds nothing", "", granting("x", "queue", "2026-11-26T09:00:00Z"), None),
        ("one that satisfies", DB, good.clone(), None),
        ("no entry matches", DB, granting("write", "queue", UNTIL), Some(Code::Resource)),
        ("`*` stops at a slash", DB, granting("write", "db-1/x", UNTIL), Some(Code::Resource)),
        ("an action that is not listed", DB, granting("admin", "db-1", UNTIL), Some(Code::Resource)),
        (
            "a second longer than it may last",
            DB,
            granting("write", "db-1", "2026-11-24T13:00:01Z"),
            Some(Code::Resource),
        ),
        ("another target", DB, elsewhere(&good), Some(Code::Resource)),
        ("another target beside its own", DB, everywhere(&good), Some(Code::Resource)),
        ("two entries, and both are satisfied", &both, good.clone(), None),
        ("two entries, and one is", &both, granting("read", "db-1", UNTIL), Some(Code::Resource)),
        ("a grant that only the wider one matches", &both, granting("write", "queue", UNTIL), None),
        (
            "a second grant of the same override",
            DB,
            good.clone()
                + "[[exception.grant]]\nto = \"carol\"\naction = \"write\"\nresource = \"queue\"\nexpires_at = 2026-11-24T12:00:00Z\n",
            Some(Code::Resource),
        ),
        ("an observation", DB, exception("cause", "task", "", ""), None),
    ] {
        let mut ledger = team(resources);
        let id = ledger.append("alice", "exception", &text, NOW);
        assert_eq!(ledger.void(&id), expected, "{name}\n{text}");
    }
}

/// Asks whether carol may write `db-1`, of this service and environment.
fn allowed(ledger: &Ledger, service: Option<&str>, environment: Option<&str>) -> (bool, Vec<String>) {
    let asked = GrantQuestion {
        to: "carol".parse().unwrap(),
        action: "write".parse().unwrap(),
        resource: "db-1".parse().unwrap(),
        service: service.map(|name| name.parse().unwrap()),
        environment: environment.map(|name| name.parse().unwrap()),
    };
    let (view, _) =
        GrantView::new(&ledger.state(), ledger.replay.past(), &asked, time("2026-11-24T10:00:00Z"));
    (view.allowed, view.because)
}

#[test]
fn a_grant_is_of_the_target_that_its_override_touches_and_of_todays_policy() {
    let mut ledger = team("");
    let id = ledger.good("alice", "exception", &granting("write", "db-1", UNTIL), NOW);
    ledger.approve("bob", &id, NOW);
    assert_eq!(allowed(&ledger, Some("payments"), Some("production")), (true, vec![]));
    for (service, environment) in [("payments", "staging"), ("docs", "production")] {
        let (is, because) = allowed(&ledger, Some(service), Some(environment));
        assert!(!is);
        assert_eq!(
            because,
            [format!("override {} does not touch the target that is asked about", id.short())]
        );
    }
    // A later policy takes the action away, and another gives it back.
    let bound = |actions: &str| format!("[[policy.resource]]\nname = \"db-*\"\nactions = [\"{actions}\"]\n");
    ledger.policy(&bound("read"), "2026-11-24T09:10:00Z");
    let (is, because) = allowed(&ledger, Some("payments"), Some("production"));
    assert!(!is && because[0].contains("does not allow the action `write`"), "{because:?}");
    ledger.policy(&bound("write"), "2026-11-24T09:20:00Z");
    assert_eq!(allowed(&ledger, Some("payments"), Some("production")), (true, vec![]));
}

#[test]
fn an_override_names_the_credential_of_its_trigger_whoever_set_it_off() {
    let without = |text: String| text.replace("credential = \"vault:kv#1\"\n", "");
    let mut ledger = team("");
    let by_a_person = |text: String| text.replace("identity = \"ops\"", "identity = \"alice\"");
    let good = by_a_person(granting("write", "db-1", UNTIL));
    for (name, text, expected) in [
        ("an override of a person", good.clone(), None),
        ("without a credential", without(good), Some(Code::Required)),
        ("an observation of a person", without(by_a_person(exception("cause", "2", "", ""))), None),
        ("an observation of a service", without(exception("cause", "3", "", "")), Some(Code::Required)),
    ] {
        let id = ledger.append("alice", "exception", &text, NOW);
        assert_eq!(ledger.void(&id), expected, "{name}\n{text}");
    }
}
