//! Several people, each with a home, a key and a clone of one remote.

use std::path::Path;

use crate::support::sandbox::Sandbox;

/// The roles that everybody has.
const ROLES: &[&str] = &["admin", "reporter", "approver", "reviewer", "gate"];

/// Founds a ledger of alice and these others, and pushes it to a remote. Returns a clone for each person, alice's
/// first; the others have verified the ledger in theirs.
pub fn people(others: &[&str]) -> Vec<Sandbox> {
    let alice = Sandbox::with_ledger();
    let remote = alice.with_remote();
    let clones: Vec<Sandbox> = others.iter().map(|name| clone_of(&remote, name)).collect();
    let mut trust = alice.run(&["trust", "propose", "--print"]).ok().stdout;
    for (name, clone) in others.iter().zip(&clones) {
        let key = std::fs::read_to_string(clone.home.join(format!("{name}.pub"))).unwrap();
        let roles: String =
            ROLES.iter().map(|role| format!("[[trust.member.role]]\nrole = \"{role}\"\n")).collect();
        trust.push_str(&format!(
            "\n[[trust.member]]\nname = \"{name}\"\ntype = \"human\"\nkeys = [\"{}\"]\n{roles}",
            key.trim()
        ));
    }
    if !others.is_empty() {
        let file = alice.write("trust.toml", &trust);
        alice.run(&["trust", "propose", "-f", &file]).ok();
    }
    alice.run(&["sync"]).ok();
    let id = ledger_id(&alice);
    clones.iter().for_each(|clone| drop(clone.run(&["verify", "--sync", "--ledger-id", &id]).ok()));
    let mut all = vec![alice];
    all.extend(clones);
    all
}

/// Clones a remote for a person with this name, with a home directory and a key of their own.
pub fn clone_of(remote: &Path, name: &str) -> Sandbox {
    let root = crate::support::temporary::tempdir().unwrap();
    let home = root.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let repository = root.path().join("payments");
    let sandbox = Sandbox { root, home, repository };
    sandbox.key(name);
    let key = sandbox.home.join(format!("{name}.pub"));
    let config = format!(
        "[user]\n\tname = {name}\n\temail = {name}@example.org\n\tsigningkey = {}\n[init]\n\tdefaultBranch = production\n",
        key.display()
    );
    std::fs::write(sandbox.home.join(".gitconfig"), config).unwrap();
    let remote = remote.display().to_string();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", &remote, "payments"]).ok();
    sandbox
}

/// The id of the ledger in a clone.
pub fn ledger_id(sandbox: &Sandbox) -> String {
    sandbox.run(&["verify", "--json"]).json()["ledger"].as_str().unwrap().to_owned()
}

/// The remote of a clone.
pub fn remote_of(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.git(&["remote", "get-url", "origin"]).ok().stdout.trim().into()
}

/// The tasks of all exceptions in a clone, oldest first.
pub fn tasks(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.run(&["log", "--kind", "exception", "-n", "0", "--json"]).ok().json();
    let ids = log["records"].as_array().unwrap().iter().rev();
    let task = |record: &serde_json::Value| {
        let shown = sandbox.run(&["show", record["id"].as_str().unwrap(), "--raw"]).ok().stdout;
        let line = shown.lines().find_map(|line| line.strip_prefix("task = ")).unwrap();
        line.trim_matches('"').to_owned()
    };
    ids.map(task).collect()
}
