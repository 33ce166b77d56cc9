//! A shell script for every other place that runs one.

use super::forge::Forge;
use super::pipeline::Pipeline;
use super::script::{self, KEY, TOKEN};
use super::yaml::indented;

/// Where the receipt is, as a word of the shell.
const PROOF: &str = "$folder/receipt.tlog-proof";

/// Writes the script.
pub(super) fn emit(pipeline: &Pipeline) -> String {
    let (target, by, about) = (&pipeline.target, &pipeline.written_by, pipeline.merging.asks_about());
    let build = pipeline.build.as_ref().map_or_else(String::new, |build| without_secrets(build) + "\n");
    let body = [
        format!(
            "\
#!/bin/sh
# countersign: may {target} be deployed?
# Written by: {by}
#
# usage: sh {path} check BRANCH COMMIT
#          For a proposed change to BRANCH: asks the gate about
#          {about}.
#        sh {path} deploy COMMIT
#          Records the receipt, verifies it, deploys, and records the outcome whatever happened.
#
# Run it in a clone with its whole history. It takes these variables from where changes of the code cannot set them:
#   COUNTERSIGN_LEDGER_ID  the ledger id
#   COUNTERSIGN_AT_LEAST   a checkpoint that the ledger has to contain
#   COUNTERSIGN_GATE_KEY   the public key of the service that records receipts
#   {KEY}        its private key, or a file with that: for `deploy` only
#   {TOKEN}      a token for the remote, if that takes one: it may push the ledger's branch, and no other
# Let nothing run it twice at the same time for `deploy`.
set -eu

"
            , path = Forge::Generic.path(target)
        ),
        format!(
            "prepare() {{\n  if [ -n \"${{{TOKEN}:-}}\" ]; then\n{}  fi\n{}}}\n\n",
            indented(&script::credentials(), 4),
            indented(&script::install(pipeline), 2),
        ),
        format!("check() {{\n{}}}\n\n", indented(&script::check(pipeline, "$1", "$2"), 2)),
        format!(
            "deploy() {{\n  commit=$1\n  folder=$(mktemp -d)\n{}  # In a shell of its own, so that the key is gone before anything else runs.\n  (\n{}  )\n  # There is none for what runs there already.\n  if [ ! -f \"{PROOF}\" ]; then\n    rm -rf \"$folder\"\n    return 0\n  fi\n  result=never-started\n  # A signal ends the deployment, if it is sent to that too, and not what records its outcome.\n  trap : HUP INT TERM\n  if {}  then\n    code=0\n{}    if [ \"$code\" -eq 0 ]; then result=succeeded; else result=failed; fi\n  else\n    code=1\n  fi\n  (\n{}  )\n  rm -rf \"$folder\"\n  return \"$code\"\n}}\n\n",
            indented(&build, 2),
            indented(&script::record(pipeline, "$commit", PROOF), 4),
            indented(&script::verify(pipeline, "$commit", PROOF), 2).trim_start(),
            indented(&format!("{} || code=$?\n", without_secrets(&pipeline.deploy)), 4),
            indented(&format!("set -eu\n{}", script::outcome("$result", PROOF)), 4),
        ),
        "\
case \"${1:-}:$#\" in
  check:3)
    prepare
    check \"$2\" \"$3\"
    ;;
  deploy:2)
    prepare
    deploy \"$2\"
    ;;
  *)
    echo \"usage: $0 check BRANCH COMMIT | deploy COMMIT\" >&2
    exit 2
    ;;
esac
"
        .to_owned(),
    ];
    body.concat()
}

/// A command in a shell of its own, which ends at the first failure and does not get the secrets of the job.
fn without_secrets(command: &str) -> String {
    format!("(\n  unset {KEY} {TOKEN}\n  exec sh -ec {}\n)", shell_words::quote(command))
}
