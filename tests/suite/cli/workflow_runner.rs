//! A real runner of GitHub's workflows prints the output of the program about a hostile ledger, and obeys no command
//! in it.

use std::path::PathBuf;

use crate::support::effort::not_run;
use crate::support::sandbox::{Sandbox, exception, program};

/// The runner that `.ci/tools` installs.
fn runner() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/act");
    if !path.exists() {
        not_run("a runner of workflows is missing: .ci/tools installs it");
        return None;
    }
    Some(path)
}

/// Texts that are commands for a runner if they reach the beginning of a line.
const HOSTILE: &[&str] = &[
    "::set-output name=evil::yes",
    "::add-path::/tmp/evil",
    "::set-env name=EVIL::yes",
    "::add-mask::production",
    "::error file=a,line=1::bad",
    "::stop-commands::token",
    "##[set-output name=evil]yes",
    "##[add-mask]production",
];

/// Runs a script as the step of a workflow. Returns the lines that the runner printed after it started the step.
fn lines_of_step(runner: &std::path::Path, sandbox: &Sandbox, script: &str) -> Vec<String> {
    let folder = sandbox.repository.join(".github/workflows");
    std::fs::create_dir_all(&folder).unwrap();
    let script = script.lines().map(|line| format!("          {line}\n")).collect::<String>();
    let workflow = format!(
        "on: push\njobs:\n  job:\n    runs-on: ubuntu-latest\n    env:\n      ACTIONS_ALLOW_UNSECURE_COMMANDS: true\n    steps:\n      - name: step\n        id: first\n        run: |\n{script}      - name: after\n        run: |\n          echo \"output=${{{{ steps.first.outputs.evil }}}} EVIL=$EVIL\"\n          echo \"path=$PATH\"\n"
    );
    std::fs::write(folder.join("test.yml"), workflow).unwrap();
    let runner = runner.to_string_lossy();
    let words =
        ["push", "-P", "ubuntu-latest=-self-hosted", "--pull=false", "-W", ".github/workflows/test.yml"];
    let ran = sandbox.at(&sandbox.repository, &runner, &words).ok();
    std::fs::remove_dir_all(&folder).unwrap();
    let lines =
        ran.stdout.lines().map(|line| line.split_once("] ").map_or(line, |(_, text)| text).to_owned());
    lines.skip_while(|line| !line.contains("Run Main step")).skip(1).collect()
}

/// Whether the runner shows a line as a command that it obeyed: with an icon in place of the bar.
fn is_taken(line: &str) -> bool {
    let is_progress = ["Success", "Failure", "Run ", "Cleaning", "Job ", "⭐", "🏁"];
    !line.trim_start().starts_with('|')
        && !line.is_empty()
        && !is_progress.iter().any(|word| line.contains(word))
}

#[test]
fn a_real_runner_takes_no_command_from_a_hostile_ledger() {
    let Some(runner) = runner() else { return };
    let sandbox = Sandbox::with_ledger();
    // Control: the runner obeys the same texts if they are printed as they are. The one that stops commands comes last,
    // so that it does not stop the others.
    let (stop, others): (Vec<&str>, Vec<&str>) =
        HOSTILE.iter().partition(|text| text.contains("stop-commands"));
    let echo: String = others.iter().chain(&stop).map(|text| format!("echo '{text}'\n")).collect();
    let lines = lines_of_step(&runner, &sandbox, &echo);
    assert_eq!(lines.iter().filter(|line| is_taken(line)).count(), HOSTILE.len(), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("output=yes")), "{lines:#?}");

    let mut ids = Vec::new();
    for (number, text) in HOSTILE.iter().enumerate() {
        for (place, indent) in ["", "x ", &format!("{} ", "x".repeat(67))].iter().enumerate() {
            let (summary, task) = (format!("{indent}{text}"), format!("{text} {number} {place}"));
            let words = exception(&summary, &task);
            let ran = sandbox.run(&[&words[..], &["--json"]].concat());
            ids.push(ran.ok().json()["id"].as_str().unwrap().to_owned());
        }
    }
    // Text from a record is at the beginning of a line only if a text of several lines is shown raw.
    let detail = HOSTILE.join("\n");
    let draft = format!(
        "[exception]\nworkflow = \"w\"\nfailure = \"timeout\"\norigin = \"data\"\nroot_cause = \"c\"\n\
         services = [\"payments\"]\nenvironments = [\"production\"]\nsummary = \"s\"\ndetail = \"\"\"\n{detail}\n\"\"\"\n\
         [exception.trigger]\nidentity = \"alice\"\ncredential = \"vault:kv#1\"\ntask = \"t\"\n"
    );
    let file = sandbox.write("detail.toml", &draft);
    let ran = sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok();
    ids.push(ran.json()["id"].as_str().unwrap().to_owned());
    let ledger = program();
    let mut script =
        format!("cd '{}'\nexport HOME='{}'\n", sandbox.repository.display(), sandbox.home.display());
    for words in [
        "status",
        "log",
        "patterns --all",
        "verify",
        "gate --service payments --environment production --commit HEAD -v",
        "export metrics",
        "gate --service '::set-output name=evil::yes' --environment production --commit HEAD",
        "show '::add-mask::production'",
        "'::set-env name=EVIL::yes'",
    ] {
        script += &format!("{ledger} {words} 2>&1 || true\n");
        script += &format!("{ledger} {words} --json 2>&1 || true\n");
    }
    for id in &ids {
        script += &format!("{ledger} show {id}\n{ledger} show {id} --raw\n");
    }
    let lines = lines_of_step(&runner, &sandbox, &script);
    let shown = lines.iter().filter(|line| line.contains("set-output") || line.contains("add-mask")).count();
    assert!(shown > 10, "the texts are shown: {lines:#?}");
    let taken: Vec<&String> = lines.iter().filter(|line| is_taken(line)).collect();
    assert!(taken.is_empty(), "{taken:#?}");
    assert!(lines.iter().any(|line| line.trim() == "| output= EVIL="), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("path=") && line.contains("/tmp/evil")), "{lines:#?}");
}
