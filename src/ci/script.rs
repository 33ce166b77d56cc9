//! What the jobs of every forge run: a few commands of a shell (POSIX), in which only the names of variables differ.

use super::pipeline::{Merging, Pipeline};

/// The variable that holds the private key of the service, or names its file.
pub const KEY: &str = "COUNTERSIGN_KEY";
/// The variable with a token that may fetch, and push the ledger's branch.
pub const TOKEN: &str = "COUNTERSIGN_TOKEN";
/// The variable with the public key of the service.
pub const GATE_KEY: &str = "COUNTERSIGN_GATE_KEY";

/// How long a job goes on where the remote cannot be reached.
const PATIENCE: &str = "5m";

/// Puts countersign on the runner.
pub(super) fn install(pipeline: &Pipeline) -> String {
    let check = "countersign version";
    match &pipeline.install {
        Some(install) => format!("{install}\n{check}\n"),
        None => format!(
            "# Put countersign on the runner here, from where you trust it, with its digest checked.\n{check}\n"
        ),
    }
}

/// Has Git take the token of the step that runs it, for this remote only. Nothing is written into a file.
pub(super) fn credentials() -> String {
    format!(
        "# shellcheck disable=SC2016 # Git runs the helper, and then the variable is there.\ngit config \"credential.$(git remote get-url origin).helper\" \\\n  '!f() {{ test \"$1\" = get || exit 0; printf \"username=x-access-token\\npassword=%s\\n\" \"${TOKEN}\"; }}; f'\n"
    )
}

/// Asks the gate about what a change would become. `base` is the name of the branch and `head` the last commit of the
/// change, each as a word of the shell.
pub(super) fn check(pipeline: &Pipeline, base: &str, head: &str) -> String {
    let target = &pipeline.target;
    let fetch = format!(
        "set -eu\nif ! git rev-parse --verify --quiet \"{head}^{{commit}}\" >/dev/null; then\n  echo \"There is no commit {head} here.\"\n  exit 1\nfi\ngit fetch --quiet origin \"+refs/heads/{base}:refs/remotes/origin/{base}\"\nbase=$(git rev-parse --verify --quiet \"refs/remotes/origin/{base}^{{commit}}\")\n"
    );
    let fetch = format!(
        "{fetch}if git merge-base --is-ancestor \"{head}\" \"$base\"; then\n  echo \"{base} has it already.\"\n  exit 0\nfi\n"
    );
    let parents = match pipeline.merging {
        Merging::Merge => format!("-p \"$base\" -p \"{head}\""),
        Merging::Squash | Merging::Rebase => "-p \"$base\"".to_owned(),
        Merging::FastForward => {
            return format!(
                "{fetch}if ! git merge-base --is-ancestor \"$base\" \"{head}\"; then\n  echo \"It is not on top of {base}: rebase it.\"\n  exit 1\nfi\ncountersign gate {target} --sync --commit \"{head}\"\n"
            );
        }
    };
    format!(
        "{fetch}# A test commit, which is never deployed: merging makes another one, about which the gate is asked again.\ncode=0\ntree=$(git merge-tree --write-tree \"$base\" \"{head}\") || code=$?\nif [ \"$code\" -eq 1 ]; then echo \"It does not merge into {base}.\"; fi\nif [ \"$code\" -ne 0 ]; then exit 1; fi\ncommit=$(git -c user.name=countersign -c user.email=countersign@localhost \\\n  commit-tree \"$tree\" {parents} -m \"What merging into {base} would make\")\ncountersign gate {target} --sync --commit \"$commit\"\n"
    )
}

/// Puts the private key into a file that only this step can read, while it runs.
fn key() -> String {
    format!(
        "key=$(mktemp)\ntrap 'rm -f \"$key\"' EXIT\nif [ -f \"${KEY}\" ]; then cat \"${KEY}\"; else printf '%s\\n' \"${KEY}\"; fi >\"$key\"\n"
    )
}

/// The options that name the files which are deployed.
fn artifacts(pipeline: &Pipeline) -> String {
    let option = |file: &String| format!(" --artifact {}", shell_words::quote(file));
    pipeline.artifacts.iter().map(option).collect()
}

/// Asks the gate about a commit, and records the receipt, which is also written into the file `proof`.
pub(super) fn record(pipeline: &Pipeline, commit: &str, proof: &str) -> String {
    let (target, files) = (&pipeline.target, artifacts(pipeline));
    format!(
        "set -eu\n: \"${{{KEY}:?is missing: countersign ci setup --help}}\" \"${{{GATE_KEY}:?is missing: countersign ci setup --help}}\"\n{}countersign --key \"$key\" gate {target} \\\n  --commit \"{commit}\"{files} --record --within {PATIENCE} --export \"{proof}\"\n",
        key()
    )
}

/// Verifies the receipt right before the deployment, by the ledger id and the key of the gate alone.
pub(super) fn verify(pipeline: &Pipeline, commit: &str, proof: &str) -> String {
    let (target, files) = (&pipeline.target, artifacts(pipeline));
    format!(
        "countersign receipt verify \"{proof}\" {target} \\\n  --commit \"{commit}\"{files} --gate-key \"${GATE_KEY}\"\n"
    )
}

/// Records what became of the deployment; `result` is a word of the shell.
pub(super) fn outcome(result: &str, proof: &str) -> String {
    format!(
        "{}countersign --key \"$key\" record outcome \\\n  --of \"{proof}\" --result \"{result}\" --yes --within {PATIENCE}\n",
        key()
    )
}
