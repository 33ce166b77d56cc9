//! Commits in every wrong form, each signed by a member and otherwise good.

use crate::support::forge::{Forge, Forgery};

/// Returns a change that replaces the first occurrence, and panics if there is none.
fn swap(from: impl Into<String>, to: impl Into<String>) -> impl Fn(String) -> String {
    let (from, to) = (from.into(), to.into());
    move |text| {
        assert!(text.contains(&from), "{from} in {text}");
        text.replacen(&from, &to, 1)
    }
}

#[test]
fn an_entry_with_two_equal_parents_or_a_second_root_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    let code = forge.sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let parent = format!("parent {}\n", forge.parent);
    for (name, more) in [
        ("the same parent twice", parent.clone()),
        ("another root", format!("parent {code}\n")),
        ("three parents", format!("parent {code}\n{parent}")),
    ] {
        let both = format!("{parent}{more}");
        forge.halts(name, &Forgery::good().unsigned(swap(parent.clone(), both)), &["commit"]);
    }
    // With the other root as its first parent, the commit belongs to another history.
    let both = format!("parent {code}\n{parent}");
    let entry = forge.make(&Forgery::good().unsigned(swap(parent.clone(), both)));
    let view = forge.expect_verdict("first-entry", 3);
    assert_eq!(view["head"], entry.as_str());
    forge.reset();
    // A `parent` line without a full id in the repository's format names no parent: the entry is broken, but the
    // entries below it are still found.
    let id = forge.parent.clone();
    for junk in
        ["abc", "", &id[..39], &id.to_uppercase(), &format!("{id} "), &format!("{id}\r"), &"0".repeat(64)]
    {
        let both = format!("parent {junk}\n{parent}");
        forge.halts(junk, &Forgery::good().unsigned(swap(parent.clone(), both)), &["commit"]);
    }
    // Without a parent, the entry would be a first entry, but it founds no ledger.
    forge.make(&Forgery::good().unsigned(swap(parent, "")));
    forge.expect_verdict("first-entry", 3);
}

#[test]
fn a_commit_in_any_other_form_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    let tree = forge.sandbox.git(&["rev-parse", "HEAD^{tree}"]).ok().stdout.trim().to_owned();
    let zero = "0".repeat(40);
    type Change = Box<dyn Fn(String) -> String>;
    let before: Vec<(&str, Change)> = vec![
        ("two authors", Box::new(swap("\nauthor ", "\nauthor B <b> 1 +0000\nauthor "))),
        ("two committers", Box::new(swap("\ncommitter ", "\ncommitter B <b> 1 +0000\ncommitter "))),
        ("two trees", Box::new(swap("\nparent ", format!("\ntree {tree}\nparent ")))),
        (
            "parent after author",
            Box::new(|commit| {
                let (tree, rest) = commit.split_once('\n').unwrap();
                let (parent, rest) = rest.split_once('\n').unwrap();
                let (author, rest) = rest.split_once('\n').unwrap();
                format!("{tree}\n{author}\n{parent}\n{rest}")
            }),
        ),
        (
            "no committer",
            Box::new(|commit| {
                commit.split_inclusive('\n').filter(|line| !line.starts_with("committer ")).collect()
            }),
        ),
        (
            "an empty author",
            Box::new(|commit| {
                commit
                    .split_inclusive('\n')
                    .map(|line| if line.starts_with("author ") { "author \n" } else { line })
                    .collect()
            }),
        ),
        ("a NUL in the message", Box::new(swap("\nby alice", "\nby \0alice"))),
        ("a carriage return after a trailer", Box::new(|commit| commit.trim_end().to_owned() + "\r\n")),
        ("an unknown header", Box::new(swap("\n\n", "\nreviewed-by B <b>\n\n"))),
        ("an encoding", Box::new(swap("\n\n", "\nencoding latin-1\n\n"))),
        (
            "a merged tag",
            Box::new(swap(
                "\n\n",
                format!("\nmergetag object {zero}\n type commit\n tag v1\n tagger B <b> 1 +0000\n \n v1\n\n"),
            )),
        ),
        ("a third trailer", Box::new(swap("\nLedger-Size", "\nLedger-Note: x\nLedger-Size"))),
        (
            "trailers without a message before them",
            Box::new(|commit| {
                let (headers, message) = commit.split_once("\n\n").unwrap();
                format!("{headers}\n\n\nLedger-Size{}", message.split_once("Ledger-Size").unwrap().1)
            }),
        ),
        ("a size with a leading zero", Box::new(swap("Ledger-Size: ", "Ledger-Size: 0"))),
        (
            "a root in capitals",
            Box::new(|commit| {
                let (head, root) = commit.rsplit_once("Ledger-Root: ").unwrap();
                format!("{head}Ledger-Root: {}", root.to_uppercase())
            }),
        ),
        ("text after the trailers", Box::new(|commit| commit + "x\n")),
    ];
    for (name, change) in before {
        forge.halts(name, &Forgery::good().unsigned(change), &["commit"]);
    }
}

