//! A remote whose connections break off, and one that falls silent.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::support::clones::{clone_of, ledger_id, people, remote_of, tasks};
use crate::support::sandbox::{Sandbox, exception};
use crate::support::serving::{Serving, git_daemon};

/// What a proxy does to a connection.
#[derive(Clone, Copy)]
enum Fault {
    /// Ends the connection after this many bytes from the client.
    CutUp(u64),
    /// Ends the connection after this many bytes from the server.
    CutDown(u64),
    /// Passes nothing on after this many bytes from the server, but keeps the connection open.
    Silent(u64),
}

/// A proxy in front of the daemon. One of its connections has a fault; `up` and `down` are the numbers of bytes that
/// passed each way in that connection.
struct Proxy {
    port: u16,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

/// Copies bytes until the limit. Returns whether the limit was reached.
fn copy(mut from: TcpStream, mut to: TcpStream, limit: u64, passed: &AtomicU64) -> bool {
    let (mut buffer, mut total) = ([0_u8; 4096], 0_u64);
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        let may = usize::try_from(limit.saturating_sub(total)).unwrap().min(read);
        if to.write_all(&buffer[..may]).is_err() {
            break;
        }
        total += may as u64;
        passed.fetch_max(total, Ordering::Relaxed);
        if may < read || total >= limit {
            return true;
        }
    }
    _ = to.shutdown(Shutdown::Write);
    false
}

/// Starts a proxy: the first `skipped` connections pass unchanged, the next one has the fault, and later ones pass.
fn proxy(daemon: u16, fault: Fault, skipped: u64) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (up, down) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (all_up, all_down) = (Arc::clone(&up), Arc::clone(&down));
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let Ok(client) = client else { return };
            let Ok(server) = TcpStream::connect(("127.0.0.1", daemon)) else { return };
            let fault = (number as u64 == skipped).then_some(fault);
            let unseen = || Arc::new(AtomicU64::new(0));
            let (up, down) = match fault {
                Some(_) => (Arc::clone(&all_up), Arc::clone(&all_down)),
                None => (unseen(), unseen()),
            };
            let (client2, server2) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let (client3, server3) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let most_up = if let Some(Fault::CutUp(bytes)) = fault { bytes } else { u64::MAX };
            let (most_down, stays) = match fault {
                Some(Fault::CutDown(bytes)) => (bytes, false),
                Some(Fault::Silent(bytes)) => (bytes, true),
                Some(Fault::CutUp(_)) | None => (u64::MAX, false),
            };
            let end = move |client: TcpStream, server: TcpStream| {
                _ = client.shutdown(Shutdown::Both);
                _ = server.shutdown(Shutdown::Both);
            };
            std::thread::spawn(move || {
                if copy(client, server, most_up, &up) {
                    end(client2, server2);
                }
            });
            std::thread::spawn(move || {
                let (from, to) = (server3.try_clone().unwrap(), client3.try_clone().unwrap());
                if copy(from, to, most_down, &down) {
                    if stays {
                        std::thread::sleep(Duration::from_mins(1));
                    }
                    end(client3, server3);
                }
            });
        }
    });
    Proxy { port, up, down }
}

fn through(sandbox: &Sandbox, port: u16, remote: &std::path::Path) {
    let name = remote.file_name().unwrap().to_string_lossy();
    sandbox.git(&["remote", "set-url", "origin", &format!("git://127.0.0.1:{port}/{name}")]).ok();
}

/// A clone of alice's that reaches the remote through a proxy.
struct Behind {
    alice: Sandbox,
    clone: Sandbox,
    daemon: u16,
    _serving: Serving,
    remote: std::path::PathBuf,
}

fn behind() -> Behind {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let (remote, id) = (remote_of(&alice), ledger_id(&alice));
    let (serving, daemon) = git_daemon(&alice, remote.parent().unwrap());
    let clone = clone_of(&remote, "laptop");
    let key = alice.home.join("alice.pub").display().to_string();
    clone.git(&["config", "user.signingkey", &key]).ok();
    through(&clone, daemon, &remote);
    clone.run(&["verify", "--sync", "--ledger-id", &id]).ok();
    Behind { alice, clone, daemon, _serving: serving, remote }
}

/// Records in the clone and syncs through the fault, then without it. Afterwards, both clones must have the same head.
fn survives(there: &Behind, fault: Fault, skipped: u64, number: u64) -> Proxy {
    let Behind { alice, clone, daemon, remote, .. } = there;
    let task = format!("t{number}");
    let line = exception("s", &task).join(" ").replace(" c ", &format!(" c-{task} "));
    let local: Vec<&str> = line.split(' ').chain(["--local"]).collect();
    clone.run(&local).ok();
    alice
        .run(
            &exception("s", &format!("others{number}"))
                .join(" ")
                .replace(" c ", &format!(" o-{task} "))
                .split(' ')
                .collect::<Vec<_>>(),
        )
        .ok();
    let proxy = proxy(*daemon, fault, skipped);
    through(clone, proxy.port, remote);
    let ran = clone.run(&["sync"]);
    assert!(matches!(ran.code, Some(0 | 4)), "{:?} {}", ran.code, ran.stderr);
    through(clone, *daemon, remote);
    clone.run(&["sync"]).ok();
    alice.run(&["sync"]).ok();
    assert_eq!(alice.ledger_head(), clone.ledger_head());
    proxy
}

