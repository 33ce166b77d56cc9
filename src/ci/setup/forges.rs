//! Forges that have no command with which a script could set them up. The script describes the steps, and only makes
//! the key.

use super::page::SetupPage;
use crate::ci::forge::Forge;
use crate::ci::script::{GATE_KEY, KEY, TOKEN};

/// Gitea and Forgejo.
pub(super) fn gitea(page: &SetupPage<'_>) -> String {
    let branches: Vec<String> = page.branches().collect();
    page.head("Gitea", "")
        + &page.member()
        + &variables(page, "In the repository: Settings, Actions, Secrets and Variables.")
        + &format!(
            "
# Secret {TOKEN}: a token of a separate account with write access here, with the scope `write:repository`.
# Settings, Branches: protect `{ledger}`, and let that account push to it, and nobody force-push;
#   protect {branches}: pushes for nobody, merges of pull requests with the check
#   `countersign {target} / countersign {target} (pull_request)`, and no push for that account.
# Secrets are repository-wide: whoever can push a workflow can use them. Require a review of changes of `.gitea/`.
",
            ledger = page.facts.ledger_branch,
            branches = branches.join(", "),
            target = page.target(),
        )
        + &page.rest(Forge::Gitea)
}

/// Every other place.
pub(super) fn generic(page: &SetupPage<'_>) -> String {
    page.head("another place", "")
        + &page.member()
        + &variables(page, "Where jobs get secrets and variables from, and where no change of the code can alter them:")
        + &format!(
            "
# Secret {TOKEN}: a token for the remote, if that takes one. It pushes `{ledger}`, and no other branch.
# `{ledger}` is never force-pushed and never deleted. The branches that deploy move only after `check` has passed, and
# `deploy` runs after they have moved, for one commit after the other.
",
            ledger = page.facts.ledger_branch,
        )
        + &page.rest(Forge::Generic)
}

/// Returns the commands that print the secret and the variables, to be pasted at a place.
fn variables(page: &SetupPage<'_>, place: &str) -> String {
    format!(
        "\
# {place}
echo 'Secret {KEY}: the contents of this file, which you delete afterwards:'
echo {key}
echo 'Variable COUNTERSIGN_LEDGER_ID: {ledger}'
echo 'Variable COUNTERSIGN_AT_LEAST: {at_least}'
echo 'Variable {GATE_KEY}:'
{public}
",
        key = page.key(),
        ledger = page.facts.ledger,
        at_least = page.facts.at_least,
        public = page.print_public_key(),
    )
}
