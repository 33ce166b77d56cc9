//! Reads the facts of an exception from the environment variables of a CI job.

use super::{SourceFacts, wording};

/// A CI system. For each fact, it has the names of the variables that may hold the fact; the first one that is set
/// counts.
struct Host {
    name: &'static str,
    /// The variable that identifies the CI system.
    mark: &'static str,
    workflow: &'static [&'static str],
    job: &'static [&'static str],
    run: &'static [&'static str],
    url: &'static [&'static str],
    commit: &'static [&'static str],
}

/// The CI systems known by name; the last entry covers other systems that set `CI` and common variables.
const HOSTS: &[Host] = &[
    Host {
        name: "github-actions",
        mark: "GITHUB_ACTIONS",
        workflow: &["GITHUB_WORKFLOW"],
        job: &["GITHUB_JOB"],
        run: &["GITHUB_RUN_ID"],
        // GitHub sets only the parts of the address; see `url`.
        url: &[],
        commit: &["GITHUB_SHA"],
    },
    Host {
        name: "gitlab-ci",
        mark: "GITLAB_CI",
        workflow: &["CI_PIPELINE_NAME", "CI_PROJECT_NAME"],
        job: &["CI_JOB_NAME"],
        run: &["CI_PIPELINE_ID"],
        url: &["CI_PIPELINE_URL", "CI_JOB_URL"],
        commit: &["CI_COMMIT_SHA"],
    },
    Host {
        name: "jenkins",
        mark: "JENKINS_URL",
        workflow: &["JOB_NAME"],
        job: &["STAGE_NAME", "JOB_BASE_NAME"],
        run: &["BUILD_NUMBER", "BUILD_ID"],
        url: &["BUILD_URL"],
        commit: &["GIT_COMMIT"],
    },
    Host {
        name: "buildkite",
        mark: "BUILDKITE",
        workflow: &["BUILDKITE_PIPELINE_SLUG"],
        job: &["BUILDKITE_STEP_KEY", "BUILDKITE_LABEL"],
        run: &["BUILDKITE_BUILD_NUMBER"],
        url: &["BUILDKITE_BUILD_URL"],
        commit: &["BUILDKITE_COMMIT"],
    },
    Host {
        name: "ci",
        mark: "CI",
        workflow: &["CI_WORKFLOW_NAME", "CI_PIPELINE_NAME", "CIRCLE_PROJECT_REPONAME", "JOB_NAME"],
        job: &["CI_STEP_NAME", "CI_JOB_NAME", "CIRCLE_JOB"],
        run: &["CI_PIPELINE_NUMBER", "CIRCLE_WORKFLOW_ID", "BUILD_NUMBER", "BUILD_ID"],
        url: &["CI_PIPELINE_URL", "CIRCLE_BUILD_URL", "BUILD_URL"],
        commit: &["CI_COMMIT_SHA", "CIRCLE_SHA1", "GIT_COMMIT", "COMMIT_SHA"],
    },
];

/// The names of the supported CI systems.
pub fn hosts() -> impl Iterator<Item = &'static str> {
    HOSTS.iter().map(|host| host.name)
}

/// Whether this program runs in a CI job.
pub fn is_ci(variable: impl Fn(&str) -> Option<String>) -> bool {
    host(&variable).is_some()
}

/// The system whose job this program runs in.
fn host(variable: &impl Fn(&str) -> Option<String>) -> Option<&'static Host> {
    let is_set = |host: &&Host| variable(host.mark).is_some_and(|value| value != "false" && value != "0");
    HOSTS.iter().find(is_set)
}

/// The facts about the CI job that this program runs in. Returns `None` outside a CI job, or if the job
/// states neither a run id nor an address of its run.
///
/// A run that is tried again is the same task, so the task does not hold the number of the attempt.
pub fn ci(variable: impl Fn(&str) -> Option<String>) -> Option<SourceFacts> {
    let host = host(&variable)?;
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let (workflow, job) = (first(host.workflow), first(host.job));
    let (run, url) = (first(host.run), first(host.url).or_else(|| url(host, &variable)));
    if run.is_none() && url.is_none() {
        return None;
    }
    let parts: Vec<&str> = workflow.iter().chain(&job).map(String::as_str).collect();
    let what = parts.join(" / ");
    let mut task = format!("{}: {what}", host.name);
    run.iter().for_each(|run| task.push_str(&format!(", run {run}")));
    url.iter().for_each(|url| task.push_str(&format!(", {}", without_user(url))));
    Some(SourceFacts {
        workflow: workflow.as_deref().and_then(wording::name),
        summary: wording::line(&format!("The job {what} could not proceed by itself")),
        symptom: wording::symptom(&format!("ci:{}", parts.join("/"))),
        // Only a full id names a commit permanently. Some systems set the variable to `HEAD`, which is not used.
        commit: first(host.commit).and_then(|commit| commit.parse().ok()),
        task: wording::line(&task),
        ..SourceFacts::default()
    })
}

/// The address of a run on GitHub, built from its parts; `None` on other systems.
fn url(host: &Host, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    if host.mark != "GITHUB_ACTIONS" {
        return None;
    }
    let (server, repository) = (variable("GITHUB_SERVER_URL")?, variable("GITHUB_REPOSITORY")?);
    Some(format!("{server}/{repository}/actions/runs/{}", variable("GITHUB_RUN_ID")?))
}

/// Removes the user name and the password from an address, because neither may be recorded.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}
