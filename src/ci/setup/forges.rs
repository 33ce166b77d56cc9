//! Forges that a script cannot set up with a command. The script only describes the steps on the forge. If no service
//! may decide for the target yet, the script also makes a key, and proposes a service with that key to the admins.

use super::page::SetupPage;
use crate::ci::forge::Forge;
use crate::ci::script::{GATE_KEY, KEY, TOKEN};

/// Gitea and Forgejo.
pub(super) fn gitea(page: &SetupPage<'_>) -> String {
    let branches: Vec<String> = page.branches().collect();
    page.head("Gitea", "")
        + &page.member()
        + &variables(page, "Put these into the settings of the repository, under Actions, Secrets and Variables.")
        + &format!(
            "
# Secret {TOKEN}: a token with the scope `write:repository`, of a separate account that may write to this
#   repository.
# Settings, Branches:
# - Protect `{ledger}`. That account may push to it, and so may everybody who records. Nobody may force-push to it.
# - Protect {branches}. Nobody may push, not even that account. A pull request may be merged only after the check
#   `countersign {target} / countersign {target} (pull_request)` has passed.
# Secrets belong to the whole repository: whoever can push a workflow can use them. Require a review of every change of
# `.gitea/`.
",
            ledger = page.facts.ledger_branch,
            branches = branches.join(", "),
            target = page.target(),
        )
        + &page.rest(Forge::Gitea)
}

/// Any other place.
pub(super) fn generic(page: &SetupPage<'_>) -> String {
    page.head("another place", "")
        + &page.member()
        + &variables(page, "Put these where jobs get secrets and variables from, and where no change of the code can alter them:")
        + &format!(
            "
# Secret {TOKEN}: a token for the remote, if the remote takes one. It may push `{ledger}`, and no other branch.
# Let the remote refuse every force-push to `{ledger}`, and every deletion of it. Let a branch that deploys move only
# after `check` has passed. Run `deploy` after the branch has moved, for one commit after the other.
",
            ledger = page.facts.ledger_branch,
        )
        + &page.rest(Forge::Generic)
}

/// Returns the commands that print the variables, and the name of the file with the secret. `place` says where the user
/// has to put them.
fn variables(page: &SetupPage<'_>, place: &str) -> String {
    format!(
        "\
# {place}
echo 'Secret {KEY}: the contents of the following file. Delete the file afterwards.'
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
