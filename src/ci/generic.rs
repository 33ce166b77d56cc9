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
# Run it in a clone with the full history. It needs these variables, from somewhere a change of the code cannot alter:
#   COUNTERSIGN_LEDGER_ID  the ledger id
#   COUNTERSIGN_AT_LEAST   a checkpoint that the ledger has to contain
#   COUNTERSIGN_GATE_KEY   the public key of the service that records receipts
#   {KEY}        its private key, or a file with that: for `deploy` only
#   {TOKEN}      a token for the remote, if that takes one: it may push the ledger's branch, and no other
# Never run two `deploy` at once.
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
            "\
deploy() {{
  commit=$1
  # In shells of their own, so that the key and the token are gone before anything else runs.
{build}  (
{record}  )
  # No receipt is written if this commit runs there already.
  if [ ! -f \"{PROOF}\" ]; then return 0; fi
  result=never-started
  # A signal ends the deployment, if it is sent to that too, and not what records its outcome.
  trap : HUP INT TERM
  code=0
{verify}  if [ \"$code\" -eq 0 ]; then
{deploy}    case $code in
      0) result=succeeded ;;
      126 | 127) result=never-started ;;
      *) result=failed ;;
    esac
  fi
  (
{outcome}  ) || echo \"The outcome ($result) is not recorded, or not shared: see above.\" >&2
  return \"$code\"
}}

",
            record = indented(&script::record(pipeline, "$commit", PROOF), 4),
            verify = indented(&attempted(&script::verify(pipeline, "$commit", PROOF)), 2),
            deploy = indented(&attempted(&without_secrets(&pipeline.deploy)), 4),
            outcome = indented(&format!("set -eu\n{}", script::outcome("$result", PROOF)), 4),
            build = indented(&build, 2),
        ),
        "\
case \"${1:-}:$#\" in
  check:3)
    prepare
    check \"$2\" \"$3\"
    ;;
  deploy:2)
    for needed in COUNTERSIGN_LEDGER_ID COUNTERSIGN_AT_LEAST COUNTERSIGN_GATE_KEY COUNTERSIGN_KEY; do
      if [ -z \"$(printenv \"$needed\")\" ]; then
        echo \"$needed is not set: countersign ci setup --help\" >&2
        exit 2
      fi
    done
    folder=$(mktemp -d)
    trap 'rm -rf \"$folder\"' EXIT
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

/// A command whose exit code is kept in `code`.
fn attempted(command: &str) -> String {
    format!("{} || code=$?\n", command.trim_end())
}
