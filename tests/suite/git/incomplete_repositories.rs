//! Repositories that misrepresent a history: missing parts, objects that do not match their ids, and data that
//! only Git's own commands believe.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

use crate::support::forge::ASK;
use crate::support::sandbox::{Ran, Sandbox, program};

/// A ledger of three records with a plan, so that the gate allows.
fn ready() -> Sandbox {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    sandbox.run(ASK).ok();
    sandbox
}

fn verified(sandbox: &Sandbox) -> Value {
    sandbox.run(&["verify", "--json", "--as-of", "2026-12-01T00:00:00Z"]).ok().json()
}

/// Checks that the ledger in this repository is not believed: `verify` gives this verdict, and the gate exits
/// with 3.
#[track_caller]
fn is_refused(sandbox: &Sandbox, at: &Path, id: &str, verdict: &str) -> Ran {
    let view = sandbox.at(at, program(), &["verify", "--json", "--ledger-id", id]).code(3).json();
    assert_eq!(view["verdict"], verdict, "{view:#}");
    sandbox.at(at, program(), &[ASK, &["--ledger-id", id]].concat()).code(3)
}

/// The path of a loose object.
fn loose(sandbox: &Sandbox, name: &str) -> PathBuf {
    let id = sandbox.git(&["rev-parse", name]).ok().stdout.trim().to_owned();
    sandbox.repository.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// The id of the plan's blob, whose text contains "Back".
fn plan(sandbox: &Sandbox) -> String {
    sandbox.git(&["ls-tree", "-r", "ledger", "rollback-plan/"]).ok().stdout[12..52].to_owned()
}

fn compressed(whole: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(whole).unwrap();
    encoder.finish().unwrap()
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_shallow_or_partial_clone_is_not_believed_and_a_whole_one_is() {
    let sandbox = ready();
    let id = verified(&sandbox)["ledger"].as_str().unwrap().to_owned();
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]).ok();
    let url = format!("file://{}", sandbox.repository.display());
    let clone = |name: &str, options: &[&str]| {
        let words = [&["clone", "-q", "--no-checkout"], options, &[url.as_str(), name]].concat();
        sandbox.at(sandbox.root.path(), "git", &words).ok();
        let at = sandbox.root.path().join(name);
        sandbox.at(&at, "git", &["update-ref", "refs/heads/ledger", "refs/remotes/origin/ledger"]).ok();
        at
    };
    let at = clone("whole", &[]);
    sandbox.at(&at, program(), &["verify", "--ledger-id", &id]).ok();
    for depth in ["1", "2"] {
        let at = clone(&format!("shallow-{depth}"), &["--no-single-branch", "--depth", depth]);
        let _ = is_refused(&sandbox, &at, &id, "incomplete").stdout_has("shallow");
    }
    // Git would fetch the missing objects while it reads; this program does not.
    let at = clone("partial", &["--filter=blob:none"]);
    let _ = is_refused(&sandbox, &at, &id, "incomplete").stdout_has("is missing");
    sandbox.at(&at, "git", &["config", "core.repositoryFormatVersion", "1"]).ok();
    sandbox.at(&at, "git", &["config", "extensions.partialClone", "origin"]).ok();
    let _ = is_refused(&sandbox, &at, &id, "incomplete").stdout_has("is missing");
    let explained = sandbox.run(&["explain", "incomplete"]).ok().stdout.replace("\n  ", " ");
    let advice = "git fetch --refetch --no-filter origin ledger:ledger";
    assert!(explained.contains(advice), "{explained}");
    let words: Vec<&str> = advice.split(' ').skip(1).collect();
    sandbox.at(&at, "git", &words).ok();
    sandbox.at(&at, program(), &["verify", "--ledger-id", &id]).ok();
}

#[test]
fn a_shallow_boundary_is_incomplete_even_where_the_older_history_is_present() {
    let sandbox = ready();
    let shallow = sandbox.repository.join(".git/shallow");
    std::fs::write(&shallow, format!("{}\n", sandbox.git(&["rev-parse", "ledger~1"]).ok().stdout.trim()))
        .unwrap();
    let ran = sandbox.run(&["verify", "--json"]).code(3);
    assert_eq!(ran.json()["verdict"], "incomplete", "{}", ran.stdout);
    sandbox.both_verifiers_agree();
    // Missing history of the code does not matter.
    std::fs::write(&shallow, format!("{}\n", sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim()))
        .unwrap();
    sandbox.run(&["verify"]).ok();
}