#[test]
fn a_commit_whose_signature_is_moved_doubled_or_replaced_without_a_key_halts() {
    let forge = Forge::new();
    forge.counts(&Forgery::good());
    let armor = |commit: &str| {
        let at = commit.find("\ngpgsig ").unwrap();
        (at, at + commit[at..].find("\n\n").unwrap())
    };
    type Change = Box<dyn Fn(String) -> String>;
    let after: Vec<(&str, Change, &str)> = vec![
        (
            "no signature",
            Box::new(move |commit| {
                let (from, to) = armor(&commit);
                format!("{}{}", &commit[..from], &commit[to..])
            }),
            "commit",
        ),
        (
            "two signatures",
            Box::new(move |commit| {
                let (from, to) = armor(&commit);
                format!("{}{}{}", &commit[..to], &commit[from..to], &commit[to..])
            }),
            "commit",
        ),
        (
            "a signature before the author",
            Box::new(move |commit| {
                let (from, to) = armor(&commit);
                let rest = format!("{}{}", &commit[..from], &commit[to..]);
                rest.replacen("\nauthor ", &format!("{}\nauthor ", &commit[from..to]), 1)
            }),
            "commit",
        ),
        ("the header of the other format", Box::new(swap("\ngpgsig ", "\ngpgsig-sha256 ")), "commit"),
        (
            "a PGP block",
            Box::new(move |commit| {
                let (from, to) = armor(&commit);
                let block = "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEzBAABCAAdFiEE\n =aBcD\n -----END PGP SIGNATURE-----";
                format!("{}{block}{}", &commit[..from], &commit[to..])
            }),
            "commit",
        ),
        (
            "an armor with longer lines",
            Box::new(|commit| {
                let (head, rest) = commit.split_once("-----BEGIN SSH SIGNATURE-----\n ").unwrap();
                let (base64, rest) = rest.split_once("\n -----END").unwrap();
                format!(
                    "{head}-----BEGIN SSH SIGNATURE-----\n {}\n -----END{rest}",
                    base64.replace("\n ", "")
                )
            }),
            "commit",
        ),
        (
            "an armor that ends in spaces",
            Box::new(swap(" -----END SSH SIGNATURE-----\n", " -----END SSH SIGNATURE----- \n")),
            "commit",
        ),
        ("a message changed after signing", Box::new(swap("\nby alice", "\nby Alice")), "commit-signature"),
        (
            "an author changed after signing",
            Box::new(swap("author Alice", "author Mallory")),
            "commit-signature",
        ),
    ];
    for (name, change, code) in after {
        forge.halts(name, &Forgery::good().signed(change), &[code]);
    }
}

#[test]
fn a_commit_by_a_stranger_halts_and_by_another_member_or_a_retired_key_it_counts() {
    let sandbox = crate::support::sandbox::Sandbox::with_ledger();
    sandbox.team();
    sandbox.key("mallory");
    let forge = Forge::on(sandbox);
    forge.halts("a stranger", &Forgery::good().by("alice", "mallory"), &["commit-signature"]);
    // Another member may commit alice's record; alice stays its author.
    forge.make(&Forgery::good().by("alice", "bob"));
    forge.expect_verdict("sound", 0);
    let newest = forge.sandbox.run(&["log", "--json"]).ok().json()["records"][0].clone();
    assert_eq!((newest["kind"].as_str(), newest["author"].as_str()), (Some("exception"), Some("alice")));
    // Bob leaves: his old key may still sign commits, but records that it signs are void.
    let shown = forge.sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let without = shown.split("[[trust.member]]\nname = \"bob\"").next().unwrap();
    let file = forge.sandbox.write("without.toml", without);
    forge.sandbox.run(&["trust", "propose", "-f", &file]).ok().stdout_has("in force");
    let forge = Forge::on(forge.sandbox);
    let view = forge.counts(&Forgery::good().by("alice", "bob"));
    assert_eq!(view["void"].as_array().map(Vec::len), Some(0));
    let as_bob = |payload: String| payload.replacen("author = \"alice\"", "author = \"bob\"", 1);
    let view = forge.counts(&Forgery::good().by("bob", "bob").payload(as_bob));
    assert_eq!(view["void"][0]["code"], "key");
}

#[test]
fn hostile_dates_and_names_of_a_commit_decide_nothing_and_are_shown_safely() {
    let forge = Forge::new();
    let plain = forge.counts(&Forgery::good());
    for who in [
        "A <a@example.org> -1 +0000",
        "A <a@example.org> -62135596800 +0000",
        "A <a@example.org> 9223372036854775808 +0000",
        "A <a@example.org> 99999999999999999999999999 +9999",
        "A <a@example.org> 1 -9999",
        "A <a@example.org>",
        "no address and no date",
        "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}A <a> 1 +0000",
        "<<<>>> > < 1 +0000 2 +0000",
    ] {
        let both = format!("author {who}\ncommitter {who}\n\n");
        forge.make(&Forgery::good().unsigned(move |commit| {
            let (head, rest) = commit.split_once("author ").unwrap();
            format!("{head}{both}{}", rest.split_once("\n\n").unwrap().1)
        }));
        let view = forge.expect_verdict("sound", 0);
        assert_eq!(view["ledger_time"], plain["ledger_time"], "{who}");
        let id = forge.sandbox.run(&["log", "--json"]).ok().json()["records"][0]["id"].as_str().unwrap()[..8]
            .to_owned();
        for arguments in [&["log"][..], &["show", &id], &["status"]] {
            let shown = forge.sandbox.run(arguments).ok();
            let bad = |letter: char| letter != '\n' && letter.is_control() || letter == '\u{202e}';
            assert!(
                !shown.stdout.contains(bad) && shown.stderr.is_empty(),
                "{who}: {}{}",
                shown.stdout,
                shown.stderr
            );
        }
        forge.reset();
    }
}
