//! `examples/grant/`: the programs that hand out access ask the ledger, and hand out nothing without a plain
//! yes.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::sandbox::{Ran, Sandbox, program, ran};

/// A ledger with a remote, a bare clone of it on the host that hands out access, and the wrapper installed on that
/// host.
struct Host {
    sandbox: Sandbox,
    clone: PathBuf,
    wrapper: PathBuf,
    /// The path of the command that the wrapper runs when access is granted.
    command: String,
    id: String,
}

fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join("grant").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(example(name)).unwrap()
}

/// Returns the first code block on the page that is in this language.
fn block(language: &str) -> String {
    let page = text("README.md");
    let rest = page.split_once(&format!("\n```{language}\n")).unwrap().1;
    rest.split("\n```").next().unwrap().to_owned() + "\n"
}

impl Host {
    fn new() -> Self {
        let sandbox = Sandbox::with_ledger();
        let remote = sandbox.with_remote().display().to_string();
        sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
        let id = sandbox.run(&["verify", "--json"]).ok().json()["ledger"].as_str().unwrap().to_owned();
        let clone = sandbox.root.path().join("access.git");
        let there = clone.display().to_string();
        sandbox
            .at(sandbox.root.path(), "git", &["clone", "-q", "--bare", "-b", "ledger", &remote, &there])
            .ok();
        let command = sandbox.write("load-rates", "#!/bin/sh\necho \"loaded $1 as $LOGNAME, HELD=$HELD\"\n");
        sandbox.at(sandbox.root.path(), "chmod", &["+x", "load-rates"]).ok();
        let host = Self { wrapper: sandbox.root.path().join("countersign-run"), sandbox, clone, command, id };
        host.install();
        host
    }

    /// Installs the wrapper as the page says, except for the path of its configuration.
    fn install(&self) {
        let root = self.sandbox.root.path();
        let login = self.sandbox.at(root, "id", &["-un"]).ok().stdout;
        let members = self.sandbox.write("members", &format!("bob bob\n{} alice\n10 carol\n", login.trim()));
        let steps = text("README.md");
        let steps = steps.split_once("   ```sh\n").unwrap().1.split("   ```").next().unwrap();
        let page = steps.replace("   ", "").replace("/usr/local/bin/countersign", program());
        let page = page.replace("/srv/payments-ledger.git", &self.clone.display().to_string());
        let page = page.replace(&"0".repeat(64), &self.id).replace("/etc/countersign-members", &members);
        let page = page.replace("home=/root", &format!("home={}", self.sandbox.home.display()));
        let config = self.sandbox.write("run.conf", &page);
        let script = text("countersign-run").replace("/etc/countersign-run.conf", &config);
        assert!(script.contains(&config));
        std::fs::write(&self.wrapper, script).unwrap();
    }

    /// Records and shares the override that the page shows, but for this action and resource. Returns its id.
    fn allow(&self, action: &str, resource: &str, hours: i64) -> String {
        let draft = block("toml");
        let draft = draft.replace("\"run\"", &format!("\"{action}\""));
        let draft = draft.replace("host:db1:/usr/local/sbin/load-rates", resource);
        let draft = draft.replace("2026-11-24T21:00:00Z", &self.sandbox.in_days(1));
        let end = in_seconds(hours * 3600);
        let file = self.sandbox.write("override.toml", &draft.replace("2026-11-24T13:00:00Z", &end));
        let ran = self.sandbox.run(&["record", "exception", "-f", &file, "--json"]).ok();
        self.share();
        ran.json()["id"].as_str().unwrap().to_owned()
    }

    fn share(&self) {
        self.sandbox.git(&["push", "-q", "origin", "ledger"]).ok();
    }

    /// Runs the wrapper as sudo would for the login that runs the tests.
    fn wrapped(&self, arguments: &[&str]) -> Ran {
        self.wrapped_for(None, arguments)
    }

    fn wrapped_for(&self, login: Option<&str>, arguments: &[&str]) -> Ran {
        let root = self.sandbox.root.path();
        let own = self.sandbox.at(root, "id", &["-un"]).ok().stdout;
        let mut command = self.sandbox.command(root, "sh");
        command.arg(&self.wrapper).args(arguments);
        command.env("SUDO_USER", login.unwrap_or(own.trim()));
        // Attempts of a caller: another ledger id, another Git directory, a variable for the command.
        command.env("COUNTERSIGN_LEDGER_ID", "0".repeat(64)).env("GIT_DIR", "/nowhere").env("HELD", "1");
        ran(command.output().unwrap(), "countersign-run", arguments)
    }

