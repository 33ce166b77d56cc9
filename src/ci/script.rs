//! The few commands of a POSIX shell that the jobs of every forge run. Only the names of variables differ. Most
//! functions here return the text of commands, and the doc of such a function says what the commands do.
//!
//! Commands of the user are written as they were given. Their lines are not indented, because a line can be a part of a
//! quoted string.

use super::pipeline::{Merging, Pipeline};

/// The variable with the private key of the service, or with the path of a file that holds the key.
pub const KEY: &str = "COUNTERSIGN_KEY";
/// The variable with a token that may fetch, and may push the ledger's branch.
pub const TOKEN: &str = "COUNTERSIGN_TOKEN";
/// The variable with the public key of the service.
pub const GATE_KEY: &str = "COUNTERSIGN_GATE_KEY";

/// The variables without which nothing is deployed.
pub(super) const NEEDED: [&str; 4] = ["COUNTERSIGN_LEDGER_ID", "COUNTERSIGN_AT_LEAST", GATE_KEY, KEY];

/// How long a job keeps trying to share a record, even if the remote cannot be reached.
const PATIENCE: &str = "5m";

/// The comment that is written if no command installs the program.
pub(super) const INSTALL: &str =
    "# Put countersign on the runner here. Take it from a source that you trust, and check its digest.\n";

/// The paths of the files that a job makes, each to be put into double quotes in a shell.
pub(super) struct Places {
    /// The file of the receipt.
    pub(super) proof: &'static str,
    /// The file with the time at which the deployment started.
    pub(super) started: &'static str,
}

/// Keeps a command of the user in a variable.
pub(super) fn kept(name: &str, command: &str) -> String {
    format!("{name}={}\n", shell_words::quote(command))
}

/// Runs a command that is kept in a variable. The command runs in a shell of its own, which ends at the first failure
/// and does not get the secrets of the job as variables.
pub(super) fn without_secrets(name: &str) -> String {
    format!("(\n  unset {KEY} {TOKEN}\n  exec sh -ec \"${name}\"\n)\n")
}

/// Lets Git use the token for this remote, and for no other remote. Git uses no other credentials for this remote. Each
/// step that runs Git has to have the token as a variable.
pub(super) fn credentials() -> String {
    format!(
        "\
helper=\"credential.$(git remote get-url origin).helper\"
git config --replace-all \"$helper\" ''
# shellcheck disable=SC2016 # Git runs the helper, and then the variable is there.
git config --add \"$helper\" \\
  '!f() {{ test \"$1\" = get || exit 0; printf \"username=x-access-token\\npassword=%s\\n\" \"${TOKEN}\"; }}; f'
"
    )
}

/// Asks the gate about the commit that the branch would hold once a change is merged. `base` is the name of the branch,
/// and `head` is the last commit of the change; each is to be put into double quotes in a shell.
pub(super) fn check(pipeline: &Pipeline, base: &str, head: &str) -> String {
    let target = &pipeline.target;
    let prepared = format!(
        "\
set -eu
if ! git rev-parse --verify --quiet \"{head}^{{commit}}\" >/dev/null; then
  echo \"There is no commit {head} here.\"
  exit 1
fi
git fetch --quiet origin \"+refs/heads/{base}:refs/remotes/origin/{base}\"
base=$(git rev-parse --verify --quiet \"refs/remotes/origin/{base}^{{commit}}\")
if git merge-base --is-ancestor \"{head}\" \"$base\"; then
  echo \"{base} has {head} already.\"
  exit 0
fi
"
    );
    let parents = match pipeline.merging {
        Merging::Merge => format!("-p \"$base\" -p \"{head}\""),
        Merging::Squash | Merging::Rebase => "-p \"$base\"".to_owned(),
        Merging::FastForward => {
            return format!(
                "\
{prepared}if ! git merge-base --is-ancestor \"$base\" \"{head}\"; then
  echo \"{head} is not on top of {base}: rebase it.\"
  exit 1
fi
countersign gate {target} --sync --commit \"{head}\"
"
            );
        }
    };
    format!(
        "\
{prepared}# This test commit is never deployed. Merging makes another commit, and the gate is asked again about that one.
code=0
tree=$(git merge-tree --write-tree \"$base\" \"{head}\") || code=$?
if [ \"$code\" -eq 1 ]; then echo \"{head} does not merge into {base}.\"; fi
if [ \"$code\" -ne 0 ]; then exit 1; fi
commit=$(git -c user.name=countersign -c user.email=countersign@localhost \\
  commit-tree \"$tree\" {parents} -m \"What merging into {base} would make\")
countersign gate {target} --sync --commit \"$commit\"
"
    )
}

/// Puts the private key into a file that only this user can read, and removes the file when the shell ends.
fn key() -> String {
    format!(
        "\
key=$(mktemp)
trap 'rm -f \"$key\"' EXIT
trap 'exit 130' HUP INT TERM
if [ -f \"${KEY}\" ]; then cat \"${KEY}\"; else printf '%s\\n' \"${KEY}\"; fi >\"$key\"
"
    )
}

/// Returns the options that name the deployed files.
fn artifacts(pipeline: &Pipeline) -> String {
    let option = |file: &String| format!(" --artifact {}", shell_words::quote(file));
    pipeline.artifacts.iter().map(option).collect()
}

/// Asks the gate about a commit, and records the receipt. Before that, it checks that the ref holds this commit now.
pub(super) fn record(pipeline: &Pipeline, of: &str, commit: &str, places: &Places) -> String {
    let (target, files, proof) = (&pipeline.target, artifacts(pipeline), places.proof);
    let needed: String =
        NEEDED.iter().map(|name| format!(": \"${{{name}:?is not set: {}}}\"\n", pipeline.setup())).collect();
    format!(
        "\
set -eu
{needed}# Jobs can come out of order, and old ones can be run again.
if [ \"$(git ls-remote origin \"{of}\" | cut -f 1)\" != \"{commit}\" ]; then
  echo \"{commit} is not what {of} holds now, so it is not deployed.\" >&2
  exit 1
fi
rm -f \"{started}\"
{key}countersign --key \"$key\" gate {target} \\
  --commit \"{commit}\"{files} --record --within {PATIENCE} --export \"{proof}\"
",
        started = places.started,
        key = key(),
    )
}

/// Verifies the receipt right before the deployment. That takes the ledger id and the gate's public key, but no ledger.
pub(super) fn verify(pipeline: &Pipeline, commit: &str, places: &Places) -> String {
    let (target, files, proof) = (&pipeline.target, artifacts(pipeline), places.proof);
    format!(
        "countersign receipt verify \"{proof}\" {target} \\\n  --commit \"{commit}\"{files} --gate-key \"${GATE_KEY}\"\n"
    )
}

/// Writes the start time of the deployment into a file.
pub(super) fn start(places: &Places) -> String {
    format!("date -u +%Y-%m-%dT%H:%M:%SZ >\"{}\"\n", places.started)
}

/// Records the outcome of the deployment. `result` is to be put into double quotes in a shell.
pub(super) fn outcome(result: &str, places: &Places) -> String {
    let (proof, started) = (places.proof, places.started);
    format!(
        "\
{}started=$(cat \"{started}\" 2>/dev/null || true)
countersign --key \"$key\" record outcome --of \"{proof}\" --result \"{result}\" \\
  ${{started:+--started-at \"$started\"}} --yes --within {PATIENCE}
",
        key()
    )
}
