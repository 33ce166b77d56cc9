//! Somebody is faster, for certain: between reading the ledger and moving its branch, another append lands.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::sandbox::{Ran, Sandbox, program, ran};

/// Somebody is faster: when this `git` is asked to move the ledger for the first time, bob's command runs before.
pub fn overtaken(sandbox: &Sandbox, bobs: &[&str], arguments: &[&str]) -> Ran {
    let folder = sandbox.root.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|it| it.join("git")).find(|it| it.is_file()).unwrap();
    let bob = sandbox.home.join("bob");
    let script = format!(
        "#!/bin/bash\nif [[ \" $* \" == *' update-ref '* && ! -e '{marker}' ]]; then touch '{marker}'; \
         PATH='{path}' '{}' -C '{}' --key '{}' {} >&2 || exit 9; fi\nexec '{}' \"$@\"\n",
        program(),
        sandbox.repository.display(),
        bob.display(),
        bobs.join(" "),
        real.display(),
        marker = sandbox.root.path().join("marker").display(),
    );
    let wrapper = folder.join("git");
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(&sandbox.repository, program());
    let output =
        command.args(arguments).env("PATH", format!("{}:{path}", folder.display())).output().unwrap();
    ran(output, "countersign", arguments)
}

/// What bob says meanwhile.
const BOBS: &[&str] = &[
    "record",
    "exception",
    "--workflow",
    "w",
    "--root-cause",
    "c",
    "--failure",
    "timeout",
    "--origin",
    "data",
    "--summary",
    "bobs",
    "--task",
    "t",
];

fn sizes(sandbox: &Sandbox) -> (u64, u64) {
    let view = sandbox.run(&["verify", "--json"]).ok().json();
    (view["size"].as_u64().unwrap(), view["void"].as_array().unwrap().len() as u64)
}

#[test]
fn a_decision_that_was_overtaken_is_decided_again_on_the_new_head() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan, "--yes"]).ok();
    let (before, _) = sizes(&sandbox);
    let ask = [crate::support::forge::ASK, &["--record", "--json"]].concat();
    let ran = overtaken(&sandbox, BOBS, &ask).ok();
    let receipt = ran.json()["receipt"].as_str().unwrap().to_owned();
    assert_eq!(sizes(&sandbox), (before + 2, 0), "bob's, and one receipt");
    // It was made on the head that it judged: bob's record was seen.
    let shown = sandbox.run(&["show", &receipt, "--raw"]).ok().stdout;
    assert!(shown.contains(&format!("size = {}", before + 1)), "{shown}");
}

#[test]
fn a_record_that_was_overtaken_is_put_on_top_as_it_was_signed_and_once() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let (before, _) = sizes(&sandbox);
    let mine = crate::support::sandbox::exception("mine", "run 1");
    overtaken(&sandbox, BOBS, &mine).ok();
    assert_eq!(sizes(&sandbox), (before + 2, 0));
}
