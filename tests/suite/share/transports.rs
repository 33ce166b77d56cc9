//! Several people share at the same time over Git's transports: smart HTTP and SSH.

use std::path::Path;

use super::contention::{all_are_there, clones, wait, writer};
use crate::support::clones::{people, remote_of};
use crate::support::effort::not_run;
use crate::support::sandbox::Sandbox;
use crate::support::serving::{SSHD, http, logs_in, sshd};

/// Lets all clones record through the server at the same time, and asserts that the ledger then holds every record
/// exactly once.
fn share_through(alice: &Sandbox, url: &str, clones: &[Sandbox]) {
    for clone in clones {
        clone.git(&["remote", "set-url", "origin", url]).ok();
    }
    let tags: Vec<String> = (0..clones.len()).map(|number| format!("w{number}")).collect();
    wait(clones.iter().zip(&tags).map(|(clone, tag)| writer(clone, tag)).collect());
    all_are_there(alice, &tags);
    // The answers are the same over every transport.
    let paused = clones[0].run(&["pause", "--reason", "it burns", "--json"]).ok().json();
    assert_eq!(paused["sharing"], "shared", "{paused}");
    clones[1].run(&["gate", "--sync"]).code(1).stdout_has("it burns");
}

#[test]
fn several_share_over_smart_http() {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let (remote, clones) = (remote_of(&alice), clones(&alice));
    let Some((_serving, url)) = http(&alice, remote.parent().unwrap()) else { return };
    let name = remote.file_name().unwrap().to_string_lossy();
    share_through(&alice, &format!("{url}/{name}"), &clones);
}

#[test]
fn several_share_over_ssh() {
    if !Path::new(SSHD).exists() {
        return not_run("SSH needs the package openssh-server");
    }
    let [alice] = people(&[]).try_into().ok().unwrap();
    let (remote, clones) = (remote_of(&alice), clones(&alice));
    let key = alice.key("login");
    let (_serving, port) = sshd(&alice, &format!("{key}.pub"));
    clones.iter().for_each(|clone| logs_in(clone, &key));
    let user = alice.at(alice.root.path(), "id", &["-un"]).ok().stdout;
    let url = format!("ssh://{}@127.0.0.1:{port}{}", user.trim(), remote.display());
    share_through(&alice, &url, &clones);
}
