//! Records with a wrong content, path or author, each in a real entry that is otherwise good.

use crate::support::forge::{Forge, Forgery};
use crate::support::sandbox::{Sandbox, program};

/// Returns a change that replaces the first occurrence, and panics if there is none.
fn swap(from: impl Into<String>, to: impl Into<String>) -> impl Fn(String) -> String {
    let (from, to) = (from.into(), to.into());
    move |text| {
        assert!(text.contains(&from), "{from} in {text}");
        text.replacen(&from, &to, 1)
    }
}

/// Returns a change that replaces the exception with an approval of the first record.
fn as_approval(ledger: &str) -> impl Fn(String) -> String + use<> {
    let of = ledger.to_owned();
    move |payload| {
        let (header, _) = payload.split_once("[exception]").unwrap();
        let header = header.replacen("kind = \"exception\"", "kind = \"approval\"", 1);
        format!("{header}[approval]\nof = \"{of}\"\nverdict = \"approve\"\n\n")
    }
}

#[test]
fn a_record_of_another_ledger_with_the_same_members_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    let staging = forge.sandbox.root.path().join("staging");
    let at = |arguments: &[&str]| forge.sandbox.at(&staging, program(), arguments).ok();
    forge.sandbox.at(forge.sandbox.root.path(), "git", &["init", "-q", "staging"]).ok();
    forge.sandbox.at(&staging, "git", &["commit", "-q", "--allow-empty", "-m", "first"]).ok();
    at(&["init", "--yes"]);
    at(&crate::support::sandbox::exception("s", "t"));
    let log = at(&["log", "--json"]).json();
    let raw = at(&["show", &log["records"][0]["id"].as_str().unwrap()[..8], "--raw"]).stdout;
    let payload = raw.split("[signature]").next().unwrap().to_owned();
    forge.halts("replayed", &Forgery::good().payload(move |_| payload.clone()), &["checkpoint", "ledger-id"]);
    // A record with a checkpoint of this ledger, but with the id of the other ledger.
    let other = log["ledger"].as_str().unwrap().to_owned();
    forge.halts("named", &Forgery::good().payload(swap(forge.ledger_id(), other)), &["ledger-id"]);
}

#[test]
fn a_record_under_a_path_that_is_not_its_own_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    let id_with = |of: fn(&str) -> String| {
        move |path: String| {
            let (folder, name) = path.rsplit_once('/').unwrap();
            format!("{folder}/{}.toml", of(name.strip_suffix(".toml").unwrap()))
        }
    };
    forge.halts("another id", &Forgery::good().path(id_with(|_| "0".repeat(64))), &["path"]);
    forge.halts("capitals", &Forgery::good().path(id_with(str::to_uppercase)), &["path"]);
    forge.halts("a short id", &Forgery::good().path(id_with(|id| id[..12].to_owned())), &["path"]);
    forge.halts("another kind", &Forgery::good().path(swap("exception/", "approval/")), &["path"]);
    forge.halts("another year", &Forgery::good().path(swap("exception/2", "exception/1")), &["path"]);
    // An approval under the path of an exception. Under its own path it counts, but is void, because no
    // proposal is open.
    let approval = || Forgery::good().payload(as_approval(&forge.ledger_id()));
    let view = forge.counts(&approval());
    assert_eq!(view["void"][0]["code"], "closed");
    forge.halts("an approval", &approval().path(swap("approval/", "exception/")), &["path"]);
}

#[test]
fn an_unknown_kind_by_a_member_is_void_and_by_a_stranger_it_halts() {
    let forge = Forge::new();
    forge.sandbox.key("mallory");
    let hold = |payload: String| {
        payload.replacen("kind = \"exception\"", "kind = \"hold\"", 1).replace("[exception", "[hold")
    };
    let view = forge.counts(&Forgery::good().payload(hold));
    assert_eq!((&view["void"][0]["code"], &view["void"][0]["position"]), (&"format".into(), &2.into()));
    forge.halts("a stranger", &Forgery::good().by("mallory", "alice").payload(hold), &["signer"]);
    let view = forge.counts(&Forgery::good().payload(swap("schema = 2", "schema = 3")));
    assert_eq!(view["void"][0]["code"], "format");
}

#[test]
fn a_record_signed_by_somebody_else_halts() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    sandbox.key("mallory");
    let forge = Forge::on(sandbox);
    forge.counts(&Forgery::good());
    forge.halts("another member", &Forgery::good().by("bob", "alice"), &["signer"]);
    forge.halts("a stranger", &Forgery::good().by("mallory", "alice"), &["signer"]);
    let nobody = swap("author = \"alice\"", "author = \"nobody\"");
    forge.halts("nobody", &Forgery::good().payload(nobody), &["signer"]);
}

#[test]
fn scopes_of_a_record_are_plain_names_and_never_empty() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    let line = "services = [\"payments\"]";
    for to in [
        "[\"**\"]",
        "[\"*\"]",
        "[\"pay*\"]",
        "[]",
        "[\"\"]",
        "[\"../payments\"]",
        "[\"Payments\"]",
        "[\"payments\", \"payments\"]",
    ] {
        let change = swap(line, format!("services = {to}"));
        forge.halts(to, &Forgery::good().payload(change), &["spelling"]);
    }
    forge.halts("none", &Forgery::good().payload(swap(format!("{line}\n"), "")), &["spelling"]);
}

#[test]
fn a_checkpoint_that_contradicts_the_history_halts_and_a_quarantine_mends_it() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    for size in ["1", "3", "9", "9007199254740991"] {
        let change = swap("size = 2", format!("size = {size}"));
        // Size 1 is a boundary, but its root is another one.
        forge.halts(size, &Forgery::good().payload(change), &["checkpoint"]);
    }
    for size in [
        "0",
        "-1",
        "+2",
        "02",
        "9007199254740992",
        "9223372036854775808",
        "18446744073709551616",
        "2.0",
        "0x2",
    ] {
        let change = swap("size = 2", format!("size = {size}"));
        forge.halts(size, &Forgery::good().payload(change), &["record"]);
    }
    let random = |payload: String| {
        let (head, rest) = payload.split_once("root = \"").unwrap();
        format!("{head}root = \"{}\"{}", "5".repeat(64), &rest[65..])
    };
    forge.halts("a random root", &Forgery::good().payload(random), &["checkpoint"]);
    // The finding shows the root that the author saw, and a quarantine ends the halt.
    forge.make(&Forgery::good().payload(random));
    let view = forge.expect_verdict("halted", 3);
    assert!(view["broken"][0]["found"].as_str().unwrap().contains(&"5".repeat(64)), "{view:#}");
    forge.sandbox.run(&["record", "quarantine", "--reason", "a wrong root"]).ok().stdout_has("in force");
    let view = forge.expect_verdict("sound", 0);
    assert_eq!((&view["size"], view["quarantines"].as_array().map(Vec::len)), (&3.into(), Some(1)));
}