    fn is_root(&self) -> bool {
        self.sandbox.at(self.sandbox.root.path(), "id", &["-u"]).ok().stdout.trim() == "0"
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], why: &str) {
        let ran = self.wrapped(arguments).code(126).stderr_has("countersign-run: refused: ").stderr_has(why);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    }

    /// The exit code and the answer of the hook to a request; `None` if Python is missing.
    #[track_caller]
    fn ask_hook(&self, request: &str) -> Option<(Option<i32>, Value)> {
        let root = self.sandbox.root.path();
        let clone = self.clone.display().to_string();
        let mut command = self.sandbox.command(root, "python3");
        command.arg(example("policy-hook")).args(["--repository", &clone, "--ledger-id", &self.id]);
        command.args(["--countersign", program()]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut child) = command.spawn() else {
            crate::support::effort::not_run("the policy hook needs python3");
            return None;
        };
        // The hook need not read all of its input.
        let _ = child.stdin.take().unwrap().write_all(request.as_bytes());
        let ran = ran(child.wait_with_output().unwrap(), "policy-hook", &[request]);
        assert!(ran.stderr.is_empty(), "{}", ran.stderr);
        Some((ran.code, ran.json()))
    }

    #[track_caller]
    fn hook_refuses(&self, request: &str, why: &str) {
        let Some((code, answer)) = self.ask_hook(request) else { return };
        assert_eq!((code, &answer["allow"]), (Some(1), &json!(false)), "{answer}");
        assert!(answer["reason"].as_str().unwrap().contains(why), "{why}: {answer}");
    }
}

fn in_seconds(seconds: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    countersign::value::Time::from_unix(i64::try_from(now).unwrap() + seconds).unwrap().to_string()
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

#[test]
fn the_wrapper_runs_what_is_granted_now_and_nothing_else() {
    let host = Host::new();
    let command = host.command.clone();
    host.refuses(&[&command, "today"], "REFUSED: no override in force says");
    let id = host.allow("run", &format!("host:db1:{command}"), 4);
    let ran = host.wrapped(&[&command, "today; echo more"]).ok().stderr_has(&id[..8]);
    // The caller's variables do not reach the command, and its arguments reach it unchanged.
    assert!(ran.stdout.starts_with("loaded today; echo more as "), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("HELD=\n"), "{}", ran.stdout);
    // The wrapper exits with the command's own exit code.
    let failing = host.sandbox.write("load-rates", "#!/bin/sh\nexit 7\n");
    assert_eq!(failing, command);
    let _ = host.wrapped(&[&command]).code(7);
    host.refuses(&["/bin/cat"], "REFUSED");
    // The command is refused under any other spelling of its path.
    for other in [
        format!("{command}/../load-rates"),
        format!("/{command}"),
        format!("{command}/."),
        format!("{command}/.."),
        command.replacen('/', "/./", 1),
    ] {
        host.refuses(&[&other], "more than one path");
    }
    host.refuses(&["load-rates"], "full path");
    host.refuses(&["--help"], "full path");
    host.refuses(&[], "full path");
    // `env` would take this for a variable, and run the next word.
    host.refuses(&["/x=1", &command], "an = in its path");
    let touched = host.sandbox.root.path().join("touched");
    for evil in ["/bin/x;touch touched", "/bin/$(touch touched)", "/bin/x\n--to=bob", "/bin/x --action read"]
    {
        host.refuses(&[evil], "");
    }
    assert!(!exists(&touched));
    host.sandbox.run(&["close", &id, "--reason", "done"]).ok();
    host.share();
    host.refuses(&[&command], "was over at");
}

#[test]
fn the_wrapper_refuses_who_is_no_member_and_what_has_ended_or_cannot_be_known() {
    let host = Host::new();
    let command = host.command.clone();
    let resource = format!("host:db1:{command}");
    host.allow("read", &resource, 4);
    host.refuses(&[&command], "REFUSED");
    host.allow("run", &resource, 4);
    let _ = host.wrapped(&[&command]).ok();
    if host.is_root() {
        let _ = host.wrapped_for(Some("bob"), &[&command]).code(126).stderr_has("bob may run");
        for stranger in ["", "mallory", "1e1", "10.0", "bob bob", "alice\nbob"] {
            let _ = host.wrapped_for(Some(stranger), &[&command]).code(126).stderr_has("refused: ");
        }
    }
    // A stranger breaks the ledger: exit code 3, and no access.
    let script = "c=$(git commit-tree -m x -p ledger 'ledger^{tree}'); git update-ref refs/heads/ledger $c; \
                  git push -q origin ledger";
    let before = host.sandbox.ledger_head();
    host.sandbox.at(&host.sandbox.repository, "bash", &["-euc", script]).ok();
    host.refuses(&[&command], "halted");
    host.sandbox.git(&["push", "-q", "--force", "origin", &format!("{before}:refs/heads/ledger")]).ok();
    // A ledger that was reset to its last good entry is believed again. A ledger that lacks an entry seen before is
    // not.
    host.wrapped(&[&command]).ok();
    host.sandbox.exception("t");
    host.wrapped(&[&command]).ok();
    host.sandbox.git(&["push", "-q", "--force", "origin", &format!("{before}:refs/heads/ledger")]).ok();
    host.refuses(&[&command], "has gone back");
    std::fs::remove_dir_all(host.sandbox.root.path().join("remote.git")).unwrap();
    host.refuses(&[&command], "could not be asked");
    let config = host.sandbox.root.path().join("run.conf");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(&host.clone.display().to_string(), "/nowhere")).unwrap();
    host.refuses(&[&command], "/nowhere");
    std::fs::remove_file(&config).unwrap();
    host.refuses(&[&command], "is not there");
}

