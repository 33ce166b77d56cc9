//! What `verify` reports as outstanding at a time: overrides that ended and were not closed, credentials that were not
//! revoked, reviews that are missing, and patterns that repeat.

use serde_json::Value;

use crate::support::ledger::{Ledger, NOW, exception, override_};
use crate::support::sandbox::{Ran, Sandbox, program};

/// Runs `verify` on a ledger that was made in memory, as of the time `as_of`.
fn verify(ledger: &Ledger, as_of: &str, more: &[&str]) -> Ran {
    let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    let id = ledger.id.unwrap().to_string();
    let words = ["verify", "--ledger-id", &id, "--as-of", as_of];
    Sandbox::new().at(written.path(), program(), &[&words[..], more].concat())
}

/// The codes of the outstanding items.
fn codes(view: &Value) -> Vec<&str> {
    view["outstanding"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn an_override_that_ended_is_outstanding_until_it_is_closed_and_refuses_only_a_strict_verification() {
    let mut ledger = Ledger::team();
    let end = "2026-11-25T09:00:00Z";
    let id = ledger.append("alice", "exception", &override_("alice", end), NOW);
    ledger.approve("bob", &id, NOW);
    let (during, after) = ("2026-11-24T20:00:00Z", "2026-12-24T09:00:00Z");
    assert!(codes(&verify(&ledger, during, &["--json", "--strict"]).ok().json()).is_empty());
    let view = verify(&ledger, after, &["--json"]).ok().json();
    assert_eq!(codes(&view), ["overrides-closed"], "{view:#}");
    assert_eq!(view["outstanding"][0]["records"][0], id.to_string());
    assert_eq!(view["as_of"], after);
    let text = verify(&ledger, after, &["--strict"]).code(1).stdout_has("overrides-closed at ");
    let text = text.stdout_has("1 outstanding as of 2026-12-24T09:00:00Z");
    assert!(text.stdout.lines().all(|line| line.chars().count() <= 80), "{}", text.stdout);
    verify(&ledger, after, &[]).ok().stdout_has("SOUND");
    let closure = format!("[closure]\nof = \"{id}\"\nreason = \"over\"\n");
    ledger.append("alice", "closure", &closure, "2026-11-25T10:00:00Z");
    assert!(codes(&verify(&ledger, after, &["--json", "--strict"]).ok().json()).is_empty());
}

#[test]
fn a_pattern_that_repeats_is_outstanding_on_its_target() {
    let mut ledger = Ledger::team();
    for (number, day) in [21, 22, 23].iter().enumerate() {
        let happened = format!("occurred_at = 2026-11-{day}T09:00:00Z\n");
        let draft = exception("feed-stale", &format!("run {number}"), &happened, "");
        ledger.append("ops", "exception", &draft, NOW);
    }
    let view = verify(&ledger, "2026-11-24T20:00:00Z", &["--json"]).ok().json();
    assert!(codes(&view).iter().all(|code| *code == "no-repeating-exceptions"), "{view:#}");
    let first = &view["outstanding"][0];
    assert_eq!(
        (&first["service"], &first["environment"]),
        (&"payments".into(), &"production".into()),
        "{view:#}"
    );
    assert_eq!(first["records"].as_array().unwrap().len(), 3, "{view:#}");
    verify(&ledger, "2026-11-24T20:00:00Z", &["--strict"])
        .code(1)
        .stdout_has("feed-stale repeats: 3 occasions");
}

#[test]
fn of_a_ledger_that_is_not_sound_nothing_is_said_to_be_done() {
    let ledger = Ledger::team();
    let written = ledger.objects.write_repository(ledger.parent.as_ref().unwrap().as_str());
    let view = Sandbox::new().at(written.path(), program(), &["verify", "--json", "--strict"]).code(3).json();
    assert_eq!(view["verdict"], "unanchored");
    assert_eq!(view["outstanding"], Value::Null);
}
