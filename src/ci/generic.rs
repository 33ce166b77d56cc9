//! The pipeline as a shell script, for every place other than GitHub, GitLab and Gitea.

use super::forge::Forge;
use super::pipeline::Pipeline;
use super::script::{self, INSTALL, KEY, NEEDED, Places, TOKEN};
use super::yaml::indented;

/// Where a deployment keeps the files that it makes.
const PLACES: Places = Places { proof: "$folder/receipt.tlog-proof", started: "$folder/started" };

/// Writes the script.
pub(super) fn emit(pipeline: &Pipeline) -> String {
    head(pipeline)
        + &commands(pipeline)
        + &prepare(pipeline)
        + &check(pipeline)
        + &deploy(pipeline)
        + &last(pipeline)
}

fn head(pipeline: &Pipeline) -> String {
    let (target, by, about) = (&pipeline.target, &pipeline.written_by, pipeline.merging.asks_about());
    format!(
        "\
#!/bin/sh
# countersign: may {target} be deployed?
# Written by: {by}
#
# usage: sh {path} check BRANCH COMMIT
#          For a proposed change to BRANCH: asks the gate about
#          {about}.
#        sh {path} deploy BRANCH COMMIT
#          Records the receipt, verifies it, deploys, and records the outcome, even if the deployment fails.
#
# Run this script in a clone with the full history, with COMMIT checked out. The script needs these variables. Set them
# at a place where no change of the code can alter them:
#   COUNTERSIGN_LEDGER_ID  the ledger id
#   COUNTERSIGN_AT_LEAST   a checkpoint that the ledger has to contain
#   COUNTERSIGN_GATE_KEY   the public key of the service that records receipts
#   {KEY}        the private key of that service, or a file with the key; for `deploy` only
#   {TOKEN}      a token for the remote, if the remote takes one; it may push the ledger's branch, and no other
# The commands that build and deploy are given neither the key nor the token. But they run on the same machine, so they
# have to be trusted with both.
# Never run two `deploy` at once.
set -eu

",
        path = Forge::Generic.path(target)
    )
}

/// The commands of the user, as they were given.
fn commands(pipeline: &Pipeline) -> String {
    let install = pipeline.install.iter().map(|command| script::kept("install_command", command));
    let build = pipeline.build.iter().map(|command| script::kept("build_command", command));
    install.chain(build).collect::<String>() + &script::kept("deploy_command", &pipeline.deploy) + "\n"
}

fn prepare(pipeline: &Pipeline) -> String {
    let install = if pipeline.install.is_some() { "eval \"$install_command\"\n" } else { INSTALL };
    format!(
        "prepare() {{\n  if [ -n \"${{{TOKEN}:-}}\" ]; then\n{}  fi\n{}  countersign version\n}}\n\n",
        indented(&script::credentials(), 4),
        indented(install, 2),
    )
}

fn check(pipeline: &Pipeline) -> String {
    format!("check() {{\n{}}}\n\n", indented(&script::check(pipeline, "$1", "$2"), 2))
}

fn deploy(pipeline: &Pipeline) -> String {
    let build =
        if pipeline.build.is_some() { script::without_secrets("build_command") } else { String::new() };
    let outcome = format!("set -eu\n{}", script::outcome("$result", &PLACES));
    format!(
        "\
deploy() {{
  commit=$(git rev-parse --verify \"$2^{{commit}}\")
  if [ \"$(git rev-parse HEAD)\" != \"$commit\" ] || [ -n \"$(git status --porcelain)\" ]; then
    echo \"The work tree differs from $commit: check it out, discard changes, and remove untracked files.\" >&2
    return 2
  fi
{build}  # In a subshell, which removes the file of the key before anything else runs.
  (
{record}  )
  # Without --artifact, the gate writes no receipt if the commit runs on the target already.
  if [ ! -f \"{proof}\" ]; then return 0; fi
  result=never-started
  # A signal may end the deployment, but this script goes on and records the outcome.
  trap : HUP INT TERM
  code=0
{verify}  if [ \"$code\" -eq 0 ]; then
{start}{deploy}    case $code in
      0) result=succeeded ;;
      126 | 127) result=never-started ;;
      *) result=failed ;;
    esac
  fi
  trap '' HUP INT TERM
  (
{outcome}  ) || echo \"The outcome ($result) is not recorded, or not shared: see above.\" >&2
  return \"$code\"
}}

",
        build = indented(&build, 2),
        record = indented(&script::record(pipeline, "refs/heads/$1", "$commit", &PLACES), 4),
        proof = PLACES.proof,
        verify = indented(&attempted(&script::verify(pipeline, "$commit", &PLACES)), 2),
        start = indented(&script::start(&PLACES), 4),
        deploy = indented(&attempted(&script::without_secrets("deploy_command")), 4),
        outcome = indented(&outcome, 4),
    )
}

/// Returns the end of the script, which reads the words of the command line.
fn last(pipeline: &Pipeline) -> String {
    format!(
        "\
case \"${{1:-}}:$#\" in
  check:3)
    prepare
    check \"$2\" \"$3\"
    ;;
  deploy:3)
    for needed in {needed}; do
      if [ -z \"$(printenv \"$needed\")\" ]; then
        echo \"$needed is not set: {setup}\" >&2
        exit 2
      fi
    done
    folder=$(mktemp -d)
    trap 'rm -rf \"$folder\"' EXIT
    prepare
    deploy \"$2\" \"$3\"
    ;;
  *)
    echo \"usage: $0 check BRANCH COMMIT | deploy BRANCH COMMIT\" >&2
    exit 2
    ;;
esac
",
        needed = NEEDED.join(" "),
        setup = pipeline.setup(),
    )
}

/// Returns a command that also keeps its exit code in `code` if it fails.
fn attempted(command: &str) -> String {
    format!("{} || code=$?\n", command.trim_end())
}