#[test]
fn a_missing_object_of_any_kind_is_incomplete() {
    let sandbox = ready();
    let id = verified(&sandbox)["ledger"].as_str().unwrap().to_owned();
    let blob = plan(&sandbox);
    for name in
        [blob.as_str(), "ledger^{tree}", "ledger:trust", "ledger~2:trust", "ledger~1^{tree}", "ledger~2"]
    {
        let path = loose(&sandbox, name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let _ = is_refused(&sandbox, &sandbox.repository, &id, "incomplete").stdout_has("is missing");
        write(&path, &bytes);
        verified(&sandbox);
    }
}

#[test]
fn other_bytes_under_the_same_object_name_are_not_believed() {
    let sandbox = ready();
    let id = verified(&sandbox)["ledger"].as_str().unwrap().to_owned();
    let blob = plan(&sandbox);
    let text = sandbox.git(&["cat-file", "blob", &blob]).ok().stdout;
    let path = loose(&sandbox, &blob);
    let good = std::fs::read(&path).unwrap();
    let other = text.replacen("Back", "Bacc", 1);
    let object = |kind: &str, text: &str| compressed(format!("{kind} {}\0{text}", text.len()).as_bytes());
    for bytes in [
        object("blob", &other),
        object("tree", &text),
        compressed(format!("blob {}\0{text}", text.len() + 1).as_bytes()),
        compressed(format!("blob {}\0{text}", text.len() - 1).as_bytes()),
        good[..good.len() / 2].to_vec(),
        Vec::new(),
        b"not compressed".to_vec(),
    ] {
        write(&path, &bytes);
        // Git shows the first of these as if nothing were wrong.
        let _ = is_refused(&sandbox, &sandbox.repository, &id, "incomplete").stdout_has("is damaged");
    }
    write(&path, &object("blob", &other));
    assert_eq!(sandbox.git(&["cat-file", "blob", &blob]).ok().stdout, other);
    // The good sibling: the same bytes in another compression are the same object.
    write(&path, &object("blob", &text));
    verified(&sandbox);
    // An older entry with a valid signature, under the id of the head.
    let commit = |name: &str| sandbox.git(&["cat-file", "commit", name]).ok().stdout;
    let (head, older) = (sandbox.ledger_head(), commit("ledger~1"));
    let path = loose(&sandbox, &head);
    let good = std::fs::read(&path).unwrap();
    write(&path, &object("commit", &older));
    assert_eq!(commit(&head), older);
    let _ = is_refused(&sandbox, &sandbox.repository, &id, "incomplete").stdout_has("is damaged");
    write(&path, &good);
    verified(&sandbox);
}

#[test]
fn objects_of_an_alternate_store_are_hashed_like_any_other() {
    let sandbox = ready();
    let view = verified(&sandbox);
    let id = view["ledger"].as_str().unwrap().to_owned();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "--shared", "payments", "borrowed"]).ok();
    let borrowed = sandbox.root.path().join("borrowed");
    let there = sandbox.at(&borrowed, program(), &["verify", "--json", "--ledger-id", &id]).ok().json();
    assert_eq!((&there["size"], &there["root"]), (&view["size"], &view["root"]));
    // The owner of the borrowed store changes a record in it.
    let blob = plan(&sandbox);
    let text = sandbox.git(&["cat-file", "blob", &blob]).ok().stdout.replacen("Back", "Bacc", 1);
    write(&loose(&sandbox, &blob), &compressed(format!("blob {}\0{text}", text.len()).as_bytes()));
    let _ = is_refused(&sandbox, &borrowed, &id, "incomplete").stdout_has("is damaged");
    // The borrowed store is gone.
    std::fs::remove_dir_all(sandbox.repository.join(".git/objects")).unwrap();
    let _ = sandbox.at(&borrowed, program(), &["verify", "--ledger-id", &id]).code(3);
}

