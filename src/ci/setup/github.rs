//! GitHub: an environment with its secret and variables, and rulesets.

use serde_json::{Value, json};

use super::page::SetupPage;
use crate::ci::forge::Forge;
use crate::ci::pipeline::Merging;
use crate::ci::script::KEY;

/// The id of the application that runs workflows. If the branch rule did not name this application, everyone who may
/// push could report the check as passed.
const ACTIONS: u32 = 15368;

/// The ids of the roles that GitHub gives to people: maintain, write, admin (REST API, rules of a repository).
const PEOPLE: [u8; 3] = [2, 4, 5];

pub(super) fn setup(page: &SetupPage<'_>) -> String {
    let environment = &page.target().target().environment;
    let mut text = page.head("GitHub", ", with `gh` 2.31 or newer") + &page.member();
    text += &format!(
        "# The environment: only jobs of the branches that deploy get its secret. An existing environment of\n# this name loses its reviewers and timers: set them again afterwards.\n{}",
        put(
            "PUT",
            &format!("environments/{environment}"),
            &json!({"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}})
        )
    );
    for branch in &page.pipeline.branches {
        let policies = format!("environments/{environment}/deployment-branch-policies");
        text += &put("POST", &policies, &json!({"name": branch}));
    }
    let key = page.key();
    text += &format!(
        "gh secret set {KEY} --env {environment} <{key}\n{}\n# Fresh clones check the ledger against these variables.\n# Raise COUNTERSIGN_AT_LEAST now and then, to the checkpoint that `countersign verify` prints for --at-least.\n",
        page.forget_key()
    );
    for (name, value) in page.variables() {
        // Checks of pull requests have no environment, so they use the variables of the repository.
        text += &format!("gh variable set {name} --body {value}\n");
        text += &format!("gh variable set {name} --env {environment} --body {value}\n");
    }
    text += "\n# The ledger's branch only grows.\n";
    let ledger = format!("refs/heads/{}", page.facts.ledger_branch);
    text += &ruleset(&json!({
        "name": "countersign: the ledger only grows",
        "conditions": {"ref_name": {"include": [ledger], "exclude": []}},
        "rules": [{"type": "deletion"}, {"type": "non_fast_forward"}],
    }));
    text += "\n# The token of a workflow may push the ledger's branch and no other. People (write, maintain, admin) are exempt. Add\n# deploy keys, and applications that push branches, such as Dependabot, to the bypass list of the ruleset.\n";
    let people =
        PEOPLE.map(|id| json!({"actor_id": id, "actor_type": "RepositoryRole", "bypass_mode": "always"}));
    text += &ruleset(&json!({
        "name": "countersign: workflows push the ledger only",
        "bypass_actors": people,
        "conditions": {"ref_name": {"include": ["~ALL"], "exclude": [ledger]}},
        "rules": [{"type": "creation"}, {"type": "update"}, {"type": "deletion"}],
    }));
    text += "\n# Changes come in through a pull request that the gate allows. Code owners review changes of `.github/`. Name them in\n# .github/CODEOWNERS with a line such as `/.github/ @your-team`.\n";
    text += &ruleset(&branch_rules(page));
    text += &page.rest(Forge::Github);
    text
}

/// Returns the ruleset for the branches that deploy.
fn branch_rules(page: &SetupPage<'_>) -> Value {
    let include: Vec<String> =
        page.pipeline.branches.iter().map(|branch| format!("refs/heads/{branch}")).collect();
    let method = match page.pipeline.merging {
        Merging::Merge => "merge",
        Merging::Squash => "squash",
        // GitHub cannot merge by a fast-forward, so that becomes a rebase.
        Merging::Rebase | Merging::FastForward => "rebase",
    };
    let check = format!("countersign {}", page.target());
    json!({
        "name": format!("countersign: {}", page.target()),
        "conditions": {"ref_name": {"include": include, "exclude": []}},
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {"type": "pull_request", "parameters": {
                "allowed_merge_methods": [method],
                "dismiss_stale_reviews_on_push": true,
                "require_code_owner_review": true,
                "require_last_push_approval": false,
                "required_approving_review_count": 1,
                "required_review_thread_resolution": false,
            }},
            {"type": "required_status_checks", "parameters": {
                "strict_required_status_checks_policy": true,
                "required_status_checks": [{"context": check, "integration_id": ACTIONS}],
            }},
        ],
    })
}

fn ruleset(rules: &Value) -> String {
    let mut rules = rules.clone();
    if let Some(rules) = rules.as_object_mut() {
        rules.insert("target".to_owned(), json!("branch"));
        rules.insert("enforcement".to_owned(), json!("active"));
    }
    // The rulesets of the ledger serve every target. So a ruleset that exists already is left as it is.
    let name = rules.get("name").and_then(Value::as_str).unwrap_or_default();
    format!(
        "gh api 'repos/{{owner}}/{{repo}}/rulesets' --jq '.[].name' | grep -qxF {} ||\n{}",
        shell_words::quote(name),
        put("POST", "rulesets", &rules)
    )
}

/// Returns the command that sends a JSON document to an API path below the repository.
fn put(method: &str, place: &str, document: &Value) -> String {
    format!(
        "gh api --silent --method {method} {} --input - <<'END'\n{document:#}\nEND\n",
        // `gh` fills in the words in braces.
        format_args!("'repos/{{owner}}/{{repo}}/{place}'")
    )
}
