//! The ledger's branch on a server may only grow, by entries that count.

use crate::support::clones::{clone_of, ledger_id};
use crate::support::sandbox::{Sandbox, exception};
use crate::support::server::{Server, Signs, bare};
use crate::support::serving::http;

/// Runs a Git command that prints the id of an object, and returns the id.
fn object(clone: &Sandbox, words: &[&str]) -> String {
    clone.git(words).ok().stdout.trim().to_owned()
}

#[test]
fn whatever_would_take_entries_away_or_halt_the_ledger_is_refused() {
    let Some(server) = Server::new(&[], Signs::Pusher) else { return };
    let alice = server.alice();
    alice.run(&exception("It failed", "one")).ok();
    let head = alice.ledger_head();
    let parent = object(alice, &["rev-parse", "ledger^"]);
    let tree = object(alice, &["rev-parse", "ledger^{tree}"]);
    let code = object(alice, &["rev-parse", "production"]);
    let made = |words: &[&str]| object(alice, words);
    let unsigned = made(&["commit-tree", &tree, "-p", &head, "-m", "unsigned"]);
    let merge = made(&["commit-tree", &tree, "-p", &head, "-p", &code, "-m", "merge"]);
    alice.git(&["tag", "-a", "-m", "t", "annotated", &head]).ok();
    let tag = made(&["rev-parse", "annotated"]);
    let blob = made(&["hash-object", "-w", "file"]);
    let ledger = "refs/heads/ledger";
    let attacks = [
        ("deleted", format!(":{ledger}"), "the ledger is not deleted"),
        ("set back", format!("+{parent}:{ledger}"), "rewound"),
        ("replaced", format!("+{code}:{ledger}"), "first-entry"),
        ("unsigned", format!("{unsigned}:{ledger}"), "would halt it for everybody"),
        ("a merge", format!("{merge}:{ledger}"), "would halt it for everybody"),
        ("a tag", format!("+{tag}:{ledger}"), ""),
        ("a file", format!("+{blob}:{ledger}"), ""),
        ("a tree", format!("+{tree}:{ledger}"), ""),
        ("a look-alike", format!("{head}:refs/heads/Ledger"), "people would take it for"),
        ("below it", format!("{head}:refs/heads/ledger/x"), "one name is a folder of the other"),
        ("a replace ref", format!("{head}:refs/replace/{head}"), "a replace ref could make Git show"),
    ];
    for (what, refspec, says) in &attacks {
        let refused = alice.git(&["push", "--no-verify", "origin", refspec]);
        assert_ne!(refused.code, Some(0), "{what}");
        assert!(refused.stderr.contains(says), "{what}: {}", refused.stderr);
        assert_eq!(server.head(ledger), head, "{what}");
    }
    // The ledger is not deleted along with a push of another ref, atomic or not, nor by a mirror push from a clone
    // without a ledger branch.
    for more in [&["--atomic"][..], &[]] {
        let words =
            [&["push", "--no-verify", "origin"], more, &[&format!(":{ledger}"), "HEAD:refs/heads/topic"]];
        alice.git(&words.concat()).code(1);
        assert_eq!((server.head(ledger), server.head("refs/heads/topic")), (head.clone(), String::new()));
    }
    let mirror = clone_of(&server.sandbox.repository, "mirror");
    let url = alice.git(&["remote", "get-url", "origin"]).ok().stdout;
    let _ = mirror.git(&["push", "--mirror", url.trim()]).code(1).stderr_has("is not received");
    assert_eq!(server.head(ledger), head);
    // The honest siblings: an entry that counts, a note of a witness, a tag.
    alice.run(&exception("It failed", "two")).ok().stdout_has("recorded and shared");
    assert_ne!(server.head(ledger), head);
    alice.git(&["push", "-q", "origin", "HEAD:refs/heads/ledger-witness/eve", "annotated"]).ok();
}

#[test]
fn nobody_is_told_to_halt_a_ledger_that_is_halted_and_the_way_out_is_open() {
    let Some(server) = Server::new(&[], Signs::Pusher) else { return };
    let alice = server.alice();
    let tree = object(alice, &["rev-parse", "ledger^{tree}"]);
    let bad = object(alice, &["commit-tree", &tree, "-p", &alice.ledger_head(), "-m", "unsigned"]);
    // The bad entry gets onto the branch without the hooks.
    server.sandbox.git(&["fetch", "-q", &alice.repository.display().to_string(), &bad]).ok();
    server.sandbox.git(&["update-ref", "refs/heads/ledger", &bad]).ok();
    alice.run(&["verify", "--sync"]).code(3).stdout_has("HALTED");
    alice.commit("second");
    let _ = alice.git(&["push", "origin", "HEAD:refs/heads/production"]).code(1).stderr_has("halted");
    let draft = alice.write(
        "quarantine.toml",
        &format!("[quarantine]\nentries = [\"{bad}\"]\nreason = \"pushed past the hooks\"\n"),
    );
    alice.run(&["record", "quarantine", "-f", &draft]).ok();
    server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
}

