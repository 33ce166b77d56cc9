//! [`SetupPage`]: what the scripts of all forges have in common.

use crate::ci::forge::Forge;
use crate::ci::pipeline::Pipeline;
use crate::ci::script::GATE_KEY;
use crate::value::{MemberName, RecordId, Target, TargetName};

/// What is known of the ledger.
#[derive(Debug, Clone)]
pub struct SetupFacts {
    /// The ledger id.
    pub ledger: RecordId,
    /// The newest checkpoint that was shared, as SIZE:ROOT.
    pub at_least: String,
    /// The branch of the ledger.
    pub ledger_branch: String,
    /// The service that may decide for the target, with the line of its public key, if there is one.
    pub service: Option<(MemberName, String)>,
    /// The member who is to answer for the service, if there is no service yet.
    pub owner: String,
}

/// The length of the longest name of a member.
const LONGEST_NAME: usize = 64;

/// The values from which every script is written.
pub(super) struct SetupPage<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) facts: &'a SetupFacts,
}

impl SetupPage<'_> {
    pub(super) fn target(&self) -> &TargetName {
        &self.pipeline.target
    }

    /// The name of the service.
    pub(super) fn service(&self) -> String {
        let made =
            || format!("ci-{}", self.pipeline.slug().replace('+', "-")).chars().take(LONGEST_NAME).collect();
        self.facts.service.as_ref().map_or_else(made, |(name, _)| name.to_string())
    }

    /// The file of the service's private key, as a word of the shell.
    pub(super) fn key(&self) -> String {
        format!("\"$HOME/.ssh/{}\"", self.service())
    }

    /// The line of the service's public key, as a word of the shell.
    pub(super) fn public_key(&self) -> String {
        match &self.facts.service {
            Some((_, line)) => shell_words::quote(line).into_owned(),
            None => format!("\"$(cat \"$HOME/.ssh/{}.pub\")\"", self.service()),
        }
    }

    /// The command that prints the line of the service's public key.
    pub(super) fn print_public_key(&self) -> String {
        match &self.facts.service {
            Some((_, line)) => format!("echo {}", shell_words::quote(line)),
            None => format!("cat \"$HOME/.ssh/{}.pub\"", self.service()),
        }
    }

    /// The variables of the forge, each with its value as a word of the shell.
    pub(super) fn variables(&self) -> [(&'static str, String); 3] {
        [
            ("COUNTERSIGN_LEDGER_ID", self.facts.ledger.to_string()),
            ("COUNTERSIGN_AT_LEAST", self.facts.at_least.clone()),
            (GATE_KEY, self.public_key()),
        ]
    }

    /// Returns the command that removes the file of the private key once the forge has the key; nothing if the service
    /// was a member before, so that this script did not make the key.
    pub(super) fn forget_key(&self) -> String {
        if self.facts.service.is_some() { String::new() } else { format!("rm {}\n", self.key()) }
    }

    pub(super) fn head(&self, forge: &str, needs: &str) -> String {
        format!(
            "\
#!/bin/sh
# The pipeline of {target} on {forge}: what is set up once.
# Read it before you run it: as an admin of the ledger and of the repository, in a clone{needs}.
set -eu

",
            target = self.target()
        )
    }

    /// The part of the script for the service: its key, and what it may do.
    pub(super) fn member(&self) -> String {
        let (name, Target { service, environment }) = (self.service(), self.target().target());
        if self.facts.service.is_some() {
            return format!(
                "# The service is {name}, a member with the role `gate` for this target. Its private key has to be in this file:\n# put it back, or give the service another one with `countersign trust rotate {name}=KEY`.\ntest -f {key} || {{ echo {key} is missing >&2; exit 1; }}\n\n",
                key = self.key()
            );
        }
        format!(
            "\
# The service: a key of its own, and a member that may decide for this target, and nothing else.
# It takes effect once enough admins have approved it. To go on after that, print this script again.
mkdir -p \"$HOME/.ssh\"
test -f {key} ||
  ssh-keygen -q -t ed25519 -N '' -C {name} -f {key}
countersign trust add {name}={public} \\
  --owner {owner} --role gate -s {service} -e {environment}

",
            key = self.key(),
            public = self.public_key(),
            owner = self.facts.owner,
        )
    }

    /// What is left to do, whatever the forge.
    pub(super) fn rest(&self, forge: Forge) -> String {
        let target = self.target();
        format!(
            "\n# Then: countersign ci emit {forge} {target}{how} --deploy 'COMMAND' --out {}\n# and: countersign ci check {forge} {target}\n",
            forge.path(target),
            how = self.pipeline.merging.option(),
            forge = forge.name(),
        )
    }

    /// The branches that deploy, each as a quoted word of the shell.
    pub(super) fn branches(&self) -> impl Iterator<Item = String> + '_ {
        self.pipeline.branches.iter().map(|branch| shell_words::quote(branch).into_owned())
    }
}
