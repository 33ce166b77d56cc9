//! Workflows of GitHub Actions, and of Gitea, which runs the same ones.

use super::pipeline::Pipeline;
use super::script::{self, GATE_KEY, KEY, TOKEN};
use super::yaml::{indented, scalar};

/// Whose workflows they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Github,
    Gitea,
}

/// The action that checks a repository out, by its commit.
const CHECKOUT: &str = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0";

/// Where the receipt is, as a word of the shell.
const PROOF: &str = "$RUNNER_TEMP/receipt.tlog-proof";

/// Writes the workflow.
pub(super) fn emit(dialect: Dialect, pipeline: &Pipeline) -> String {
    let branches: Vec<String> = pipeline.branches.iter().map(|branch| scalar(branch)).collect();
    let branches = branches.join(", ");
    let (target, by) = (&pipeline.target, &pipeline.written_by);
    let head = format!(
        "\
# countersign: may {target} be deployed? Asked for each pull request, and again for what is deployed.
# Written by: {by}
name: {name}

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

/// The job that a branch rule requires.
fn check(pipeline: &Pipeline) -> String {
    let name = scalar(&format!("countersign {}", pipeline.target));
    let steps = [
        install(pipeline),
        WorkflowStep::run("Let Git use the token of the step that runs it", script::credentials()),
        WorkflowStep::run(
            &format!("Ask the gate about {}", pipeline.merging.asks_about()),
            script::check(pipeline, "${BASE}", "$HEAD"),
        )
        .env("BASE", "${{ github.base_ref }}")
        .env("HEAD", "${{ github.event.pull_request.head.sha }}")
        .env(TOKEN, "${{ github.token }}"),
    ];
    format!(
        "  # Branch rules require this check. Whoever can change this file can change the check, so let its owners review
  # the folder; what is deployed is decided below, with a key that only the protected branch can use.
  check:
    name: {name}
    if: github.event_name == 'pull_request'
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
        slug = pipeline.slug(),
    )
}

/// The job that deploys.
fn deploy(dialect: Dialect, pipeline: &Pipeline) -> String {
    let (slug, environment) = (pipeline.slug(), &pipeline.target.target().environment);
    // Gitea has no environments; its secrets are of the repository.
    let guarded = match dialect {
        Dialect::Github => format!("    environment: {environment}\n"),
        Dialect::Gitea => String::new(),
    };
    let token = match dialect {
        Dialect::Github => "${{ github.token }}",
        Dialect::Gitea => "${{ secrets.COUNTERSIGN_TOKEN }}",
    };
    let signing = |step: WorkflowStep| step.env(KEY, "${{ secrets.COUNTERSIGN_KEY }}").env(TOKEN, token);
    let decided = "steps.gate.outputs.receipt == 'yes'";
    let mut steps = vec![
        install(pipeline),
        WorkflowStep::run("Let Git use the token of the step that runs it", script::credentials()),
    ];
    steps.extend(pipeline.build.as_ref().map(|build| WorkflowStep::run("Build", format!("{build}\n"))));
    let record = script::record(pipeline, "$GITHUB_SHA", PROOF);
    let record = format!(
        "{record}# No receipt is written if this commit runs there already.\nif [ -f \"{PROOF}\" ]; then echo receipt=yes >>\"$GITHUB_OUTPUT\"; fi\n"
    );
    let result = "case \"$RESULT\" in\n  success) result=succeeded ;;\n  failure | cancelled) result=failed ;;\n  *) result=never-started ;;\nesac\n";
    steps.extend([
        signing(WorkflowStep::run("Ask the gate, and record its receipt", record).id("gate")),
        WorkflowStep::run("Verify the receipt", script::verify(pipeline, "$GITHUB_SHA", PROOF)).when(decided),
        WorkflowStep::run("Deploy", format!("{}\n", pipeline.deploy)).id("deploy").when(decided),
        signing(
            WorkflowStep::run(
                "Record what became of it",
                format!("set -eu\n{result}{}", script::outcome("$result", PROOF)),
            )
            .when(&format!("always() && {decided}"))
            .env("RESULT", "${{ steps.deploy.outcome }}"),
        ),
    ]);
    format!(
        "  deploy:
    name: {name}
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    timeout-minutes: 60
{guarded}    # One after the other, and none is cut off while it deploys.
    concurrency:
      group: countersign-{slug}
      cancel-in-progress: false
    permissions:
      contents: write # for the ledger's branch; branch rules keep the token off every other one
{}      {GATE_KEY}: ${{{{ vars.{GATE_KEY} }}}}
{}",
        anchors(),
        all(&steps),
        name = scalar(&format!("deploy {}", pipeline.target)),
    )
}

/// What a clone that was just made is held to.
fn anchors() -> &'static str {
    "    env:
      COUNTERSIGN_LEDGER_ID: ${{ vars.COUNTERSIGN_LEDGER_ID }}
      COUNTERSIGN_AT_LEAST: ${{ vars.COUNTERSIGN_AT_LEAST }}
"
}

fn install(pipeline: &Pipeline) -> WorkflowStep {
    WorkflowStep::run("Install countersign", script::install(pipeline))
}

/// Writes the steps of a job; the first checks the repository out, with its whole history.
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
    script: String,
}

impl WorkflowStep {
    fn run(name: &str, script: String) -> Self {
        Self { name: name.to_owned(), id: None, condition: None, variables: Vec::new(), script }
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
        if !self.variables.is_empty() {
            text.push_str("        env:\n");
        }
        for (name, value) in &self.variables {
            text.push_str(&format!("          {name}: {value}\n"));
        }
        text + "        run: |\n" + &indented(&self.script, 10)
    }
}