#[test]
fn the_objects_of_a_push_are_seen_in_quarantine_loose_or_in_a_pack() {
    for limit in ["1", "1000"] {
        let Some(server) = Server::new(&[], Signs::Server) else { return };
        server.sandbox.git(&["config", "receive.unpackLimit", limit]).ok();
        let alice = server.alice();
        for number in 0..3 {
            alice.run(&exception("It failed", &format!("t{number}"))).ok().stdout_has("recorded and shared");
        }
        alice.commit("second");
        alice.git(&["push", "origin", "HEAD:refs/heads/production"]).ok();
        let left = std::fs::read_dir(server.sandbox.repository.join("countersign")).unwrap();
        let left: Vec<String> = left.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!left.iter().any(|name| name.starts_with("quarantine-")), "{left:?}");
        server.sandbox.run(&["verify", "--full"]).ok().stdout_has("SOUND");
    }
}

#[test]
fn a_server_that_knows_no_ledger_id_refuses_until_it_does() {
    let Some(server) = Server::new(&[], Signs::Server) else { return };
    let alice = server.alice();
    // The server has the ledger, but no pin: it was never given the ledger id.
    std::fs::remove_file(server.sandbox.repository.join("countersign").join("pin")).unwrap();
    alice.commit("second");
    let refused = alice.git(&["push", "origin", "HEAD:refs/heads/production"]).code(1);
    let _ = refused.stderr_has("no ledger id was given here").stderr_has("countersign verify --ledger-id ID");
    let _ = alice.run(&exception("It failed", "one")).code(4).stderr_has("no ledger id was given here");
    server.sandbox.run(&["verify", "--ledger-id", &ledger_id(alice)]).ok();
    alice.run(&["sync"]).ok();
    alice.git(&["push", "origin", "HEAD:refs/heads/production"]).ok();
}

#[test]
fn the_first_push_founds_the_ledger_of_a_server_and_no_other_takes_its_place() {
    let alice = Sandbox::new();
    let remote = alice.with_remote();
    let server = bare(&remote);
    server.run(&["hooks", "install"]).ok().stderr_has("no ledger id is known here");
    let Some((_serving, url)) = http(&server, remote.parent().unwrap()) else { return };
    alice.git(&["remote", "set-url", "origin", &format!("{url}/remote.git")]).ok();
    // Before there is a ledger, the gate is not asked.
    alice.commit("second");
    let _ = alice.git(&["push", "origin", "production"]).ok().stderr_has("no ledger yet");
    // Before there is a ledger, no other ref may take its name either.
    for name in ["refs/heads/ledger/x", "refs/tags/ledger", "refs/heads/Ledger"] {
        let to = format!("production:{name}");
        let _ = alice.git(&["push", "--no-verify", "origin", &to]).code(1).stderr_has("is not received");
    }
    alice.run(&["init", "--yes"]).ok();
    alice.run(&["sync"]).ok();
    let view = server.run(&["verify", "--json"]).ok().json();
    assert_eq!((&view["verdict"], view["ledger"].as_str()), (&"sound".into(), Some(&*ledger_id(&alice))));
    alice.plan("previous");
    alice.commit("third");
    alice.run(&["gate", "--record"]).ok();
    alice.git(&["push", "origin", "production"]).ok();
    // A second ledger does not take its place.
    let mallory = Sandbox::with_ledger();
    let other = mallory.ledger_head();
    let _ = mallory
        .git(&["push", "--no-verify", &format!("{url}/remote.git"), &format!("+{other}:refs/heads/ledger")])
        .code(1);
    server.run(&["verify"]).ok().stdout_has("SOUND");
}

#[test]
fn a_push_that_swells_from_kilobytes_to_hundreds_of_megabytes_costs_little() {
    let Some(server) = Server::new(&[], Signs::Pusher) else { return };
    let alice = server.alice();
    let (head, tree) = (alice.ledger_head(), object(alice, &["rev-parse", "ledger^{tree}"]));
    let made = |script: &str| {
        let ran = alice.at(&alice.repository, "bash", &["-ec", script]).ok();
        ran.stdout.trim().to_owned()
    };
    // Two files of 150 MB of zeros that are nearly the same, so that Git stores one as a delta of the other.
    let grown = made(&format!(
        "head -c 150000000 /dev/zero >../zeros; one=$(git hash-object -w ../zeros); echo x >>../zeros; \
         two=$(git hash-object -w ../zeros); rm ../zeros; \
         (git ls-tree {tree}; printf '100644 blob %s\\tone.toml\\n100644 blob %s\\ttwo.toml\\n' $one $two) | git mktree"
    ));
    let sign = "git -c gpg.format=ssh -c user.signingkey=$HOME/alice.pub commit-tree -S";
    let bomb = made(&format!("{sign} -p {head} -m bomb {grown}"));
    alice.git(&["update-ref", "refs/heads/bomb", &bomb]).ok();
    alice.git(&["repack", "-adfq"]).ok();
    let started = std::time::Instant::now();
    // The hook of the server gets 2 GB of address space, and so does the pushing Git.
    let hook = server.sandbox.repository.join("hooks/pre-receive");
    let script = std::fs::read_to_string(&hook).unwrap();
    std::fs::write(&hook, script.replacen('\n', "\nulimit -v 2000000\n", 1)).unwrap();
    let push = format!("ulimit -v 2000000; git push --no-verify origin {bomb}:refs/heads/ledger");
    let refused = alice.at(&alice.repository, "bash", &["-c", &push]);
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("would halt it for everybody"), "{}", refused.stderr);
    assert!(started.elapsed() < std::time::Duration::from_mins(1), "{:?}", started.elapsed());
    assert_eq!(server.head("refs/heads/ledger"), head);
}
