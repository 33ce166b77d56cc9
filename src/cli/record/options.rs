//! Turns options into the values of a draft.

use super::args::Args;
use super::cause::{self, Questions};
use super::recording::Recording;
use crate::cli::artifact::artifact;
use crate::cli::error::CommandError;
use crate::cli::receipt_file::{ReceiptNamed, read_proof};
use crate::draft::{Acceptance, DraftValues};
use crate::import::SourceFacts;
use crate::ledger::find;
use crate::record::Kind;
use crate::value::{CommitId, IdPrefix, RecordId};

impl Recording<'_> {
    /// Returns the values of the options, completed with facts from other programs. Commits and ids are resolved. A
    /// root cause may be replaced by a similar one that the user chooses.
    pub(super) fn values(&self, args: &Args, facts: SourceFacts) -> Result<DraftValues, CommandError> {
        let ids = |prefixes: &[IdPrefix]| -> Result<Vec<RecordId>, CommandError> {
            prefixes.iter().map(|prefix| Ok(find(self.loaded, prefix)?)).collect()
        };
        let deployment = &args.deployment;
        let artifacts = deployment.artifacts.iter().map(|path| artifact(path));
        let mut values = DraftValues {
            workflow: args.workflow.clone(),
            step: args.step.clone(),
            third_party: args.third_party.clone(),
            references: args.references.clone(),
            services: args.services.clone(),
            environments: args.environments.clone(),
            root_causes: args.root_causes.clone(),
            summary: args.summary.clone(),
            failure: args.failure.clone(),
            origin: args.origin.clone(),
            symptom: args.symptom.clone(),
            identity: args.identity.clone(),
            credential: args.credential.clone(),
            task: args.task.clone(),
            occurred_at: args.occurred_at,
            expires_in: args.expires_in,
            commits: self.commits(&args.commits)?,
            entries: args.entries.clone(),
            reason: args.reason.clone(),
            of: deployment.of.as_deref().map(|typed| self.subject(typed)).transpose()?,
            result: deployment.result,
            started_at: deployment.started_at,
            ended_at: deployment.ended_at,
            measured: deployment.measured.clone(),
            exceptions: ids(&deployment.exceptions)?,
            accepted: if deployment.accept_all { Acceptance::All } else { Acceptance::Named },
            artifacts: artifacts.collect::<Result<_, _>>()?,
        }
        .or(facts);
        if self.kind == Kind::Exception && args.import.is_of_one_failure() {
            let questions = if args.yes { Questions::Skipped } else { Questions::Allowed };
            for named in &mut values.root_causes {
                let workflow = values.workflow.as_ref();
                *named = cause::meant(self.context, self.state, workflow, named, questions)?;
            }
        }
        Ok(values)
    }

    /// Returns the id of the record that `--of` names, either by its id or by the file of a receipt.
    fn subject(&self, typed: &str) -> Result<RecordId, CommandError> {
        let prefix = match ReceiptNamed::of(typed, &self.context.directory()?)? {
            ReceiptNamed::File(path) => {
                let proof = read_proof(&path)?;
                if !proof.is_included() {
                    return Err(CommandError::usage(format!(
                        "{} does not prove that its receipt is in the ledger",
                        path.display()
                    )));
                }
                proof.record.id().to_string().parse()?
            }
            ReceiptNamed::Id(prefix) => prefix,
        };
        Ok(find(self.loaded, &prefix)?)
    }

    fn commits(&self, specs: &[String]) -> Result<Vec<CommitId>, CommandError> {
        let repository = &self.workspace.repository;
        let resolve = |spec: &String| match (self.kind, spec.parse::<CommitId>()) {
            // The commit of an exception need not be in this repository: another program may have named it. So a full
            // id is taken as it is.
            (Kind::Exception, Ok(full)) => Ok(full),
            _ => Ok(repository.resolve(spec)?),
        };
        if specs.is_empty() && self.kind == Kind::Release {
            return Ok(vec![repository.resolve("HEAD")?]);
        }
        specs.iter().map(resolve).collect()
    }
}
