//! Measures what sharing costs if several processes of one clone, or several clones of one remote, share at the same
//! time. The cost is relative to one process that records the same number of exceptions in a row. The remote is a
//! folder, or with `--over http` or `--over ssh` a server on this machine. Prints times, ratios and tries, and checks
//! that every record is in the ledger once; asserts nothing about time.

#![allow(missing_docs, reason = "a benchmark is run, not called")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    reason = "a benchmark reads the clock and prints what it measured"
)]

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How clones reach the remote.
#[derive(Clone, Copy)]
enum Over {
    Folder,
    Http,
    Ssh,
}

impl Over {
    fn asked() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let named = arguments.iter().position(|argument| argument == "--over");
        match named.and_then(|at| arguments.get(at + 1)).map(String::as_str) {
            None => Self::Folder,
            Some("http") => Self::Http,
            Some("ssh") => Self::Ssh,
            Some(other) => panic!("--over takes http or ssh, not {other}"),
        }
    }
}

/// A home with a key, and a remote with a ledger.
struct Place {
    root: tempfile::TempDir,
    id: String,
    url: String,
    server: Option<Child>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            _ = server.kill();
            _ = server.wait();
        }
    }
}

impl Place {
    fn new(over: Over) -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let mut place = Self { root, id: String::new(), url: String::new(), server: None };
        let key = place.path("key").display().to_string();
        place.run(&place.path(""), "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &key]);
        let config = format!(
            "[user]\n\tname = Alice\n\temail = alice@example.org\n\tsigningkey = {key}.pub\n[init]\n\tdefaultBranch = production\n"
        );
        std::fs::write(place.path(".gitconfig"), config).expect("written");
        place.run(&place.path(""), "git", &["init", "-q", "--bare", "remote.git"]);
        match over {
            Over::Folder => place.url = place.path("remote.git").display().to_string(),
            Over::Http => place.serve_http(),
            Over::Ssh => place.serve_ssh(&key),
        }
        let first = place.clone("first");
        place.run(&first, "git", &["commit", "-q", "--allow-empty", "-m", "first"]);
        place.run(&first, "git", &["push", "-q", "origin", "production"]);
        place.run(&first, PROGRAM, &["init", "--yes", "--service", "payments"]);
        let verified = place.run(&first, PROGRAM, &["verify", "--json"]);
        place.id.push_str(field(&verified, "ledger").trim_matches('"'));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn clone(&self, name: &str) -> PathBuf {
        self.run(&self.path(""), "git", &["clone", "-q", &self.url, name]);
        let clone = self.path(name);
        // The time that sharing takes is measured, so no clone may give up.
        self.run(&clone, "git", &["config", "countersign.shareTimeout", "3600"]);
        if !self.id.is_empty() {
            self.run(&clone, PROGRAM, &["verify", "--ledger-id", &self.id]);
        }
        clone
    }

    fn serve_http(&mut self) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support/smart_http.py");
        let root = self.path("").display().to_string();
        let mut command = self.command(&self.path(""), "python3", &[script, &root]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("python3 runs");
        let mut port = String::new();
        let out = server.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut port).expect("it names its port");
        self.url = format!("http://127.0.0.1:{}/remote.git", port.trim());
        self.server = Some(server);
    }