#[test]
fn a_connection_that_is_cut_anywhere_loses_nothing_and_doubles_nothing() {
    let there = behind();
    // Each connection of one sync is cut at each quarter of its bytes, both ways; with `COUNTERSIGN_CUT_EVERY=16`, at
    // every 16th byte.
    let every: Option<u64> = std::env::var("COUNTERSIGN_CUT_EVERY").ok().map(|bytes| bytes.parse().unwrap());
    let places = |all: u64| -> Vec<u64> {
        let step = every.unwrap_or(all.div_ceil(4)).max(1);
        (0..all).step_by(usize::try_from(step).unwrap()).collect()
    };
    let mut number = 0_u64;
    let mut next = || {
        number += 1;
        number
    };
    let mut connections = 0;
    loop {
        let whole = survives(&there, Fault::CutUp(u64::MAX), connections, next());
        let (up, down) = (whole.up.load(Ordering::Relaxed), whole.down.load(Ordering::Relaxed));
        if up == 0 {
            break;
        }
        let ups = places(up).into_iter().map(Fault::CutUp);
        for fault in ups.chain(places(down).into_iter().map(Fault::CutDown)) {
            let cut = survives(&there, fault, connections, next());
            let passed = (cut.up.load(Ordering::Relaxed), cut.down.load(Ordering::Relaxed));
            assert_ne!(passed, (up, down), "it was cut");
        }
        connections += 1;
    }
    assert!(connections >= 3, "the question, the fetch and the push: {connections}");
    let there = tasks(&there.alice);
    let mut once = there.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), there.len(), "nothing twice");
    assert_eq!(there.len() as u64, 2 * number, "nothing lost");
}

#[test]
fn a_remote_that_falls_silent_is_given_up_and_the_record_is_kept() {
    let there = behind();
    let Behind { clone, daemon, remote, .. } = &there;
    clone.git(&["config", "countersign.remoteTimeout", "1"]).ok();
    clone.git(&["config", "countersign.shareTimeout", "4"]).ok();
    for (number, (skipped, bytes)) in [(0, 0), (0, 100), (1, 0), (1, 150)].into_iter().enumerate() {
        let proxy = proxy(*daemon, Fault::Silent(bytes), skipped);
        through(clone, proxy.port, remote);
        let task = format!("t{number}");
        let line = exception("s", &task).join(" ").replace(" c ", &format!(" c-{task} "));
        let started = std::time::Instant::now();
        let failed = clone.run(&line.split(' ').collect::<Vec<_>>()).code(4);
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
        let _ = failed.stderr_has("within").stderr_has("it is kept in this clone");
        through(clone, *daemon, remote);
        clone.run(&["sync"]).ok();
    }
    assert_eq!(tasks(clone).len(), 4);
}

/// Records an exception with a cause of its own.
fn recorded(clone: &Sandbox, number: usize, more: &[&str]) -> crate::support::sandbox::Ran {
    let task = format!("t{number}");
    let line = exception("s", &task).join(" ").replace(" c ", &format!(" c-{task} "));
    clone.run(&line.split(' ').chain(more.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn within_the_time_that_is_given_a_remote_that_comes_back_is_waited_for() {
    let there = behind();
    let Behind { alice, clone, daemon, remote, .. } = &there;
    alice.plan("previous");
    clone.git(&["config", "countersign.remoteTimeout", "1"]).ok();
    // The first connection asks for the head of the remote, the second one pushes.
    let faults =
        [(0, Fault::CutDown(50)), (1, Fault::CutUp(200)), (1, Fault::CutDown(60)), (0, Fault::Silent(0))];
    let through_fault = |(skipped, fault)| through(clone, proxy(*daemon, fault, skipped).port, remote);
    for (number, fault) in faults.into_iter().enumerate() {
        through_fault(fault);
        recorded(clone, number, &["--within", "1m"]).ok().stdout_has("recorded and shared");
        through_fault(fault);
        let asked = ["gate", "--commit", "origin/production", "--record", "--within", "1m", "--json"];
        let asked = clone.run(&asked).ok().json();
        alice.run(&["sync"]).ok();
        alice.run(&["show", asked["receipt"].as_str().unwrap()]).ok();
    }
    assert_eq!(tasks(alice).len(), faults.len(), "each once");
    let log = alice.run(&["log", "--kind", "receipt", "-n", "0", "--json"]).ok().json();
    let lost = log["records"].as_array().unwrap().len() - faults.len();
    // If the answer to a push does not arrive, the remote is asked whether it accepted the push.
    assert_eq!(lost, 0, "{log}");
    // Without `--within`, the failure is reported at once.
    through_fault((1, Fault::CutUp(200)));
    recorded(clone, 8, &[]).code(4).stderr_has("it is kept in this clone");
}

#[test]
fn a_remote_that_stays_away_is_given_up_once_the_time_is_over() {
    let there = behind();
    let Behind { clone, daemon, remote, .. } = &there;
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    through(clone, gone, remote);
    let started = std::time::Instant::now();
    recorded(clone, 1, &["--within", "3s"]).code(4).stderr_has("it is kept in this clone");
    let spent = started.elapsed();
    assert!((Duration::from_secs(3)..Duration::from_secs(30)).contains(&spent), "{spent:?}");
    // A remote that answers is not waited for: a refusal is final.
    through(clone, *daemon, remote);
    let hook = remote.join("hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\necho 'closed for the night'\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let started = std::time::Instant::now();
    let refused = recorded(clone, 2, &["--within", "2m"]).code(4);
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
    let _ = refused.stderr_has("pre-receive hook declined");
}
