//! Text from a ledger is escaped wherever a command shows it.

use crate::support::house::{ASK, id, team_with_policy};

#[test]
fn text_of_a_ledger_is_escaped_wherever_these_commands_show_it() {
    let sandbox = team_with_policy("");
    let text = "[pause]\nservices = [\"payments\"]\nenvironments = [\"production\"]\nreason = \"\"\"\n::warning::a\n::add-mask::b\"\"\"\n";
    let file = sandbox.write("pause.toml", text);
    let pause = id(&sandbox.run(&["record", "pause", "-f", &file, "--json"]).ok());
    // Control characters never get into a record.
    let with_escape = text.replace("::warning::a", "\u{1b}[2J");
    let file = sandbox.write("escape.toml", &with_escape);
    sandbox.run(&["record", "pause", "-f", &file]).code(2);
    let id_of_exception = id(&sandbox
        .run(&[
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
            "::error::##vso[task.setvariable] %0A",
            "--task",
            "::stop-commands::x",
            "--json",
        ])
        .ok());
    for words in [
        &["show", &pause][..],
        &["show", &id_of_exception],
        &["status"],
        &["patterns", "--by", "identity"],
        &["log"],
        &[ASK, &["-v"]].concat(),
        &[
            "grant",
            "--to",
            "alice",
            "--action",
            "::error::",
            "--resource",
            "##[group]",
            "--service",
            "payments",
            "--environment",
            "production",
        ],
    ] {
        let ran = sandbox.run(words);
        for line in ran.stdout.lines().chain(ran.stderr.lines()) {
            // A CI system accepts blanks before a `::` command, and the older form anywhere in a line.
            let bad = line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[");
            assert!(!bad && !line.contains('\u{1b}') && !line.contains('\r'), "{words:?}: {line:?}");
        }
    }
}
