//! The README is executed: every command of its `console` blocks, in order, in one home, and each line
//! that it shows has to be in what the command prints (but for ids and times).

use std::path::PathBuf;

use super::sandbox::{Sandbox, program};

struct Step {
    command: String,
    shown: Vec<String>,
    code: i32,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The commands of all `console` blocks, with what is shown below each.
fn steps(text: &str) -> Vec<Vec<Step>> {
    let blocks = text.split("```console\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks
        .map(|block| {
            let mut steps: Vec<Step> = Vec::new();
            let mut lines = block.lines().peekable();
            while let Some(line) = lines.next() {
                if let Some(command) = line.strip_prefix("$ ") {
                    let mut command = command.to_owned();
                    let until =
                        command.split_once("<<'").map(|(_, rest)| rest.trim_end_matches('\'').to_owned());
                    while command.ends_with('\\')
                        || until.as_ref().is_some_and(|end| !command.ends_with(&format!("\n{end}")))
                    {
                        command = format!("{command}\n{}", lines.next().unwrap());
                    }
                    steps.push(Step { command, shown: Vec::new(), code: 0 });
                } else if let Some(code) = line.strip_prefix("# exit code ") {
                    steps.last_mut().unwrap().code = code.parse().unwrap();
                } else if !line.trim().is_empty() {
                    steps.last_mut().unwrap().shown.push(line.to_owned());
                }
            }
            steps
        })
        .collect()
}

/// Ids, times and places differ from run to run.
fn normal(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '"', ',', ':']) {
        let bare = word.trim_end_matches([' ', '"', ',', ':']);
        let hex = bare.len() >= 7 && bare.bytes().all(|it| it.is_ascii_hexdigit());
        let time = bare.starts_with("20") && bare.contains('T') && bare.contains('-');
        out.push_str(if hex || time { "X" } else { bare });
        out.push(' ');
    }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words = out.split_whitespace().map(|word| if months.contains(&word) { "M" } else { word });
    let clock = |word: &str| word.ends_with('Z') && word.len() <= 3;
    words
        .filter(|word| !clock(word) && !word.bytes().all(|it| it.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

#[track_caller]
fn prints(step: &Step, printed: &str) {
    let mut rest = printed.lines().map(normal);
    for line in &step.shown {
        let wanted = normal(line);
        let found = rest.any(|line| line.contains(&wanted));
        assert!(
            found,
            "`{}` does not print, in this order, the line\n{line}\n({wanted})\nin:\n{printed}",
            step.command
        );
    }
}

#[test]
fn every_command_of_the_readme_works_and_prints_what_is_shown() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = steps(&text);
    let [refusal, demo, tests, ledger @ ..] = blocks.as_slice() else {
        panic!("the README has fewer blocks")
    };
    // The refusal at the top is the one of the demo, which plays it with real programs.
    let sandbox = Sandbox::new();
    let arguments = demo[0].command.strip_prefix("cargo run --release -- ").unwrap();
    let played = sandbox.at(sandbox.root.path(), program(), &[arguments]).ok().stdout;
    let kept = played.lines().find_map(|line| line.strip_prefix("  cd ")).unwrap().to_owned();
    std::fs::remove_dir_all(PathBuf::from(kept).parent().unwrap().parent().unwrap()).unwrap();
    let mut refused = Step { command: refusal[0].command.clone(), shown: refusal[0].shown.clone(), code: 1 };
    let last = refused.shown.pop().unwrap();
    assert!(last.starts_with("error: failed to push some refs to "), "Git's own last line: {last}");
    prints(&refused, &played);
    // `cargo test` is what runs this; `.ci/run` runs the same.
    let ci = std::fs::read_to_string(root().join(".ci").join("run")).unwrap();
    assert!(ci.contains(&format!("{} --locked", tests[0].command)));
    sandbox.with_remote();
    for step in ledger.iter().flatten() {
        let directory = PathBuf::from(program()).parent().unwrap().display().to_string();
        let line = format!("PATH={directory}:$PATH; {}", step.command);
        let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]).code(step.code);
        prints(step, &format!("{}{}", ran.stdout, ran.stderr));
    }
}