    fn serve_ssh(&mut self, key: &str) {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
        let path = std::env::var("PATH").expect("PATH");
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {key}\nAuthorizedKeysFile {key}.pub\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nSetEnv PATH={path}\nMaxStartups 100\n"
        );
        std::fs::write(self.path("sshd_config"), config).expect("written");
        // The server confines itself to this folder if root runs it.
        _ = std::fs::create_dir_all("/run/sshd");
        let file = self.path("sshd_config").display().to_string();
        let mut command = self.command(&self.path(""), "/usr/sbin/sshd", &["-D", "-e", "-f", &file]);
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.server = Some(server.expect("sshd runs: package openssh-server"));
        let listens = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(listens, "sshd does not listen");
        let login = format!(
            "[core]\n\tsshCommand = ssh -i {key} -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR\n"
        );
        let settings = std::fs::read_to_string(self.path(".gitconfig")).expect("read") + &login;
        std::fs::write(self.path(".gitconfig"), settings).expect("written");
        let user = self.run(&self.path(""), "id", &["-un"]);
        self.url = format!("ssh://{}@127.0.0.1:{port}{}", user.trim(), self.path("remote.git").display());
    }

    fn command(&self, directory: &Path, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear().env("HOME", self.root.path()).stdin(Stdio::null());
        command
            .env("PATH", std::env::var_os("PATH").expect("PATH"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(arguments);
        command
    }

    fn run(&self, directory: &Path, program: &str, arguments: &[&str]) -> String {
        let output = self.command(directory, program, arguments).output().expect("it runs");
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {arguments:?}: {error}");
        out.into_owned()
    }

    /// Records one exception, and returns how often the ledger was pushed for it.
    fn record(&self, clone: &Path, task: &str) -> u32 {
        let line =
            "record exception --workflow w --root-cause c --failure timeout --origin data --summary s --json";
        let arguments: Vec<&str> = line.split(' ').chain(["--task", task]).collect();
        let answer = self.run(clone, PROGRAM, &arguments);
        assert_eq!(field(&answer, "shared"), "true", "{answer}");
        field(&answer, "tries").parse().expect("a number")
    }

    /// Returns the number of records in the remote's ledger, which has to be sound.
    fn size(&self) -> u64 {
        let clone = self.path("first");
        self.run(&clone, PROGRAM, &["sync"]);
        let verified = self.run(&clone, PROGRAM, &["verify", "--full", "--json"]);
        assert_eq!(field(&verified, "verdict"), "\"sound\"", "{verified}");
        assert_eq!(field(&verified, "shared"), field(&verified, "size"), "{verified}");
        field(&verified, "size").parse().expect("a number")
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// The text of a field of a JSON object on one line.
fn field<'a>(json: &'a str, name: &str) -> &'a str {
    let (_, rest) = json.split_once(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name} in {json}"));
    rest.split([',', '}']).next().unwrap_or_default()
}

/// Records `times` exceptions in each of the clones, in all of them at the same time. Returns the tries, sorted, and
/// the seconds.
fn at_once(place: &Place, clones: &[PathBuf], times: usize, tag: &str) -> (Vec<u32>, f64) {
    let start = Instant::now();
    let mut tries: Vec<u32> = std::thread::scope(|scope| {
        let writer = |(number, clone): (usize, &PathBuf)| {
            let clone = clone.clone();
            scope.spawn(move || {
                (0..times)
                    .map(|time| place.record(&clone, &format!("{tag} {number} {time}")))
                    .collect::<Vec<u32>>()
            })
        };
        let running: Vec<_> = clones.iter().enumerate().map(writer).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("it ends")).collect()
    });
    tries.sort_unstable();
    (tries, start.elapsed().as_secs_f64())
}

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (writers, times) = if is_quick { (6, 3) } else { (16, 20) };
    let (number, over) = (writers * times, Over::asked());
    let one = Place::new(over);
    let (_, limit) = at_once(&one, &[one.path("first")], number, "row");
    println!("{number} records in a row, each shared: {limit:.1} s");
    let mut shown = Vec::new();
    for what in ["processes of one clone", "clones of one remote"] {
        let place = Place::new(over);
        let before = place.size();
        let clones: Vec<PathBuf> = (0..writers)
            .map(|number| match what {
                "processes of one clone" => place.path("first"),
                _ => place.clone(&format!("clone{number}")),
            })
            .collect();
        let (tries, seconds) = at_once(&place, &clones, times, "once");
        assert_eq!(place.size(), before + number as u64, "everything is there, once");
        let (median, most) = (tries[tries.len() / 2], tries.last().copied().unwrap_or_default());
        shown.push(format!(
            "{writers} {what}, {times} records each: {seconds:.1} s, {:.2} times the row; tries: median {median}, at most {most}",
            seconds / limit
        ));
    }
    shown.iter().for_each(|line| println!("{line}"));
}
