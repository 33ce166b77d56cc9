//! The `commit-msg` hook: trailers of a commit message name real records.

use crate::support::sandbox::{Ran, Sandbox, exception};

/// Makes an empty commit with this message, which Git reads from a file.
fn commit(sandbox: &Sandbox, message: &str) -> Ran {
    let file = sandbox.write("message", message);
    sandbox.git(&["commit", "-q", "--allow-empty", "-F", &file])
}

#[test]
fn trailers_name_records_of_the_right_kind_and_everything_else_is_text() {
    let sandbox = Sandbox::with_ledger();
    sandbox.run(&["hooks", "install", "--commit-msg"]).ok().stdout_has("commit-msg installed");
    sandbox.run(&["hooks", "status"]).ok().stdout_has("Trailers are checked.");
    let recorded = sandbox.run(&[&exception("It failed", "t")[..], &["--json"]].concat()).ok().json();
    let id = recorded["id"].as_str().unwrap().to_owned();
    let (short, plan) = (&id[..8], sandbox.plan("removal"));
    let good = [
        format!("Mend it\n\nException: {short}\n"),
        format!("Mend it\n\nexception: {id}\nSigned-off-by: a <a@b>\n"),
        format!("Mend it\r\n\r\nException: {short}\r\n"),
        // A trailer is a line of the last block that begins with the keyword. These messages have none.
        "Mend it\n\nException: ffff0000\n\nand more text\n".to_owned(),
        "Mend it\n\nThe word Exception: ffff0000 in a sentence\n".to_owned(),
        "Mend it\n".to_owned(),
    ];
    for message in &good {
        let _ = commit(&sandbox, message).ok();
    }
    let bad = [
        ("Mend it\n\nException: ffff0000\n".to_owned(), "no record of this ledger"),
        (format!("Mend it\n\nException: {}\n", &plan[..8]), "it is of the kind rollback-plan"),
        (format!("Mend it\n\nRedesign: {short}\n"), "and redesign is expected"),
        ("Mend it\n\nException: it was late\n".to_owned(), "expected an id"),
        ("Mend it\n\nException: ,\n".to_owned(), "expected an id"),
        ("Mend it\n\nException:\n".to_owned(), "expected an id"),
        (format!("Mend it\n\nException: {short}, ffff0000\n"), "ffff0000"),
        ("Mend it\n\nRedesign: \u{1b}[2Jx\n".to_owned(), "expected an id"),
    ];
    for (message, says) in &bad {
        let refused = commit(&sandbox, message).code(1);
        assert!(!refused.stderr.contains('\u{1b}'), "{}", refused.stderr);
        let _ = refused.stderr_has(says);
    }
    // An editor leaves comments and the text below a scissors line; neither is part of the message.
    let text = format!(
        "Mend it\n\nException: {short}\n# Exception: ffff0000\n# ------------------------ >8 ------------------------\n\
         diff\nException: ffff0000\n"
    );
    let file = sandbox.write("edited", &text);
    sandbox.run(&["hook", "commit-msg", &file]).ok();
    // A false trailer is found in a large message, too. Above 64 MiB a message is refused.
    let below =
        format!("# ------------------------ >8 ------------------------\n{}", "+ x\n".repeat(3 << 20));
    let file = sandbox.write("large", &format!("Mend it\n\nException: ffff0000\n{below}"));
    sandbox.run(&["hook", "commit-msg", &file]).code(1).stderr_has("no record of this ledger");
    let file = sandbox.write("large", &format!("{}\n\nException: {short}\n", "x".repeat(65 << 20)));
    sandbox.run(&["hook", "commit-msg", &file]).code(1).stderr_has("more than 64 MiB");
    sandbox.run(&["hooks", "uninstall"]).ok();
    let _ = commit(&sandbox, "Mend it\n\nException: ffff0000\n").ok();
}

#[test]
fn where_there_is_no_ledger_nothing_is_asked_of_a_message() {
    let sandbox = Sandbox::new();
    sandbox.run(&["hooks", "install", "--commit-msg"]).ok();
    let _ = commit(&sandbox, "Mend it\n\nException: ffff0000\n").ok();
}
