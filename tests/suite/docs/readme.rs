//! Runs the README: every command of its `console` blocks, in order, in one home. Each line that it shows has to be in
//! the output of its command, except for ids and times. The guide and the pages about exports and about a team are run
//! in the same way. In the commands of a page, an id that the page showed before is replaced by the corresponding id of
//! this run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::support::sandbox::{Sandbox, program};

struct Step {
    command: String,
    shown: Vec<String>,
    code: i32,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The commands of all `console` blocks, each with the lines shown below it.
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
                    let shown = &mut steps.last_mut().unwrap().shown;
                    // On a terminal, as on a page, a long suggested command continues on the next line: join them.
                    match shown.last_mut().filter(|last| last.ends_with(" \\")) {
                        Some(last) => {
                            last.pop();
                            last.push_str(line.trim_start());
                        }
                        None => shown.push(line.to_owned()),
                    }
                }
            }
            steps
        })
        .collect()
}

/// A text without what differs from run to run: ids, times and numbers.
fn normalized(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive([' ', '"', ',', ':']) {
        let bare = word.trim_end_matches([' ', '"', ',', ':']);
        let hex = bare.len() >= 7 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        let time = bare.starts_with("20") && bare.contains('T') && bare.contains('-');
        out.push_str(if hex || time { "X" } else { bare });
        out.push(' ');
    }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words = out.split_whitespace().map(|word| if months.contains(&word) { "M" } else { word });
    let clock = |word: &str| word.ends_with('Z') && word.len() <= 3;
    words
        .filter(|word| !clock(word) && !word.bytes().all(|byte| byte.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The abbreviated ids of records in a line.
fn short_ids(line: &str) -> Vec<&str> {
    let words = line.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit())).collect()
}

/// The ids that a page shows, each with the id in this run that corresponds to it.
type Ids = BTreeMap<String, String>;

/// Checks that each line that a page shows is printed. Returns the ids in these lines, each with the corresponding id
/// of this run.
#[track_caller]
fn check_printed(step: &Step, printed: &str) -> Ids {
    let mut ids = Ids::new();
    let mut rest = printed.lines();
    for line in &step.shown {
        let wanted = normalized(line);
        let found = rest.find(|line| normalized(line).contains(&wanted));
        let found = found.unwrap_or_else(|| {
            panic!(
                "`{}` does not print the following line, or prints it too early:\n\
                 {line}\n({wanted})\nin:\n{printed}",
                step.command
            )
        });
        let (shown, real) = (short_ids(line), short_ids(found));
        if shown.len() == real.len() {
            ids.extend(shown.into_iter().zip(real).map(|(shown, real)| (shown.to_owned(), real.to_owned())));
        }
    }
    ids
}

/// Runs the commands of a page in one repository. Each must exit as the page says, and print what the page shows.
#[track_caller]
fn play(sandbox: &Sandbox, steps: &[Vec<Step>]) {
    let directory = PathBuf::from(program()).parent().unwrap().display().to_string();
    let mut ids = Ids::new();
    for step in steps.iter().flatten() {
        let known = |command: String, (shown, real): (&String, &String)| command.replace(shown, real);
        let command = ids.iter().fold(step.command.clone(), known);
        let line = format!("PATH={directory}:$PATH; {command}");
        let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]).code(step.code);
        ids.extend(check_printed(step, &format!("{}{}", ran.stdout, ran.stderr)));
    }
}

#[test]
fn every_command_of_the_readme_works_and_prints_what_is_shown() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let blocks = steps(&text);
    let [refusal, demo, tests, ledger @ ..] = blocks.as_slice() else {
        panic!("the README has too few blocks")
    };
    // The refusal at the top is from the demo, which runs real programs.
    let sandbox = Sandbox::new();
    let arguments = demo[0].command.strip_prefix("cargo run -- ").unwrap();
    let played = sandbox.at(sandbox.root.path(), program(), &[arguments]).ok().stdout;
    let kept = played.lines().find_map(|line| line.strip_prefix("  cd ")).unwrap().to_owned();
    std::fs::remove_dir_all(PathBuf::from(kept).parent().unwrap().parent().unwrap()).unwrap();
    let mut refused = Step { command: refusal[0].command.clone(), shown: refusal[0].shown.clone(), code: 1 };
    let last = refused.shown.pop().unwrap();
    assert!(last.starts_with("error: failed to push some refs to "), "Git's own last line: {last}");
    let _ = check_printed(&refused, &played);
    // `cargo test` is running already; `.ci/run` runs the same command.
    let ci = std::fs::read_to_string(root().join(".ci").join("run")).unwrap();
    assert!(ci.contains(&format!("{} --locked", tests[0].command)));
    sandbox.with_remote();
    play(&sandbox, ledger);
}

