//! Random trusts and policies.

use crate::support::ledger::{Actor, member, trust};
use crate::support::random::Random;
use countersign::value::RecordId;

const ALL: &[&str] = &["admin", "reporter", "approver", "reviewer", "gate"];

/// Returns the TOML of a team's trust. Some of the members may be left out at random.
pub fn team(random: &mut Random, version: u64, supersedes: Option<RecordId>) -> String {
    let mut members =
        vec![member(&Actor::new("alice"), "human", ALL), member(&Actor::new("bob"), "human", ALL)];
    let carol: &[&str] = &["reporter", "approver:payments:production", "reviewer"];
    let others: [(&'static str, &str, &[&str]); 6] = [
        ("carol", "human", carol),
        ("dave", "human", &["approver", "reviewer:payments:production", "gate"]),
        ("erin", "human", &["reporter:docs:production", "approver:docs:production"]),
        ("frank", "human", &["reporter:payments:staging"]),
        ("ops", "service of alice", &["reporter", "gate"]),
        ("vendor", "service of bob", &["reporter:payments:production"]),
    ];
    for (name, kind, roles) in others {
        if version == 1 || !random.one_in(5) {
            members.push(member(&Actor::new(name), kind, roles));
        }
    }
    trust(version, supersedes, [1, 1, 1], &members)
}

/// Returns the TOML of a policy.
pub fn policy(random: &mut Random, version: u64, supersedes: Option<RecordId>) -> String {
    let mut text = format!("[policy]\nversion = {version}\n");
    if let Some(id) = supersedes {
        text.push_str(&format!("supersedes = \"{id}\"\n"));
    }
    for (field, values) in [("clock_skew", &["1m", "1h"][..]), ("max_backdating", &["1h", "12h", "7d"])] {
        if let Some(value) = random.sometimes(4, values) {
            text.push_str(&format!("{field} = \"{value}\"\n"));
        }
    }
    tables(random, &mut text, "policy");
    for (entry, approvals) in [("night", 0), ("ticket", 1)] {
        if random.one_in(4) {
            continue;
        }
        let waives = random.pick(&[
            "",
            "may_waive = [\"rollback-plan\", \"rollback-criteria\", \"rollback-target\", \"not-paused\"]\n",
            "may_waive = [\"no-repeating-exceptions\", \"release-approved\", \"ledger-fresh\"]\n",
        ]);
        let [most, review] = [random.pick(&["1", "3", "100"]), random.pick(&["6h", "24h", "3d"])];
        text.push_str(&format!(
            "[[policy.expected]]\nname = \"{entry}\"\ntype = \"emergency-access\"\napprovals = {approvals}\nmax_lifetime = \"2d\"\n\
             review_within = \"{review}\"\nmax_per_window = {most}\nwindow = \"10d\"\n{waives}"
        ));
    }
    if random.one_in(3) {
        text.push_str("[[policy.same_cause]]\nis = \"disk\"\nalso = [\"network\"]\n");
        if random.one_in(2) {
            // What is written `network` still counts as `disk`.
            text.push_str("[[policy.same_cause]]\nis = \"vendor\"\nalso = [\"disk\"]\n");
        }
    }
    if random.one_in(3) {
        let cause = random.pick(&["disk", "network", "vendor"]);
        text.push_str(&format!("[[policy.shared_cause]]\nroot_cause = \"{cause}\"\n"));
    }
    if random.one_in(3) {
        let one = random.pick(&["", "one_resource = true\n"]);
        text.push_str(&format!("[[policy.resource]]\nname = \"**\"\n{one}"));
    }
    targets(random, &mut text);
    text
}

fn targets(random: &mut Random, text: &mut String) {
    let names = [("payments", "production"), ("payments", "staging"), ("docs", "production")];
    let moved = random.one_in(7);
    for (index, (service, environment)) in names.into_iter().enumerate() {
        if index > 0 && random.one_in(5) {
            continue;
        }
        let (name, formerly) = if index == 0 && moved {
            random.pick(&[
                ("live", "formerly = [\"payments/production\"]\n"),
                ("live", "formerly = [\"payments/production\", \"payments/blue\"]\n"),
                ("blue", "formerly = [\"payments/live\", \"payments/production\"]\n"),
                ("blue", ""),
            ])
        } else {
            (environment, "")
        };
        text.push_str(&format!(
            "[[policy.target]]\nservice = \"{service}\"\nenvironment = \"{name}\"\nrepository = \"app\"\nrefs = [\"refs/heads/main\"]\n"
        ));
        if random.one_in(2) {
            text.push_str(&format!("paths = [\"{}\"]\n", random.pick(&["services/payments/**", "docs/*"])));
        }
        text.push_str(formerly);
        if random.one_in(3) {
            tables(random, text, "policy.target");
        }
    }
}

/// A table of rules, and the values that each of its fields may have.
type Table = (&'static str, &'static [(&'static str, &'static [&'static str])]);

const TABLES: [Table; 6] = [
    (
        "approvals",
        &[
            ("overrides", &["0", "1", "2"]),
            ("rollback_plans", &["0", "1"]),
            ("redesigns", &["0", "1", "2"]),
            ("releases", &["0", "0", "0", "1"]),
            ("reviews", &["0", "1", "2"]),
            ("triage", &["0", "1"]),
        ],
    ),
    (
        "exceptions",
        &[
            ("max_lifetime", &["\"12h\"", "\"2d\"", "\"7d\""]),
            ("max_renewals", &["0", "1", "3"]),
            ("credential_grace", &["\"1h\"", "\"12h\"", "\"3d\""]),
            ("review_within", &["\"12h\"", "\"3d\""]),
        ],
    ),
    (
        "recurrence",
        &[
            ("mode", &["\"enforce\"", "\"warn\""]),
            ("warn_at", &["0", "2", "3"]),
            ("threshold", &["1", "2", "3"]),
            ("window", &["\"5d\"", "\"20d\"", "\"90d\""]),
            ("same_occasion", &["\"1h\"", "\"6h\"", "\"12h\""]),
            ("understood_for", &["\"1d\"", "\"5d\""]),
            ("after_redesign", &["0", "1", "2"]),
            ("max_occasions", &["2", "4"]),
        ],
    ),
    (
        "rollback",
        &[
            ("min_criteria", &["0", "1", "1", "2"]),
            ("max_lifetime", &["\"20d\"", "\"90d\""]),
            ("rehearsed_within", &["\"20d\""]),
            ("machine_readable", &["true", "false"]),
        ],
    ),
    ("receipts", &[("lifetime", &["\"5m\"", "\"1d\""])]),
    ("freshness", &[("max_age", &["\"1h\"", "\"2d\""]), ("witnesses", &["0", "0", "0", "1"])]),
];

fn tables(random: &mut Random, text: &mut String, prefix: &str) {
    for (table, fields) in TABLES {
        if !random.one_in(2) {
            continue;
        }
        let mut lines = String::new();
        for (field, values) in fields {
            if let Some(value) = random.sometimes(3, values) {
                lines.push_str(&format!("{field} = {value}\n"));
            }
        }
        // The format allows no empty table.
        if !lines.is_empty() {
            text.push_str(&format!("[{prefix}.{table}]\n{lines}"));
        }
    }
}

/// Returns the TOML of a policy under which one person cannot do what takes two: records need one approval, and nothing
/// can be waived.
pub fn strict_policy(random: &mut Random) -> String {
    let more = random.pick(&["", "review_within = \"12h\"\n"]);
    let window = random.pick(&["5d", "20d"]);
    let paths = random.pick(&["", "paths = [\"services/payments/**\"]\n"]);
    let targets = [("payments", "production"), ("payments", "staging"), ("docs", "production")].map(|(service, name)| {
        format!(
            "[[policy.target]]\nservice = \"{service}\"\nenvironment = \"{name}\"\nrepository = \"app\"\nrefs = [\"refs/heads/main\"]\n{paths}"
        )
    });
    format!(
        "[policy]\nversion = 1\n[policy.approvals]\nreleases = {}\n[policy.exceptions]\ncredential_grace = \"1h\"\n{more}\
         [policy.recurrence]\nthreshold = 2\nwindow = \"{window}\"\nsame_occasion = \"1h\"\n[policy.rollback]\nrehearsed_within = \"20d\"\n\
         [[policy.expected]]\nname = \"ticket\"\ntype = \"regulated-approval\"\napprovals = 1\nmax_lifetime = \"2d\"\nreview_within = \"6h\"\nmax_per_window = 3\nwindow = \"10d\"\n{}",
        random.pick(&["0", "1"]),
        targets.concat()
    )
}
