//! A server with a bare repository that people push to. The server has its own home directory and Git user.

use std::path::Path;

use crate::support::clones::{ledger_id, people, remote_of};
use crate::support::sandbox::Sandbox;
use crate::support::serving::{Serving, http};

/// Who signs receipts on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// The server, as the service `gate`, which alice owns.
    Server,
    /// The person who pushes: the receipt must be in the ledger before the push.
    Pusher,
}

/// A server with the hooks, and the clones of people who push to it.
pub struct Server {
    pub people: Vec<Sandbox>,
    /// The sandbox of the server's user. Its repository is the bare one.
    pub sandbox: Sandbox,
    _serving: Option<Serving>,
}

impl Server {
    /// Founds a ledger of alice and others, with a rollback plan, and serves it by smart HTTP. `None` if Python is
    /// missing.
    pub fn new(others: &[&str], signs: Signs) -> Option<Self> {
        let people = people(others);
        let alice = &people[0];
        let (remote, id) = (remote_of(alice), ledger_id(alice));
        let sandbox = bare(&remote);
        if signs == Signs::Server {
            enrol(alice, &sandbox);
        }
        alice.plan("previous");
        sandbox.run(&["verify", "--ledger-id", &id]).ok();
        sandbox.run(&["hooks", "install"]).ok().stdout_has("pre-receive installed");
        let (serving, url) = http(&sandbox, remote.parent().unwrap())?;
        let url = format!("{url}/{}", remote.file_name().unwrap().to_string_lossy());
        for clone in &people {
            clone.git(&["remote", "set-url", "origin", &url]).ok();
        }
        Some(Self { people, sandbox, _serving: Some(serving) })
    }

    pub fn alice(&self) -> &Sandbox {
        &self.people[0]
    }

    /// The commit of a ref on the server; empty if there is none.
    pub fn head(&self, name: &str) -> String {
        self.sandbox.git(&["rev-parse", "--verify", "--quiet", name]).stdout.trim().to_owned()
    }

    /// The number of receipts in the queue of the server.
    pub fn queued(&self) -> usize {
        queued(&self.sandbox)
    }
}

/// Makes a sandbox for the user of a server. Its repository is this bare one.
pub fn bare(remote: &Path) -> Sandbox {
    let root = crate::support::temporary::tempdir().unwrap();
    let home = root.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::fs::write(home.join(".gitconfig"), "[user]\n\tname = server\n\temail = git@example.org\n").unwrap();
    Sandbox { root, home, repository: remote.to_owned() }
}

/// Adds the service `gate` to the trust, with a key in the server's home directory.
pub fn enrol(alice: &Sandbox, server: &Sandbox) {
    let key = format!("{}.pub", server.key("gate"));
    let line = std::fs::read_to_string(&key).unwrap();
    let member = format!("gate={}", line.trim());
    let add = ["trust", "add", &member, "--owner", "alice", "--role", "gate"];
    alice.run(&add).ok().stdout_has("in force");
    server.git(&["config", "user.signingkey", &key]).ok();
}

/// Returns alice's clone of a ledger with a plan, and the sandbox of the server that has its bare repository.
pub fn served() -> (Sandbox, Sandbox) {
    let [alice] = people(&[]).try_into().ok().unwrap();
    let remote = remote_of(&alice);
    let server = bare(&remote);
    enrol(&alice, &server);
    alice.plan("previous");
    server.run(&["verify", "--ledger-id", &ledger_id(&alice)]).ok();
    server.run(&["hooks", "install"]).ok();
    (alice, server)
}

/// The number of receipts in the queue of a bare repository.
pub fn queued(bare: &Sandbox) -> usize {
    let queue = bare.repository.join("countersign").join("queue");
    // A writer that was killed leaves a temporary file, which is removed after an hour.
    let is_record = |path: &Path| path.extension().is_some_and(|ending| ending == "toml");
    let files = std::fs::read_dir(queue).into_iter().flatten().flatten();
    files.filter(|file| is_record(&file.path())).count()
}

/// The trail of payments in production in a repository.
pub fn trail(repository: &Sandbox) -> serde_json::Value {
    repository.run(&["trail", "payments/production", "--json"]).json()
}

/// The commits that receipts for payments in production name, oldest first.
pub fn receipts(repository: &Sandbox) -> Vec<String> {
    let trail = trail(repository);
    let deployments = trail["deployments"].as_array().unwrap_or_else(|| panic!("{trail}"));
    deployments.iter().map(|one| one["commit"].as_str().unwrap().to_owned()).collect()
}
