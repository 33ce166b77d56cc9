//! Races made deterministic: another append lands between reading the ledger and moving its branch.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::sandbox::{Ran, Sandbox, exception, program, ran};

/// Runs a command that loses one race: a `git` wrapper runs bob's command before it moves the ledger the
/// first time.
pub fn run_overtaken(sandbox: &Sandbox, bobs: &[&str], arguments: &[&str]) -> Ran {
    let marker = sandbox.root.path().join("marker").display().to_string();
    let once = format!("! -e '{marker}'");
    let path = path_behind(sandbox, &once, &format!("touch '{marker}'"), &bobs.join(" "));
    let mut command = sandbox.command(&sandbox.repository, program());
    ran(command.args(arguments).env("PATH", path).output().unwrap(), "countersign", arguments)
}

/// Runs a shell command in which `countersign` loses every race.
fn run_always_overtaken(sandbox: &Sandbox, line: &str) -> Ran {
    // Each run of bob's command has another task and another cause, so that no cause repeats.
    let bobs = BOBS.join(" ").replace(" c ", " c-$(date +%N) ").replace("--task t", "--task $(date +%N)");
    let path = path_behind(sandbox, "-e /", "true", &bobs);
    let mut command = sandbox.command(&sandbox.repository, "bash");
    let line = format!("set -o pipefail; {}", line.replace("countersign", &format!("'{}'", program())));
    ran(command.args(["-c", &line]).env("PATH", path).output().unwrap(), "bash", &["-c", &line])
}

/// Returns a `PATH` with a `git` wrapper: if `condition` is true, it runs `first` and bob's command before it
/// moves the ledger.
fn path_behind(sandbox: &Sandbox, condition: &str, first: &str, bobs: &str) -> String {
    let folder = sandbox.root.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path)
        .map(|directory| directory.join("git"))
        .find(|git| git.is_file())
        .unwrap();
    let bob = sandbox.home.join("bob");
    let script = format!(
        "#!/bin/bash\nif [[ \" $* \" == *' update-ref '* && {condition} ]]; then {first}; \
         PATH='{path}' '{}' -C '{}' --key '{}' {} --local >&2 || exit 9; fi\nexec '{}' \"$@\"\n",
        program(),
        sandbox.repository.display(),
        bob.display(),
        bobs,
        real.display(),
    );
    let wrapper = folder.join("git");
    std::fs::write(&wrapper, script).unwrap();
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{path}", folder.display())
}

/// The command that bob runs meanwhile.
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
    let ran = run_overtaken(&sandbox, BOBS, &ask).ok();
    let receipt = ran.json()["receipt"].as_str().unwrap().to_owned();
    assert_eq!(sizes(&sandbox), (before + 2, 0), "bob's record and one receipt");
    // The decision was made on the new head, which contains bob's record.
    let shown = sandbox.run(&["show", &receipt, "--raw"]).ok().stdout;
    assert!(shown.contains(&format!("size = {}", before + 1)), "{shown}");
}

#[test]
fn a_restoration_that_loses_every_race_is_allowed_without_a_receipt() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let plan = sandbox.plan("removal");
    sandbox.bob(&["approve", &plan, "--yes"]).ok();
    let ask = [crate::support::forge::ASK, &["--record"]].concat();
    sandbox.run(&ask).ok();
    sandbox.succeeded();
    let first = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    sandbox.commit("second");
    let plan = sandbox.plan("previous");
    sandbox.bob(&["approve", &plan, "--yes"]).ok();
    sandbox.run(&ask).ok();
    sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let second = sandbox.git(&["rev-parse", "HEAD"]).ok().stdout.trim().to_owned();
    let gate = |commit: &str, more: &str| {
        let line = format!("countersign {} {more}", ask.join(" ").replace("HEAD", commit));
        run_always_overtaken(&sandbox, &line)
    };
    let push = |from: &str, to: &str| {
        let pushed = format!("refs/heads/production {to} refs/heads/production {from}");
        run_always_overtaken(&sandbox, &format!("echo {pushed} | countersign hook pre-push -- origin"))
    };
    gate(&first, "--restore").ok().stdout_has("RESTORATION").stderr_has("warning: not recorded");
    push(&second, &first).ok().stderr_has("allowed (restoration)").stderr_has("not recorded");
    // A deployment forward needs its receipt.
    let third = sandbox.commit("third");
    gate(&third, "").code(4).stderr_has("somebody else appended");
    push(&second, &third).code(4).stderr_has("somebody else appended");
}

#[test]
fn a_record_that_was_overtaken_is_put_on_top_as_it_was_signed_and_once() {
    let sandbox = Sandbox::with_ledger();
    sandbox.team();
    let (before, _) = sizes(&sandbox);
    let mine = exception("mine", "run 1");
    run_overtaken(&sandbox, BOBS, &mine).ok();
    assert_eq!(sizes(&sandbox), (before + 2, 0));
}

#[test]
fn whoever_reads_while_others_write_sees_a_whole_ledger_that_only_grows() {
    let sandbox = Sandbox::with_ledger();
    let lines: Vec<String> = (0..24)
        .map(|number| {
            let task = format!("t{number}");
            exception("s", &task).join(" ").replace(" c ", &format!(" c-{task} "))
        })
        .collect();
    let written = std::sync::atomic::AtomicUsize::new(0);
    let seen: Vec<u64> = std::thread::scope(|scope| {
        for half in lines.chunks(12) {
            let (sandbox, written) = (&sandbox, &written);
            scope.spawn(move || {
                for line in half {
                    sandbox.run(&line.split(' ').collect::<Vec<_>>()).ok();
                    written.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            });
        }
        let mut seen = Vec::new();
        while written.load(std::sync::atomic::Ordering::SeqCst) < lines.len() {
            let before = written.load(std::sync::atomic::Ordering::SeqCst);
            for full in [&["verify", "--json"][..], &["verify", "--json", "--full"]] {
                let view = sandbox.run(full).ok().json();
                assert_eq!(view["verdict"], "sound", "{view}");
                let size = view["size"].as_u64().unwrap();
                assert!(size >= 2 + before as u64, "what was acknowledged is there: {size}, {before}");
                seen.push(size);
            }
        }
        seen
    });
    assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]), "{seen:?}");
    assert!(seen.len() > 4, "{seen:?}");
    assert_eq!(sandbox.run(&["verify", "--json"]).ok().json()["size"], 2 + lines.len());
}
