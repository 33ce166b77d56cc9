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
    /// The newest shared checkpoint, as SIZE:ROOT. It becomes the lower bound for the jobs.
    pub at_least: String,
    /// The branch of the ledger.
    pub ledger_branch: String,
    /// A service that may decide for the target, with the line of its public key; `None` if no service may.
    pub service: Option<(MemberName, String)>,
    /// The member who becomes the owner of the service, if the script makes one.
    pub owner: String,
}

/// The maximum length of a member's name.
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

    /// Returns the command that removes the file of the private key, which is not needed once the forge has the key.
    /// Returns nothing if the service was a member before: then the script has not made the key.
    pub(super) fn forget_key(&self) -> String {
        if self.facts.service.is_some() { String::new() } else { format!("rm {}\n", self.key()) }
    }

    pub(super) fn head(&self, forge: &str, needs: &str) -> String {
        format!(
            "\
#!/bin/sh
# This script sets up what the pipeline of {target} needs ({forge}). It is run once.
# Read it before you run it. Run it as an admin of the ledger and of the repository, in a clone{needs}.
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
                "# The service is {name}, a member with the role `gate` for this target. The file below has to hold its private key.\n# If the file is missing, put it back, or give the service another key: `countersign trust rotate {name}=KEY`.\ntest -f {key} || {{ echo {key} is missing >&2; exit 1; }}\n\n",
                key = self.key()
            );
        }
        format!(
            "\
# The service gets a key of its own, and becomes a member that may decide for this target and do nothing else. It may
# decide once enough admins have approved that. The rest of this script does not wait for them. If the script stops
# before its end, print it again once they have approved, and run the new one.
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
