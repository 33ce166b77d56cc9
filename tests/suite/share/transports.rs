//! Several share at the same time over the ways that Git talks with servers: smart HTTP, and SSH.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::contention::{all_are_there, clones, wait, writer};
use crate::support::clones::{people, remote_of};
use crate::support::effort::not_run;
use crate::support::sandbox::Sandbox;

/// A server, until it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// Each of several clones records through the server, all at the same time: everything is there, once.
fn share_through(alice: &Sandbox, url: &str, clones: &[Sandbox]) {
    for clone in clones {
        clone.git(&["remote", "set-url", "origin", url]).ok();
    }
    let tags: Vec<String> = (0..clones.len()).map(|number| format!("w{number}")).collect();
    wait(clones.iter().zip(&tags).map(|(clone, tag)| writer(clone, tag)).collect());
    all_are_there(alice, &tags);
    // A person is told the same by every way.
    let paused = clones[0].run(&["pause", "--reason", "it burns", "--json"]).ok().json();
    assert_eq!(paused["sharing"], "shared", "{paused}");
    clones[1].run(&["gate", "--sync"]).code(1).stdout_has("it burns");
}

#[test]
fn several_share_over_smart_http() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let (remote, clones) = (remote_of(&alice), clones(&alice));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support/smart_http.py");
    let mut command = alice.command(alice.root.path(), "python3");
    command.arg(script).arg(remote.parent().unwrap()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return not_run("smart HTTP needs python3") };
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let _server = Server(child);
    let name = remote.file_name().unwrap().to_string_lossy();
    share_through(&alice, &format!("http://127.0.0.1:{}/{name}", port.trim()), &clones);
}

const SSHD: &str = "/usr/sbin/sshd";

#[test]
fn several_share_over_ssh() {
    if !Path::new(SSHD).exists() {
        return not_run("SSH needs the package openssh-server");
    }
    let [alice] = people(&[]).try_into().ok().unwrap();
    let (remote, clones) = (remote_of(&alice), clones(&alice));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (host_key, key) = (alice.key("host"), alice.key("login"));
    let allowed = std::fs::read_to_string(format!("{key}.pub")).unwrap();
    let allowed = alice.write("allowed", &allowed);
    let path = std::env::var("PATH").unwrap();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {host_key}\nAuthorizedKeysFile {allowed}\nPidFile none\n\
         StrictModes no\nUsePAM no\nPasswordAuthentication no\nSetEnv PATH={path}\nMaxStartups 100\n"
    );
    let config = alice.write("sshd_config", &config);
    // The folder into which the server locks itself when root runs it.
    _ = std::fs::create_dir_all("/run/sshd");
    let mut command = alice.command(alice.root.path(), SSHD);
    command.args(["-D", "-e", "-f", &config]).stdout(Stdio::null()).stderr(Stdio::null());
    let _server = Server(command.spawn().unwrap());
    let listens = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    assert!(listens, "sshd does not listen");
    let login = format!(
        "ssh -i {key} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    );
    for clone in &clones {
        let file = clone.home.join(".gitconfig");
        let config = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{config}[core]\n\tsshCommand = {login}\n")).unwrap();
    }
    let user = alice.at(alice.root.path(), "id", &["-un"]).ok().stdout;
    let url = format!("ssh://{}@127.0.0.1:{port}{}", user.trim(), remote.display());
    share_through(&alice, &url, &clones);
}
