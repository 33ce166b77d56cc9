//! The bounds of the format: a policy at a bound takes effect, and one beyond it is void
//! (ledger-schema/record.md). The second verifier also verifies each of these ledgers.

use countersign::finding::Code;
use countersign::policy::{RULES, WIDE_RULES};
use countersign::value::Duration;

use crate::support::ledger::{Ledger, NOW, POLICY};

/// Proposes a policy, and returns the code by which it is void; `None` if it is verified.
#[track_caller]
fn verdict(text: &str) -> Option<Code> {
    let mut ledger = Ledger::team();
    let version = ledger.state().policy.version() + 1;
    let supersedes =
        ledger.state().policy.id().map_or(String::new(), |id| format!("\nsupersedes = \"{id}\""));
    let text = text.replacen("version = 1", &format!("version = {version}{supersedes}"), 1);
    let id = ledger.append("alice", "policy", &text, NOW);
    ledger.void(&id)
}

/// Asserts that a policy with a rule at its bound is verified, and that one with an hour more is void.
#[track_caller]
fn bounded(name: &str, most: Duration, with: impl Fn(&str) -> String) {
    let hours = most.seconds() / 3600;
    assert_eq!(verdict(&with(&most.to_string())), None, "{name} at its bound");
    assert_eq!(verdict(&with(&format!("{}h", hours + 1))), Some(Code::Bounds), "{name} beyond its bound");
}

#[test]
fn every_rule_with_a_bound_is_void_beyond_it_for_all_targets_and_for_one() {
    for rule in WIDE_RULES {
        bounded(rule.field, rule.longest, |time| {
            POLICY.replacen("version = 1", &format!("version = 1\n{} = \"{time}\"", rule.field), 1)
        });
    }
    let with_bound = RULES.iter().filter_map(|rule| Some((rule, rule.bound()?)));
    assert_eq!(with_bound.clone().count(), 7);
    for (rule, most) in with_bound {
        bounded(&rule.name(), most, |time| {
            let table =
                format!("[policy.{}]\n{} = \"{time}\"\n\n[[policy.target]]", rule.section, rule.field);
            POLICY.replacen("[[policy.target]]", &table, 1)
        });
        bounded(&rule.name(), most, |time| {
            format!("{POLICY}[policy.target.{}]\n{} = \"{time}\"\n", rule.section, rule.field)
        });
    }
}

#[test]
fn a_rule_of_recurrence_that_could_never_bite_is_void() {
    let of_all = |rules: &str| {
        POLICY.replacen("[[policy.target]]", &format!("[policy.recurrence]\n{rules}\n[[policy.target]]"), 1)
    };
    let of_one = |rules: &str| format!("{POLICY}[policy.target.recurrence]\n{rules}");
    for with in [&of_all as &dyn Fn(&str) -> String, &of_one] {
        for (rules, expected) in [
            ("window = \"24h\"\n", Some(Code::Bounds)),
            ("window = \"25h\"\n", None),
            ("threshold = 180\nsame_occasion = \"12h\"\n", None),
            ("threshold = 181\nsame_occasion = \"12h\"\n", Some(Code::Bounds)),
            ("threshold = 999999999\n", Some(Code::Bounds)),
            ("threshold = 1\nwindow = \"1h\"\n", None),
            ("threshold = 0\nwindow = \"1h\"\n", None),
        ] {
            assert_eq!(verdict(&with(rules)), expected, "{rules}");
        }
    }
    // The rules of a target are bounded together with those that it inherits.
    let parts = of_one("window = \"10d\"\n").replacen(
        "[[policy.target]]",
        "[policy.recurrence]\nthreshold = 30\n\n[[policy.target]]",
        1,
    );
    assert_eq!(verdict(&parts), Some(Code::Bounds));
}

#[test]
fn an_expected_exception_has_bounds() {
    let entry = |lifetime: &str, rest: &str, approvals: u64, more: &str| {
        format!(
            "{POLICY}[[policy.expected]]\nname = \"night\"\ntype = \"third-party-handoff\"\n\
             approvals = {approvals}\nmax_lifetime = \"{lifetime}\"\n{rest}{more}"
        )
    };
    let rest = "review_within = \"90d\"\nmax_per_window = 100\nwindow = \"366d\"\n";
    let waives = "may_waive = [\"rollback-plan\"]\n";
    for (name, text, expected) in [
        ("a long one with approvals", entry("366d", rest, 1, ""), None),
        ("longer", entry("367d", rest, 1, "").replace("\"366d\"", "\"400d\""), Some(Code::Bounds)),
        ("one used at once", entry("7d", rest, 0, ""), None),
        ("longer", entry("8d", rest, 0, ""), Some(Code::Bounds)),
        ("one that waives", entry("7d", rest, 1, waives), None),
        ("longer", entry("8d", rest, 1, waives), Some(Code::Bounds)),
        ("a late review", entry("7d", &rest.replace("90d", "91d"), 1, ""), Some(Code::Bounds)),
        ("too many", entry("7d", &rest.replace("100", "101"), 1, ""), Some(Code::Bounds)),
        ("a window as long", entry("7d", &rest.replace("366d", "7d"), 1, ""), None),
        ("a shorter window", entry("7d", &rest.replace("366d", "6d"), 1, ""), Some(Code::Bounds)),
    ] {
        assert_eq!(verdict(&text), expected, "{name}\n{text}");
    }
}
