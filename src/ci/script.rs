//! The few commands of a POSIX shell that the jobs of every forge run. Only the names of variables differ. A function
//! here returns the text of commands, and its doc says what those do.
//!
//! Commands of the user are written as they were given. Their lines are not indented, because they may be in a string.

use super::pipeline::{Merging, Pipeline};

/// The variable that holds the private key of the service, or names its file.
pub const KEY: &str = "COUNTERSIGN_KEY";
/// The variable with a token that may fetch, and push the ledger's branch.
pub const TOKEN: &str = "COUNTERSIGN_TOKEN";
/// The variable with the public key of the service.
pub const GATE_KEY: &str = "COUNTERSIGN_GATE_KEY";

/// The variables without which nothing is deployed.
pub(super) const NEEDED: [&str; 4] = ["COUNTERSIGN_LEDGER_ID", "COUNTERSIGN_AT_LEAST", GATE_KEY, KEY];

/// How long a job retries while the remote cannot be reached.
const PATIENCE: &str = "5m";

/// The comment that is written if no command installs the program.
pub(super) const INSTALL: &str =
    "# Put countersign on the runner here, from where you trust it, with its digest checked.\n";

/// The files that a job makes, each path as a word of the shell.
pub(super) struct Places {
    /// The receipt.
    pub(super) proof: &'static str,
    /// The time at which the deployment started.
    pub(super) started: &'static str,
}

/// Keeps a command of the user in a variable.
pub(super) fn kept(name: &str, command: &str) -> String {
    format!("{name}={}\n", shell_words::quote(command))
}

/// Runs a command that is kept in a variable, in its own shell, which ends at the first failure and does not get the
/// secrets of the job as variables.
pub(super) fn without_secrets(name: &str) -> String {
    format!("(\n  unset {KEY} {TOKEN}\n  exec sh -ec \"${name}\"\n)\n")
}

/// Lets Git use the token of the step that runs it, for this remote only, and use no other credentials for this remote.
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

/// Asks the gate about what a change would become. `base` is the name of the branch and `head` the last commit of the
/// change, each as a word of the shell.
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
{prepared}# A test commit, which is never deployed: merging makes another one, about which the gate is asked again.
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

/// Puts the private key into a file that only this step can read, while it runs.
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

/// The options that name the files which are deployed.
fn artifacts(pipeline: &Pipeline) -> String {
    let option = |file: &String| format!(" --artifact {}", shell_words::quote(file));
    pipeline.artifacts.iter().map(option).collect()
}

/// Asks the gate about a commit, which has to be what the ref holds now, and records the receipt.
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

/// Verifies the receipt right before the deployment, with the ledger id and the key of the gate alone.
pub(super) fn verify(pipeline: &Pipeline, commit: &str, places: &Places) -> String {
    let (target, files, proof) = (&pipeline.target, artifacts(pipeline), places.proof);
    format!(
        "countersign receipt verify \"{proof}\" {target} \\\n  --commit \"{commit}\"{files} --gate-key \"${GATE_KEY}\"\n"
    )
}

/// Writes the time at which the deployment starts into a file.
pub(super) fn start(places: &Places) -> String {
    format!("date -u +%Y-%m-%dT%H:%M:%SZ >\"{}\"\n", places.started)
}

/// Records what became of the deployment; `result` is a word of the shell.
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
