//! A file of GitLab CI/CD, which `.gitlab-ci.yml` includes.

use super::forge::Forge;
use super::pipeline::Pipeline;
use super::script::{self, KEY, TOKEN};
use super::yaml::{indented, quoted, scalar};

/// Names the folder of one job, so that nothing of another one is taken for its own.
const FOLDER: &str = "folder=\"$CI_PROJECT_DIR/.git/countersign-$CI_JOB_ID\"\n";
/// Where the receipt is, as a word of the shell.
const PROOF: &str = "$folder/receipt.tlog-proof";
/// The file that says that the deployment has started.
const STARTED: &str = "$folder/started";

/// Writes the file.
pub(super) fn emit(pipeline: &Pipeline) -> String {
    let (target, by) = (&pipeline.target, &pipeline.written_by);
    format!(
        "\
# countersign: may {target} be deployed? Asked for each merge request, and again for what is deployed.
# Written by: {by}
# In .gitlab-ci.yml:
#   include:
#     - local: {path}
{}
{}",
        check(pipeline),
        deploy(pipeline),
        path = Forge::Gitlab.path(target),
    )
}

/// A condition of a rule: that the branch in a variable is one of those that deploy.
fn is_branch(pipeline: &Pipeline, variable: &str) -> String {
    let one = |branch: &String| {
        if !branch.contains(['*', '?']) {
            return format!("${variable} == {}", scalar(branch));
        }
        let mut pattern = String::new();
        for letter in branch.chars() {
            match letter {
                '*' => pattern.push_str("[^\\/]*"),
                '?' => pattern.push_str("[^\\/]"),
                letter if letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' => {
                    pattern.push(letter);
                }
                letter => pattern.extend(['\\', letter]),
            }
        }
        format!("${variable} =~ /^{pattern}$/")
    };
    let all: Vec<String> = pipeline.branches.iter().map(one).collect();
    match all.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(" || ")),
    }
}

/// The remote, without what the runner writes into its address, and the token of the job for it.
fn prepared(pipeline: &Pipeline) -> String {
    format!(
        "      set -eu\n{}",
        indented(
            &format!(
                "if [ -n \"${{{TOKEN}:-}}\" ]; then\n  git remote set-url origin \"$CI_PROJECT_URL.git\"\n{}fi\n{}",
                indented(&script::credentials(), 2),
                script::install(pipeline)
            ),
            6
        )
    )
}

fn check(pipeline: &Pipeline) -> String {
    let condition = format!(
        "$CI_PIPELINE_SOURCE == \"merge_request_event\" && {}",
        is_branch(pipeline, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    );
    let condition = quoted(&condition);
    format!(
        "\
countersign-check-{slug}:
  stage: test
  rules:
    - if: {condition}
  variables:
    GIT_DEPTH: \"0\"
  timeout: 15 minutes
  script:
    - |
{}    # {about}.
    - |
{}",
        prepared(pipeline),
        indented(&script::check(pipeline, "${CI_MERGE_REQUEST_TARGET_BRANCH_NAME}", "$CI_COMMIT_SHA"), 6),
        slug = pipeline.slug(),
        about = sentence(pipeline.merging.asks_about()),
    )
}

fn deploy(pipeline: &Pipeline) -> String {
    let condition = format!("$CI_PIPELINE_SOURCE == \"push\" && {}", is_branch(pipeline, "CI_COMMIT_BRANCH"));
    let condition = quoted(&condition);
    let build = pipeline.build.as_ref().map_or_else(String::new, |build| {
        format!("    - |\n      set -eu\n{}", indented(&without_secrets(build), 6))
    });
    // In a shell of its own, so that the key is gone before anything else runs.
    let record = format!(
        "{FOLDER}mkdir -p \"$folder\"\n(\n{})\n",
        indented(&script::record(pipeline, "$CI_COMMIT_SHA", PROOF), 2)
    );
    let run = format!(
        "# No receipt is written if this commit runs there already.\nif [ ! -f \"{PROOF}\" ]; then exit 0; fi\n{}: >\"{STARTED}\"\n{}",
        script::verify(pipeline, "$CI_COMMIT_SHA", PROOF),
        without_secrets(&pipeline.deploy)
    );
    let outcome = format!(
        "set -eu\n{FOLDER}if [ ! -f \"{PROOF}\" ]; then exit 0; fi\nif [ ! -f \"{STARTED}\" ]; then result=never-started\nelif [ \"$CI_JOB_STATUS\" = success ]; then result=succeeded\nelse result=failed\nfi\n{}",
        script::outcome("$result", PROOF)
    );
    format!(
        "\
countersign-deploy-{slug}:
  stage: deploy
  rules:
    - if: {condition}
  variables:
    GIT_DEPTH: \"0\"
  timeout: 1 hour
  # One after the other, and none is cut off while it deploys.
  resource_group: {group}
  interruptible: false
  environment:
    name: {environment}
  script:
    - |
{}{build}    # The gate is asked about the commit that is on the branch now, however it came there, and the receipt recorded.
    - |
{}    # The receipt is verified, and then the deployment starts; neither the key nor the token is given to it.
    - |
{}  # What became of it is recorded, whatever happened.
  after_script:
    - |
{}",
        prepared(pipeline),
        indented(&record, 6),
        indented(&format!("set -eu\n{run}"), 6),
        indented(&outcome, 6),
        slug = pipeline.slug(),
        group = scalar(&pipeline.target.to_string()),
        environment = pipeline.target.target().environment,
    )
}

/// A command that does not get the secrets of the job. What it sets is gone afterwards.
fn without_secrets(command: &str) -> String {
    format!("(\n  unset {KEY} {TOKEN}\n{})\n", indented(command, 2))
}

/// Makes a sentence of a phrase, without its full stop.
fn sentence(phrase: &str) -> String {
    format!("The gate is asked about {phrase}")
}
