//! Keys as people have them: files with and without a passphrase, ssh-agent, literals.

use std::process::{Child, Command};

use crate::support::sandbox::{Sandbox, exception};

#[test]
fn a_key_with_a_passphrase_signs_with_it_and_not_otherwise() {
    let sandbox = Sandbox::new();
    let key = sandbox.home.join("alice").display().to_string();
    sandbox
        .at(sandbox.root.path(), "ssh-keygen", &["-q", "-p", "-P", "", "-N", "correct horse", "-f", &key])
        .ok();
    let right = sandbox.write("right", "correct horse\n");
    let wrong = sandbox.write("wrong", "battery staple\n");
    sandbox.run(&["init", "--yes"]).code(4).stderr_has("no terminal to ask");
    sandbox
        .run(&["init", "--yes", "--passphrase-file", &wrong])
        .code(2)
        .stderr_has("the passphrase does not open");
    sandbox.git(&["rev-parse", "--verify", "-q", "refs/heads/ledger"]).code(1);
    sandbox.run(&["init", "--yes", "--passphrase-file", &right]).ok();
    sandbox.run(&["verify"]).ok();
}

#[test]
fn the_private_half_the_public_half_and_a_literal_name_the_same_key() {
    let sandbox = Sandbox::with_ledger();
    let private = sandbox.home.join("alice").display().to_string();
    for key in [private.clone(), format!("{private}.pub")] {
        sandbox.run(&["--key", &key, "key", "show"]).ok().stdout_has("alice in this ledger");
    }
    let line = std::fs::read_to_string(format!("{private}.pub")).unwrap();
    let literal = format!("key::{}", line.trim());
    sandbox.git(&["config", "user.signingkey", &literal]).ok();
    sandbox
        .run(&exception("s", "t"))
        .code(4)
        .stderr_has("neither in a file nor in ssh-agent")
        .stderr_has("ssh-add");
}

struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn ssh_agent_signs_for_a_literal_key() {
    let sandbox = Sandbox::with_ledger();
    let socket = sandbox.root.path().join("agent");
    let agent = Agent(
        Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap(),
    );
    for _ in 0..200 {
        if socket.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let private = sandbox.home.join("alice");
    let mut add = sandbox.command(sandbox.root.path(), "ssh-add");
    assert!(add.arg("-q").arg(&private).env("SSH_AUTH_SOCK", &socket).status().unwrap().success());
    let line = std::fs::read_to_string(sandbox.home.join("alice.pub")).unwrap();
    std::fs::remove_file(&private).unwrap();
    sandbox.git(&["config", "user.signingkey", &format!("key::{}", line.trim())]).ok();
    let mut record = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
    let output = record.args(exception("s", "t")).env("SSH_AUTH_SOCK", &socket).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    sandbox.run(&["verify"]).ok().stdout_has("3 records");
    drop(agent);
}

#[test]
fn without_a_key_the_command_that_makes_one_is_named() {
    let sandbox = Sandbox::new();
    sandbox.git(&["config", "--global", "--unset", "user.signingkey"]).ok();
    sandbox
        .run(&["init", "--yes"])
        .code(2)
        .stderr_has("no signing key is configured")
        .stderr_has("ssh-keygen -t ed25519");
    sandbox.run(&["--key", "/nowhere", "init", "--yes"]).code(2).stderr_has("cannot read the key /nowhere");
    let rsa = sandbox.root.path().join("rsa").display().to_string();
    sandbox
        .at(sandbox.root.path(), "ssh-keygen", &["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", &rsa])
        .ok();
    sandbox.run(&["--key", &format!("{rsa}.pub"), "init", "--yes"]).code(2).stderr_has("not an Ed25519 key");
    sandbox.run(&["--key", &rsa, "init", "--yes"]).code(2);
    let text = sandbox.write("text", "hello\n");
    sandbox.run(&["--key", &text, "init", "--yes"]).code(2).stderr_has("not a private key");
}

#[test]
fn a_strangers_key_records_nothing() {
    let sandbox = Sandbox::with_ledger();
    let mallory = sandbox.key("mallory");
    let head = sandbox.ledger_head();
    let mut arguments = vec!["--key", mallory.as_str()];
    arguments.extend(exception("s", "t"));
    sandbox
        .run(&arguments)
        .code(1)
        .stderr_has("belongs to no member")
        .stderr_has("countersign trust propose");
    assert_eq!(sandbox.ledger_head(), head);
}
