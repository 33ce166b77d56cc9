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
    let (agent, socket) = agent(&sandbox);
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

/// Starts an agent, and returns it with its socket.
fn agent(sandbox: &Sandbox) -> (Agent, std::path::PathBuf) {
    let socket = sandbox.root.path().join("agent");
    let mut command = Command::new("ssh-agent");
    let agent = command.args(["-D", "-a"]).arg(&socket).stdout(std::process::Stdio::null()).spawn().unwrap();
    for _ in 0..200 {
        if socket.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    (Agent(agent), socket)
}

/// Moves alice's private key to where only the signing program finds it, and returns the public key.
fn vault(sandbox: &Sandbox) -> String {
    let line = std::fs::read_to_string(sandbox.home.join("alice.pub")).unwrap();
    std::fs::rename(sandbox.home.join("alice"), sandbox.root.path().join("vault")).unwrap();
    line.trim().to_owned()
}

/// A program that signs with a key, as 1Password's does: it takes the arguments of `ssh-keygen`, and logs them.
fn keeper(sandbox: &Sandbox, name: &str, key: &str) -> String {
    let root = sandbox.root.path().display();
    sandbox.script(
        name,
        &format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" > {root}/asked\nfor last; do :; done\n\
             exec ssh-keygen -q -Y sign -n \"$4\" -f {key} \"$last\"\n"
        ),
    )
}

#[test]
fn the_program_of_the_users_own_configuration_signs_and_that_of_a_repository_never_does() {
    let sandbox = Sandbox::with_ledger();
    let line = vault(&sandbox);
    let key = sandbox.root.path().join("vault").display().to_string();
    let program = keeper(&sandbox, "keeper", &key);
    sandbox.git(&["config", "user.signingkey", &line]).ok();
    // A program that the repository configures is never run.
    sandbox.git(&["config", "gpg.ssh.program", &program]).ok();
    let ran = sandbox.run(&exception("s", "t")).code(4).stderr_has("is never run; set it in yours");
    let hint = ran.stderr.lines().find_map(|line| line.split_once("set it in yours: ")).unwrap().1.to_owned();
    assert!(!sandbox.root.path().join("asked").exists());
    sandbox.git(&["config", "--unset", "gpg.ssh.program"]).ok();
    // The advice works.
    sandbox.at(sandbox.root.path(), "sh", &["-c", &hint.replace("PROGRAM", &program)]).ok();
    sandbox.run(&exception("s", "t")).ok();
    let asked = std::fs::read_to_string(sandbox.root.path().join("asked")).unwrap();
    let words: Vec<&str> = asked.lines().collect();
    assert_eq!((&words[..3], words[6]), (&["-Y", "sign", "-n"][..], "-U"), "{asked}");
    // The key may be named by its public file instead; then the program is not given `-U`.
    sandbox.git(&["config", "user.signingkey", &sandbox.home.join("alice.pub").display().to_string()]).ok();
    sandbox.run(&exception("s", "u")).ok();
    let asked = std::fs::read_to_string(sandbox.root.path().join("asked")).unwrap();
    assert!(asked.contains("alice.pub") && !asked.contains("-U"), "{asked}");
    sandbox.run(&["verify"]).ok().stdout_has("4 records");
    // Git signs with the same configuration.
    sandbox.git(&["config", "gpg.format", "ssh"]).ok();
    sandbox.git(&["commit", "-q", "-S", "--allow-empty", "-m", "signed"]).ok();
}

#[test]
fn a_program_that_does_not_sign_is_an_error_and_nothing_is_recorded() {
    let sandbox = Sandbox::with_ledger();
    let line = vault(&sandbox);
    let mallory = sandbox.key("mallory");
    let head = sandbox.ledger_head();
    sandbox.git(&["config", "user.signingkey", &line]).ok();
    let refuses = sandbox.script("refuses", "#!/bin/sh\necho 'the vault is locked' >&2\nexit 1\n");
    let silent = sandbox.script("silent", "#!/bin/sh\nexit 0\n");
    let other = keeper(&sandbox, "other", &mallory);
    for (program, why) in [
        (refuses.as_str(), "refuses failed: the vault is locked"),
        (&silent, "silent failed: "),
        (&other, "and not with SHA256:"),
        ("no-such-keeper", "cannot find the program `no-such-keeper`"),
        ("./refuses", "expected one in PATH, or an absolute path"),
        ("", "neither in a file nor in ssh-agent"),
    ] {
        sandbox.git(&["config", "--global", "gpg.ssh.program", program]).ok();
        sandbox.run(&exception("s", "t")).code(4).stderr_has(why);
    }
    assert_eq!(sandbox.ledger_head(), head);
}

