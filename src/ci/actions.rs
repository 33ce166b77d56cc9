//! The pipeline as a workflow of GitHub Actions. Gitea reads nearly the same workflows, so they are written here, too.

use super::pipeline::Pipeline;
use super::script::{self, GATE_KEY, INSTALL, KEY, Places, TOKEN};
use super::yaml::{block, scalar};

/// The forge that a workflow is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Github,
    Gitea,
}

/// The action that checks a repository out, pinned to a commit.
const CHECKOUT: &str = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0";

/// Where a job keeps the files that it makes.
const PLACES: Places =
    Places { proof: "$RUNNER_TEMP/receipt.tlog-proof", started: "$RUNNER_TEMP/deployment-started" };

/// Writes the workflow.
pub(super) fn emit(dialect: Dialect, pipeline: &Pipeline) -> String {
    let branches: Vec<String> = pipeline.branches.iter().map(|branch| scalar(&escaped(branch))).collect();
    let branches = branches.join(", ");
    let (target, by) = (&pipeline.target, &pipeline.written_by);
    // Versions of Gitea before 1.26 do not know the key `concurrency`, and ignore it.
    let least = match dialect {
        Dialect::Github => "",
        Dialect::Gitea => {
            "# This workflow needs Gitea 1.26 or newer. Earlier versions run the deployments of simultaneous pushes in parallel.\n"
        }
    };
    let head = format!(
        "\
# countersign: may {target} be deployed? The gate is asked about each pull request, and again before each deployment.
# Written by: {by}
{least}name: {name}

on:
  pull_request:
    branches: [{branches}]
  push:
    branches: [{branches}]

permissions: {{}}

",
        name = scalar(&format!("countersign {target}")),
    );
    head + "jobs:\n" + &check(pipeline) + "\n" + &deploy(dialect, pipeline)
}

/// Writes a branch pattern as a filter of a workflow. In a policy only `*` is special. A filter has more special
/// characters, and these are escaped.
fn escaped(branch: &str) -> String {
    let mut filter = String::new();
    for letter in branch.chars() {
        if "?+[]!\\".contains(letter) {
            filter.push('\\');
        }
        filter.push(letter);
    }
    filter
}

/// Writes the job that a branch rule requires. It runs for pushes, too: if it were skipped, it would count as passed.
fn check(pipeline: &Pipeline) -> String {
    let (target, about) = (&pipeline.target, pipeline.merging.asks_about());
    let pushed = format!(
        "# For a push, the gate is asked about the pushed commit itself.\nif [ -z \"$BASE\" ]; then\n  countersign gate {target} --sync --commit \"$GITHUB_SHA\"\n  exit\nfi\n"
    );
    let steps = [
        install(pipeline),
        credentials(),
        WorkflowStep::run(
            &format!("Ask the gate about {about}"),
            pushed + &script::check(pipeline, "${BASE}", "$HEAD"),
        )
        .env("BASE", "${{ github.base_ref }}")
        .env("HEAD", "${{ github.event.pull_request.head.sha }}")
        .env(TOKEN, "${{ github.token }}"),
    ];
    format!(
        "  # Branch rules require this check. Whoever can change this file can change the check, so require a review of every
  # change of the file. What is deployed is decided in the job below, with a key that this job is not given.
  check:
    name: {name}
    runs-on: ubuntu-latest
    timeout-minutes: 15
    concurrency:
      group: countersign-check-{slug}-${{{{ github.ref }}}}
      cancel-in-progress: true
    permissions:
      contents: read
{}{}",
        anchors(),
        all(&steps),
        name = scalar(&format!("countersign {target}")),
        slug = pipeline.slug(),
    )
}