#[test]
fn every_command_of_the_guide_works_and_prints_what_is_shown() {
    let text = std::fs::read_to_string(root().join("GUIDE.md")).unwrap();
    let sandbox = Sandbox::new();
    sandbox.with_remote();
    play(&sandbox, &steps(&text));
}

#[test]
fn every_command_of_the_page_about_a_team_works_and_prints_what_is_shown() {
    let text = std::fs::read_to_string(root().join("examples/team/README.md")).unwrap();
    let sandbox = Sandbox::with_ledger();
    sandbox.key("bob");
    play(&sandbox, &steps(&text));
}

/// A `kubectl` without a cluster: it accepts an analysis template and prints its name.
const KUBECTL: &str = "#!/usr/bin/env bash
set -euo pipefail
test \"$*\" = 'apply -n payments -f -'
text=$(cat)
grep -q '\"kind\": \"AnalysisTemplate\"' <<< \"$text\"
name=$(grep -m 1 -o '\"name\": \"[a-z0-9-]*\"' <<< \"$text\" | cut -d '\"' -f 4)
echo \"analysistemplate.argoproj.io/$name created\"
";

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join("examples/export").join(name)).unwrap()
}

/// A ledger with a plan, and a directory with the program and that `kubectl`.
fn exporting() -> (Sandbox, String) {
    let sandbox = Sandbox::with_ledger();
    sandbox.plan("removal");
    let bin = sandbox.root.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(program(), bin.join("countersign")).unwrap();
    std::fs::write(bin.join("kubectl"), KUBECTL).unwrap();
    sandbox.at(&bin, "chmod", &["+x", "kubectl"]).ok();
    let bin = bin.display().to_string();
    (sandbox, bin)
}

#[test]
fn every_command_of_the_page_about_exports_works_and_prints_what_is_shown() {
    let (sandbox, bin) = exporting();
    let text = page("README.md");
    let blocks = steps(&text);
    assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [1, 3, 1]);
    for step in blocks.iter().flatten() {
        let line = format!("set -o pipefail; PATH={bin}:$PATH; {}", step.command);
        let ran = sandbox.at(&sandbox.repository, "bash", &["-c", &line]).code(step.code);
        let _ = check_printed(step, &ran.stdout);
    }
    // A rollout names the template that is exported.
    let name = "countersign-payments-production";
    assert!(page("rollout.yaml").contains(&format!("templateName: {name}\n")) && text.contains(name));
}

#[test]
fn the_crontab_writes_metrics_and_pages_and_alerts_speak_of_those_only() {
    let (sandbox, bin) = exporting();
    let remote = sandbox.with_remote();
    sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
    // A cron job runs in a bare clone without a pin.
    let clone = sandbox.root.path().join("clone.git").display().to_string();
    let url = remote.display().to_string();
    sandbox.at(sandbox.root.path(), "git", &["clone", "-q", "--bare", "-b", "production", &url, &clone]).ok();
    let tab = page("countersign.cron").replace(&"0".repeat(64), &id);
    let tab = tab.replace("/srv/payments.git", &clone);
    let tab = tab.replace("/var/lib/node_exporter/c", &format!("{}/c", sandbox.root.path().display()));
    let lines: Vec<&str> = tab.lines().filter(|line| !line.starts_with('#')).collect();
    let [variable, job] = lines[..] else { panic!("{tab}") };
    let command = job.strip_prefix("*/5 * * * * metrics ").unwrap();
    let line = format!("export {variable} PATH={bin}:$PATH; {command}");
    let ran = sandbox.at(sandbox.root.path(), "sh", &["-c", &line]).ok();
    assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "cron mails what is printed: {}", ran.stderr);
    let text = std::fs::read_to_string(sandbox.root.path().join("countersign.prom")).unwrap();
    let _ = crate::support::openmetrics::read(&text);
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        let all = text.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
        all.filter(|word| word.starts_with("countersign_")).map(ToOwned::to_owned).collect()
    };
    let described = words(&text);
    assert_eq!(words(&page("README.md")), described);
    let page_says = page("README.md");
    for word in &described {
        // Patterns have no samples here, but their metric families are present.
        assert!(page_says.contains(&format!("| `{word}` |")), "{word}");
    }
    assert!(words(&page("alerts.yml")).is_subset(&described));
    for standing in ["unclosed", "failed", "overdue"] {
        assert!(page("alerts.yml").contains(standing) && text.contains(&format!("standing=\"{standing}\"")));
    }
}