/// A key file with a passphrase is opened if the passphrase is given. If somebody would have to type the passphrase,
/// the user's program signs instead, as it does for Git.
#[test]
fn a_program_signs_in_place_of_a_key_that_asks_for_a_passphrase() {
    let sandbox = Sandbox::with_ledger();
    let key = sandbox.home.join("alice").display().to_string();
    let vault = sandbox.root.path().join("vault");
    std::fs::copy(&key, &vault).unwrap();
    let program = keeper(&sandbox, "keeper", &vault.display().to_string());
    sandbox.git(&["config", "--global", "gpg.ssh.program", &program]).ok();
    sandbox.run(&exception("s", "t")).ok();
    let asked = sandbox.root.path().join("asked");
    assert!(!asked.exists(), "a key that is at hand signs without the program");
    sandbox
        .at(sandbox.root.path(), "ssh-keygen", &["-q", "-p", "-P", "", "-N", "correct horse", "-f", &key])
        .ok();
    let right = sandbox.write("right", "correct horse\n");
    sandbox.run(&[&["--passphrase-file", &right], &exception("s", "u")[..]].concat()).ok();
    assert!(!asked.exists());
    sandbox.run(&exception("s", "v")).ok();
    assert!(asked.exists());
    sandbox.run(&["verify"]).ok().stdout_has("5 records");
}

#[test]
fn the_command_of_the_users_own_configuration_names_the_key() {
    let sandbox = Sandbox::with_ledger();
    let line = vault(&sandbox);
    let (_agent, socket) = agent(&sandbox);
    let add = |key: &std::path::Path| {
        let mut add = sandbox.command(sandbox.root.path(), "ssh-add");
        assert!(add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket).status().unwrap().success());
    };
    let rsa = sandbox.root.path().join("rsa");
    let words = ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", &rsa.display().to_string()];
    sandbox.at(sandbox.root.path(), "ssh-keygen", &words).ok();
    add(&rsa);
    let record = |more: &[&str]| {
        let mut record = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
        let output = record.args(more).env("SSH_AUTH_SOCK", &socket).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    sandbox.git(&["config", "--global", "--unset", "user.signingkey"]).ok();
    sandbox.git(&["config", "gpg.ssh.defaultKeyCommand", "ssh-add -L"]).ok();
    assert!(
        record(&exception("s", "t")).1.contains("no signing key is configured"),
        "a repository names no command"
    );
    sandbox.git(&["config", "--global", "gpg.ssh.defaultKeyCommand", "ssh-add -L"]).ok();
    let (code, said) = record(&exception("s", "t"));
    assert!(code == Some(2) && said.contains("the key is an RSA key (ssh-rsa)"), "{said}");
    add(&sandbox.root.path().join("vault"));
    assert_eq!(record(&exception("s", "t")).0, Some(0), "the first listed key that can sign records is used");
    for (command, why) in [
        ("sh -c 'exit 0'", "names no key"),
        ("sh -c 'echo no identity >&2; exit 1'", "sh failed: no identity"),
        ("\"open", "cannot find the program"),
        ("./key", "cannot find the program `./key`"),
    ] {
        sandbox.git(&["config", "--global", "gpg.ssh.defaultKeyCommand", command]).ok();
        let (code, said) = record(&exception("s", "u"));
        assert!(code == Some(4) && said.contains(why), "{command}: {said}");
    }
    let quoted = format!("sh -c 'echo \"key::$1\"' sh \"{line}\"");
    sandbox.git(&["config", "--global", "gpg.ssh.defaultKeyCommand", &quoted]).ok();
    assert_eq!(record(&exception("s", "u")).0, Some(0));
}

/// Certifies the key of alice, and returns the path of the certificate.
fn certify(sandbox: &Sandbox) -> String {
    let words = ["-q", "-t", "ed25519", "-N", "", "-f", "authority"];
    sandbox.at(sandbox.root.path(), "ssh-keygen", &words).ok();
    let key = sandbox.home.join("alice.pub").display().to_string();
    sandbox
        .at(sandbox.root.path(), "ssh-keygen", &["-q", "-s", "authority", "-I", "alice", "-n", "alice", &key])
        .ok();
    sandbox.home.join("alice-cert.pub").display().to_string()
}