#[test]
fn a_lying_commit_graph_a_graft_and_a_replace_ref_fool_git_and_change_nothing() {
    let sandbox = ready();
    let before = (verified(&sandbox), sandbox.run(&["log", "--json"]).ok().stdout);
    let seen_by_git = || sandbox.git(&["rev-list", "--count", "ledger"]).ok().stdout.trim().to_owned();
    assert_eq!(seen_by_git(), "3");
    let unaffected = |what: &str, count: &str| {
        assert_eq!(seen_by_git(), count, "{what}: Git itself is fooled");
        assert_eq!((verified(&sandbox), sandbox.run(&["log", "--json"]).ok().stdout), before, "{what}");
        sandbox.both_verifiers_agree();
        sandbox.run(ASK).ok();
    };
    // Grafts: the head has no parents.
    let grafts = sandbox.repository.join(".git/info/grafts");
    write(&grafts, format!("{}\n", sandbox.ledger_head()).as_bytes());
    unaffected("grafts", "1");
    std::fs::remove_file(&grafts).unwrap();
    // A replace ref for the head, and one for a blob.
    let orphan = "c=$(git commit-tree -m x ledger^{tree}); git replace $(git rev-parse ledger) $c; \
        git replace $(git ls-tree -r ledger | cut -c13-52 | head -n 1) $(echo x | git hash-object -w --stdin)";
    sandbox.at(&sandbox.repository, "bash", &["-euc", orphan]).ok();
    unaffected("replace refs", "1");
    sandbox.at(&sandbox.repository, "bash", &["-euc", "git replace -d $(git replace)"]).ok();
    // A commit-graph in which no commit has parents.
    sandbox.git(&["commit-graph", "write", "--reachable"]).ok();
    let graph = sandbox.repository.join(".git/objects/info/commit-graph");
    let lie = without_parents(std::fs::read(&graph).unwrap());
    write(&graph, &lie);
    unaffected("a lying commit-graph", "1");
    write(&graph, &[0; 100]);
    assert_eq!(verified(&sandbox), before.0, "a damaged commit-graph");
}

/// Removes the parents from every row of a commit-graph, and corrects its checksum.
fn without_parents(mut graph: Vec<u8>) -> Vec<u8> {
    let number = |at: usize, length: usize| {
        graph[at..at + length].iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte))
    };
    let chunks = usize::from(graph[6]);
    let starts = |at: usize| number(8 + at * 12 + 4, 8);
    let rows = (0..chunks).find(|at| &graph[8 + at * 12..][..4] == b"CDAT").unwrap();
    for row in (starts(rows)..starts(rows + 1)).step_by(36) {
        graph[row + 20..row + 28].copy_from_slice(&[0x70, 0, 0, 0, 0x70, 0, 0, 0]);
    }
    let end = graph.len() - 20;
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(&graph[..end]);
    let sum = hasher.try_finalize().unwrap();
    graph[end..].copy_from_slice(sum.as_slice());
    graph
}

#[test]
fn a_ledger_that_is_replaced_by_one_of_other_admins_is_detected_by_the_anchor() {
    let sandbox = ready();
    let id = verified(&sandbox)["ledger"].as_str().unwrap().to_owned();
    let mallory = sandbox.root.path().join("mallory/payments");
    sandbox.at(sandbox.root.path(), "git", &["init", "-q", "mallory/payments"]).ok();
    sandbox.at(&mallory, "git", &["commit", "-q", "--allow-empty", "-m", "first"]).ok();
    sandbox.at(&mallory, program(), &["init", "--yes"]).ok();
    let from = mallory.display().to_string();
    sandbox.git(&["fetch", "-q", "--force", &from, "+ledger:ledger"]).ok();
    let _ = is_refused(&sandbox, &sandbox.repository, &id, "wrong-anchor");
    sandbox.run(&["verify"]).code(3).stdout_has("wrong-anchor");
    sandbox.run(&["record", "exception", "-f", "/dev/null"]).code(3).stderr_has("wrong-anchor");
}

#[test]
fn anything_but_a_commit_on_the_branch_of_the_ledger_is_incomplete() {
    let sandbox = ready();
    let id = verified(&sandbox)["ledger"].as_str().unwrap().to_owned();
    let head = sandbox.ledger_head();
    sandbox.git(&["tag", "-a", "-m", "x", "v1", "ledger"]).ok();
    for name in ["v1", "ledger^{tree}", "HEAD:file"] {
        let object = sandbox.git(&["rev-parse", name]).ok().stdout;
        std::fs::write(sandbox.repository.join(".git/refs/heads/ledger"), object).unwrap();
        let _ = is_refused(&sandbox, &sandbox.repository, &id, "incomplete").stdout_has("expected a commit");
    }
    std::fs::write(sandbox.repository.join(".git/refs/heads/ledger"), format!("{head}\n")).unwrap();
    sandbox.run(ASK).ok();
    // A symbolic ref is refused too, wherever it leads.
    sandbox.git(&["branch", "-q", "other", "ledger"]).ok();
    sandbox.git(&["symbolic-ref", "refs/heads/ledger", "refs/heads/other"]).ok();
    sandbox.run(&["verify"]).code(4).stderr_has("is a symbolic ref");
    sandbox.run(ASK).code(4);
}