#[test]
fn a_clone_of_another_ledger_hands_nothing_out() {
    let host = Host::new();
    let command = host.command.clone();
    host.allow("run", &format!("host:db1:{command}"), 4);
    let config = host.sandbox.root.path().join("run.conf");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(&host.id, &"1".repeat(64))).unwrap();
    host.refuses(&[&command], "wrong-anchor");
    std::fs::write(&config, text.replace(program(), "/nowhere/countersign")).unwrap();
    host.refuses(&[&command], "countersign");
}

#[test]
fn the_hook_says_yes_to_what_is_granted_now_and_no_to_anything_else() {
    let host = Host::new();
    let request = block("json");
    host.hook_refuses(&request, "no override in force says so");
    let id = host.allow("write", "db:payments.rates", 4);
    let Some((code, answer)) = host.ask_hook(&request) else { return };
    assert_eq!(
        (code, &answer["allow"], &answer["override"]),
        (Some(0), &json!(true), &json!(id)),
        "{answer}"
    );
    let ttl = answer["ttl"].as_i64().unwrap();
    assert!((14_300..=14_400).contains(&ttl), "{answer}");
    let with = |name: &str, value: Value| {
        let mut all: Value = serde_json::from_str(&request).unwrap();
        all[name] = value;
        all.to_string()
    };
    for (name, other) in [("action", "Write"), ("resource", "db:payments.rates2")] {
        host.hook_refuses(&with(name, json!(other)), "no override in force says so");
    }
    host.hook_refuses(&with("to", json!("bob")), "bob is not a member of the trust in force");
    for (name, other) in [("service", "docs"), ("environment", "staging")] {
        host.hook_refuses(&with(name, json!(other)), "does not touch the target");
    }
    for other in ["db//payments", "db/./x", "db/../x", "/..", "db/."] {
        host.hook_refuses(&with("resource", json!(other)), "more than one path");
    }
    // An option, shell code or an additional line is just a name that no member has.
    for evil in ["--json", "$(touch touched)", "alice; touch touched", "--ledger-id=1", "*"] {
        host.hook_refuses(&with("to", json!(evil)), "");
        host.hook_refuses(&with("resource", json!(evil)), "");
    }
    assert!(!exists(&host.sandbox.root.path().join("touched")));
    for odd in ["alice\n", "", "ali\u{200b}ce"] {
        host.hook_refuses(&with("to", json!(odd)), "to is no printable ASCII");
    }
    for odd in [json!(1), json!(null), json!(["alice"]), json!(true)] {
        host.hook_refuses(&with("to", odd), "to is no printable ASCII");
    }
    host.hook_refuses(&with("ttl", json!("9")), "and no others");
    host.hook_refuses("[]", "and no others");
    host.hook_refuses("", "is no JSON");
    host.hook_refuses(&"[".repeat(9_000), "is no JSON");
    host.hook_refuses(&" ".repeat(20_000), "too long");
    host.hook_refuses(&request.replace('{', "{\"to\": \"bob\", "), "stands twice");
    host.sandbox.run(&["close", &id, "--reason", "done"]).ok();
    host.share();
    host.hook_refuses(&request, "was over at");
}

#[test]
fn the_hook_says_no_where_a_grant_has_ended_and_where_the_ledger_cannot_be_trusted() {
    let host = Host::new();
    let request = block("json");
    let draft = block("toml").replace("\"run\"", "\"write\"");
    let draft = draft.replace("host:db1:/usr/local/sbin/load-rates", "db:payments.rates");
    let draft = draft.replace("2026-11-24T21:00:00Z", &host.sandbox.in_days(1));
    let end = std::time::Instant::now() + std::time::Duration::from_secs(4);
    let file = host.sandbox.write("short.toml", &draft.replace("2026-11-24T13:00:00Z", &in_seconds(3)));
    host.sandbox.run(&["record", "exception", "-f", &file]).ok();
    host.share();
    std::thread::sleep(end.saturating_duration_since(std::time::Instant::now()));
    host.hook_refuses(&request, "was over at");
    host.allow("write", "db:payments.rates", 4);
    let Some((code, _)) = host.ask_hook(&request) else { return };
    assert_eq!(code, Some(0), "another grant allows it again");
    let script = "c=$(git commit-tree -m x -p ledger 'ledger^{tree}'); git update-ref refs/heads/ledger $c; \
                  git push -q origin ledger";
    host.sandbox.at(&host.sandbox.repository, "bash", &["-euc", script]).ok();
    host.hook_refuses(&request, "");
    std::fs::remove_dir_all(host.sandbox.root.path().join("remote.git")).unwrap();
    host.hook_refuses(&request, "could not be asked");
    std::fs::remove_dir_all(&host.clone).unwrap();
    host.hook_refuses(&request, "cannot open the Git repository");
}
