//! GitLab: variables, a token, protected branches, and what merging requires.

use super::page::SetupPage;
use crate::ci::forge::Forge;
use crate::ci::pipeline::Merging;
use crate::ci::script::{KEY, TOKEN};

pub(super) fn setup(page: &SetupPage<'_>) -> String {
    let environment = &page.target().target().environment;
    let mut text = page.head("GitLab", ", with `glab`") + &page.member();
    let key = page.key();
    text += &format!(
        "\
# The service's key, only for jobs of protected branches in this environment.
glab variable set {KEY} --type file --protected --scope {environment} <{key}
{}

# A token that may push for 90 days; after that, run these lines again. Its role is Developer, so it can push to a
# protected branch only if Developers may. It can still push branches that are not protected, but these deploy nothing.
expires=$(date -u -d '+90 days' +%F 2>/dev/null || date -u -v+90d +%F)
made=$(glab api --method POST projects/:id/access_tokens -f name=countersign -F access_level=30 \\
  -f 'scopes[]=write_repository' -f expires_at=\"$expires\")
printf '%s\\n' \"$made\" | sed -n 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/p' |
  glab variable set {TOKEN} --masked --protected --scope {environment}

# Fresh clones check the ledger against these variables. Each is set twice: protected, for the deployment, and
# unprotected, for the checks of merge requests, which get no protected variables.
# Raise COUNTERSIGN_AT_LEAST now and then, to the checkpoint that `countersign verify` prints for --at-least.
",
        page.forget_key()
    );
    for (name, value) in page.variables() {
        text += &format!("glab variable set {name} {value} --protected --scope {environment}\n");
        text += &format!("glab variable set {name} {value}\n");
    }
    text += &format!(
        "\n# The ledger's branch only grows. Developers may push to it (30). Nobody may merge into it (0), or force-push to it.\n{}",
        protected(&shell_words::quote(&page.facts.ledger_branch), 30, 0)
    );
    text += "\n# Changes come in through a merge request whose pipeline passes: nobody may push (0), and Maintainers may merge (40).\n";
    for branch in page.branches() {
        text += &protected(&branch, 0, 40);
    }
    let (method, squash) = match page.pipeline.merging {
        Merging::Merge => ("merge", "never"),
        Merging::Squash => ("merge", "always"),
        Merging::Rebase => ("rebase_merge", "never"),
        Merging::FastForward => ("ff", "never"),
    };
    text += &format!(
        "glab api --silent --method PUT projects/:id -F only_allow_merge_if_pipeline_succeeds=true \\\n  -f merge_method={method} -f squash_option={squash}\n"
    );
    text + &page.rest(Forge::Gitlab)
}

/// Returns the commands that protect a branch. `push` and `merge` are the lowest roles that may push to it and merge
/// into it; 0 is nobody.
fn protected(branch: &str, push: u8, merge: u8) -> String {
    format!(
        "# (An existing protection is not changed: check that it has these settings.)\nglab api --silent projects/:id/protected_branches/{branch} 2>/dev/null ||\n  glab api --silent --method POST projects/:id/protected_branches -f name={branch} \\\n  -F push_access_level={push} -F merge_access_level={merge} -F allow_force_push=false\n"
    )
}