#[test]
fn a_certificate_names_the_key_that_it_is_about() {
    let sandbox = Sandbox::with_ledger();
    let certificate = certify(&sandbox);
    sandbox.run(&["--key", &certificate, "key", "show"]).ok().stdout_has("alice in this ledger");
    sandbox.run(&[&["--key", &certificate], &exception("s", "t")[..]].concat()).ok();
    // A roster takes the key itself: a certificate in its place is refused, with the reason.
    let certified = std::fs::read_to_string(&certificate).unwrap();
    let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
    let own = std::fs::read_to_string(sandbox.home.join("alice.pub")).unwrap();
    let file = sandbox.write("trust.toml", &shown.replace(own.trim(), certified.trim()));
    sandbox
        .run(&["trust", "propose", "-f", &file])
        .code(2)
        .stderr_has("is a certificate of a key of the type ssh-ed25519");
    // An agent that has only the certificate signs, too.
    let (_agent, socket) = agent(&sandbox);
    let mut add = sandbox.command(sandbox.root.path(), "ssh-add");
    let key = sandbox.home.join("alice");
    assert!(add.arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket).status().unwrap().success());
    let plain = sandbox.write("plain.pub", &std::fs::read_to_string(sandbox.home.join("alice.pub")).unwrap());
    let mut drop = sandbox.command(sandbox.root.path(), "ssh-add");
    assert!(drop.args(["-q", "-d", &plain]).env("SSH_AUTH_SOCK", &socket).status().unwrap().success());
    std::fs::remove_file(&key).unwrap();
    let literal = std::fs::read_to_string(&certificate).unwrap();
    let mut record = sandbox.command(&sandbox.repository, crate::support::sandbox::program());
    let words = [&["--key", literal.trim()], &exception("s", "u")[..]].concat();
    let output = record.args(words).env("SSH_AUTH_SOCK", &socket).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    sandbox.run(&["verify"]).ok().stdout_has("4 records");
}

#[test]
fn a_public_key_file_may_begin_with_comments() {
    let sandbox = Sandbox::with_ledger();
    let public = sandbox.home.join("alice.pub");
    let line = std::fs::read_to_string(&public).unwrap();
    for before in ["# work\n", "\n\n", "\u{feff}", "# one\r\n# two\r\n", "  "] {
        std::fs::write(&public, format!("{before}{line}")).unwrap();
        let path = public.display().to_string();
        sandbox.run(&["--key", &path, "key", "show"]).ok().stdout_has("alice in this ledger");
    }
    std::fs::write(&public, "# nothing else\n").unwrap();
    sandbox
        .run(&["--key", &public.display().to_string(), "key", "show"])
        .code(2)
        .stderr_has("not a private key");
    std::fs::write(&public, &line[..40]).unwrap();
    let broken = ["--key", &public.display().to_string(), "key", "show"];
    sandbox.run(&broken).code(2).stderr_has("is not a whole public key");
}

#[test]
fn a_key_of_another_algorithm_is_named_with_the_command_that_makes_the_right_one() {
    let sandbox = Sandbox::with_ledger();
    let made = |kind: &[&str]| {
        let path = sandbox.root.path().join("other").display().to_string();
        _ = std::fs::remove_file(&path);
        sandbox.at(sandbox.root.path(), "ssh-keygen", &[&["-q", "-N", "", "-f", &path], kind].concat()).ok();
        path
    };
    for (kind, says) in [
        (&["-t", "rsa", "-b", "2048"][..], "is an RSA key"),
        (&["-t", "ecdsa"], "is an ECDSA key"),
        (&["-t", "ecdsa", "-b", "521"], "is an ECDSA key"),
        (&["-t", "rsa", "-b", "2048", "-m", "PEM"], "is an RSA key"),
        (&["-t", "ecdsa", "-m", "PEM"], "is an ECDSA key"),
        (&["-t", "rsa", "-b", "2048", "-m", "PKCS8"], "is a key in PKCS#8"),
    ] {
        let path = made(kind);
        let line = std::fs::read_to_string(format!("{path}.pub")).unwrap();
        for named in [path.clone(), format!("{path}.pub"), line.trim().to_owned(), format!("key::{line}")] {
            let ran = sandbox.run(&["--key", &named, "key", "show"]).code(2);
            let algorithm = says.split(' ').nth(2).unwrap();
            let is_told = ran.stderr.contains(says) || (named != path && ran.stderr.contains(algorithm));
            let is_told = is_told || (kind.contains(&"PKCS8") && ran.stderr.contains("RSA"));
            assert!(is_told && ran.stderr.contains("ssh-keygen -t ed25519"), "{named}: {}", ran.stderr);
        }
        let shown = sandbox.run(&["trust", "propose", "--print"]).ok().stdout;
        let own = std::fs::read_to_string(sandbox.home.join("alice.pub")).unwrap();
        let file = sandbox.write("trust.toml", &shown.replace(own.trim(), line.trim()));
        let ran = sandbox.run(&["trust", "propose", "-f", &file]).code(2);
        assert!(ran.stderr.contains("expected an Ed25519 key"), "{}", ran.stderr);
    }
    let text = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n";
    let putty = sandbox.write("key.ppk", text);
    sandbox
        .run(&["--key", &putty, "key", "show"])
        .code(2)
        .stderr_has("is a key of PuTTY")
        .stderr_has("puttygen");
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
    sandbox.run(&["--key", &format!("{rsa}.pub"), "init", "--yes"]).code(2).stderr_has("is an RSA key");
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