/// Writes the job that deploys.
fn deploy(dialect: Dialect, pipeline: &Pipeline) -> String {
    // Gitea has no environments: secrets there belong to the repository.
    let guarded = match dialect {
        Dialect::Github => {
            format!("    environment: {}\n", scalar(pipeline.target.target().environment.as_str()))
        }
        Dialect::Gitea => String::new(),
    };
    let token = match dialect {
        Dialect::Github => "${{ github.token }}",
        Dialect::Gitea => "${{ secrets.COUNTERSIGN_TOKEN }}",
    };
    let signing = |step: WorkflowStep| step.env(KEY, "${{ secrets.COUNTERSIGN_KEY }}").env(TOKEN, token);
    let decided = "steps.gate.outputs.receipt == 'yes'";
    let mut steps = vec![install(pipeline), credentials()];
    steps.extend(pipeline.build.as_ref().map(|build| WorkflowStep::of_user("Build", build)));
    let record = format!(
        "{}# Without --artifact, the gate writes no receipt if the commit runs on the target already.\nif [ -f \"{proof}\" ]; then echo receipt=yes >>\"$GITHUB_OUTPUT\"; fi\n",
        script::record(pipeline, "$GITHUB_REF", "$GITHUB_SHA", &PLACES),
        proof = PLACES.proof,
    );
    let result = "case \"$RESULT\" in\n  success) result=succeeded ;;\n  failure | cancelled) result=failed ;;\n  *) result=never-started ;;\nesac\n";
    let outcome = format!("set -eu\n{result}{}", script::outcome("$result", &PLACES));
    steps.extend([
        signing(WorkflowStep::run("Ask the gate, and record its receipt", record).id("gate")),
        WorkflowStep::run(
            "Verify the receipt",
            script::verify(pipeline, "$GITHUB_SHA", &PLACES) + &script::start(&PLACES),
        )
        .when(decided),
        WorkflowStep::of_user("Deploy", &pipeline.deploy).id("deploy").when(decided),
        signing(
            WorkflowStep::run("Record the outcome", outcome)
                .when(&format!("always() && {decided}"))
                .env("RESULT", "${{ steps.deploy.outcome }}"),
        ),
    ]);
    format!(
        "  # The steps that build and deploy are given neither the key nor the token. But the steps that use both run on the
  # same machine, so the commands that build and deploy have to be trusted with both.
  deploy:
    name: {name}
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    timeout-minutes: 60
{guarded}    # Deployments run one after the other, and a newer one does not cancel one that runs.
    concurrency:
      group: countersign-{slug}
      cancel-in-progress: false
    permissions:
      contents: write # for the ledger's branch; branch rules let the token push no other branch
{}      {GATE_KEY}: ${{{{ vars.{GATE_KEY} }}}}
{}",
        anchors(),
        all(&steps),
        name = scalar(&format!("deploy {}", pipeline.target)),
        slug = pipeline.slug(),
    )
}

/// The variables that a fresh clone of the ledger is checked against.
fn anchors() -> &'static str {
    "    env:
      COUNTERSIGN_LEDGER_ID: ${{ vars.COUNTERSIGN_LEDGER_ID }}
      COUNTERSIGN_AT_LEAST: ${{ vars.COUNTERSIGN_AT_LEAST }}
"
}

fn install(pipeline: &Pipeline) -> WorkflowStep {
    let name = "Install countersign";
    match &pipeline.install {
        Some(install) => WorkflowStep::of_user(name, &format!("{install}\ncountersign version")),
        None => WorkflowStep::run(name, format!("{INSTALL}countersign version\n")),
    }
}

fn credentials() -> WorkflowStep {
    WorkflowStep::run("Let Git use the token of the step that runs it", script::credentials())
}

/// Writes the steps of a job. The first step checks the repository out, with its whole history.
fn all(steps: &[WorkflowStep]) -> String {
    let checkout = format!(
        "    steps:\n      - uses: {CHECKOUT}\n        with:\n          fetch-depth: 0\n          persist-credentials: false\n"
    );
    checkout + &steps.iter().map(WorkflowStep::text).collect::<String>()
}

/// A step that runs a script.
struct WorkflowStep {
    name: String,
    id: Option<&'static str>,
    condition: Option<String>,
    variables: Vec<(&'static str, String)>,
    shell: Option<&'static str>,
    script: String,
}

impl WorkflowStep {
    fn run(name: &str, script: String) -> Self {
        Self { name: name.to_owned(), id: None, condition: None, variables: Vec::new(), shell: None, script }
    }

    /// A step that runs a command of the user. With `shell: bash`, the step fails if any command of a pipe fails.
    fn of_user(name: &str, command: &str) -> Self {
        Self { shell: Some("bash"), ..Self::run(name, format!("{command}\n")) }
    }

    fn id(self, id: &'static str) -> Self {
        Self { id: Some(id), ..self }
    }

    fn when(self, condition: &str) -> Self {
        Self { condition: Some(condition.to_owned()), ..self }
    }

    fn env(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn text(&self) -> String {
        let mut text = format!("      - name: {}\n", self.name);
        if let Some(id) = self.id {
            text.push_str(&format!("        id: {id}\n"));
        }
        if let Some(condition) = &self.condition {
            text.push_str(&format!("        if: {condition}\n"));
        }
        if let Some(shell) = self.shell {
            text.push_str(&format!("        shell: {shell}\n"));
        }
        if !self.variables.is_empty() {
            text.push_str("        env:\n");
        }
        for (name, value) in &self.variables {
            text.push_str(&format!("          {name}: {value}\n"));
        }
        text + "        run: " + &block(&self.script, 8)
    }
}
