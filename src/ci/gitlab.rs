//! The pipeline as a file of GitLab CI/CD. `.gitlab-ci.yml` has to include this file.

use super::forge::Forge;
use super::pipeline::Pipeline;
use super::script::{self, INSTALL, Places, TOKEN};
use super::yaml::{block, indented, quoted, scalar};

/// Names a folder for each job, so that a job does not take the files of another job for its own.
const FOLDER: &str = "folder=\"$CI_PROJECT_DIR/.git/countersign-$CI_JOB_ID\"\n";
/// Where a job keeps the files that it makes.
const PLACES: Places = Places { proof: "$folder/receipt.tlog-proof", started: "$folder/started" };

/// Writes the file.
pub(super) fn emit(pipeline: &Pipeline) -> String {
    let (target, by) = (&pipeline.target, &pipeline.written_by);
    format!(
        "\
# countersign: may {target} be deployed? The gate is asked about each merge request, and again before each deployment.
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

/// Returns a condition for a rule: the branch in a variable is one of the branches that deploy.
fn is_branch(pipeline: &Pipeline, variable: &str) -> String {
    let one = |branch: &String| {
        if !branch.contains('*') {
            return format!("${variable} == {}", scalar(branch));
        }
        // In a policy `*` stops at a slash, and `**` does not.
        let parts =
            branch.split("**").map(|part| part.split('*').map(literal).collect::<Vec<_>>().join("[^\\/]*"));
        let pattern = parts.collect::<Vec<_>>().join(".*");
        format!("${variable} =~ /^{pattern}$/")
    };
    let all: Vec<String> = pipeline.branches.iter().map(one).collect();
    match all.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(" || ")),
    }
}

/// Writes a text as a regular expression (RE2) that matches only this text.
fn literal(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    text.chars()
        .map(|letter| if is_plain(letter) { letter.to_string() } else { format!("\\{letter}") })
        .collect()
}

/// Returns the commands that prepare a job. The runner writes its own credentials into the remote's URL. If the job has
/// a token, the commands reset that URL, and let Git use the token. Then they install the program.
fn prepared(pipeline: &Pipeline) -> String {
    let install = match &pipeline.install {
        Some(install) => format!("{}eval \"$install_command\"\n", script::kept("install_command", install)),
        None => INSTALL.to_owned(),
    };
    format!(
        "set -eu\nif [ -n \"${{{TOKEN}:-}}\" ]; then\n  git remote set-url origin \"$CI_PROJECT_URL.git\"\n{}fi\n{install}countersign version\n",
        indented(&script::credentials(), 2),
    )
}

fn check(pipeline: &Pipeline) -> String {
    let condition = format!(
        "$CI_PIPELINE_SOURCE == \"merge_request_event\" && {}",
        is_branch(pipeline, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    );
    // A pipeline of merged results runs for a temporary commit, so `head` is the commit of the source branch.
    let head = "head=${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-$CI_COMMIT_SHA}\n";
    let check = script::check(pipeline, "${CI_MERGE_REQUEST_TARGET_BRANCH_NAME}", "$head");
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
    - {}    # The gate is asked about {about}.
    - {}",
        block(&prepared(pipeline), 4),
        block(&format!("{head}{check}"), 4),
        condition = quoted(&condition),
        slug = pipeline.slug(),
        about = pipeline.merging.asks_about(),
    )
}

fn deploy(pipeline: &Pipeline) -> String {
    let condition = format!("$CI_PIPELINE_SOURCE == \"push\" && {}", is_branch(pipeline, "CI_COMMIT_BRANCH"));
    let build = pipeline.build.as_ref().map_or_else(String::new, |build| {
        let run = script::kept("build_command", build) + &script::without_secrets("build_command");
        format!("    - {}", block(&format!("set -eu\n{run}"), 4))
    });
    // In a subshell, which removes the file of the key before anything else runs.
    let record = format!(
        "{FOLDER}mkdir -p \"$folder\"\n(\n{})\n",
        indented(&script::record(pipeline, "refs/heads/$CI_COMMIT_BRANCH", "$CI_COMMIT_SHA", &PLACES), 2)
    );
    let run = format!(
        "set -eu\n# Without --artifact, the gate writes no receipt if the commit runs on the target already.\nif [ ! -f \"{proof}\" ]; then exit 0; fi\n{}{}{}{}",
        script::verify(pipeline, "$CI_COMMIT_SHA", &PLACES),
        script::start(&PLACES),
        script::kept("deploy_command", &pipeline.deploy),
        script::without_secrets("deploy_command"),
        proof = PLACES.proof,
    );
    let outcome = format!(
        "set -eu\n{FOLDER}if [ ! -f \"{proof}\" ]; then exit 0; fi\nif [ ! -f \"{started}\" ]; then result=never-started\nelif [ \"$CI_JOB_STATUS\" = success ]; then result=succeeded\nelse result=failed\nfi\n{}",
        script::outcome("$result", &PLACES),
        proof = PLACES.proof,
        started = PLACES.started,
    );
    format!(
        "\
# The commands that build and deploy are given neither the key nor the token. But they run on the same machine, so they
# have to be trusted with both.
countersign-deploy-{slug}:
  stage: deploy
  rules:
    - if: {condition}
  variables:
    GIT_DEPTH: \"0\"
    # If the script takes too long, the outcome is still recorded.
    RUNNER_SCRIPT_TIMEOUT: 50m
    RUNNER_AFTER_SCRIPT_TIMEOUT: 9m
  timeout: 1 hour
  # Deployments run one after the other, and a newer one does not cancel one that runs.
  resource_group: {group}
  interruptible: false
  environment:
    name: {environment}
  script:
    - {}{build}    # The gate is asked about the commit that the branch holds now, and the receipt is recorded.
    - {}    # The receipt is verified, and then the deployment starts.
    - {}  # The outcome is recorded, even if the deployment failed.
  after_script:
    - {}",
        block(&prepared(pipeline), 4),
        block(&record, 4),
        block(&run, 4),
        block(&outcome, 4),
        condition = quoted(&condition),
        slug = pipeline.slug(),
        group = scalar(&pipeline.target.to_string()),
        environment = scalar(pipeline.target.target().environment.as_str()),
    )
}
