//! Errors at the edge: what is wrong, why, and what to do next.

use std::error::Error;

use super::exit::Exit;
use crate::ask::{DecideError, NoPlan};
use crate::export::ExportError;
use crate::finding::Code;
use crate::fork::{CompareError, ScratchError};
use crate::git::GitError;
use crate::key::KeyError;
use crate::ledger::{FindError, LoadError};
use crate::push::{HookError, PushError};
use crate::record::draft::DraftError;
use crate::store::StoreError;
use crate::value::FormError;
use crate::workspace::Lost;
use crate::write::{AppendError, CosignError, FoundError};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// A phrase.
    pub(crate) message: String,
    /// What to do next; each its own line.
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn output(error: &std::io::Error) -> Self {
        Self::new(Exit::Environment, format!("cannot write the answer: {error}"))
    }

    pub(crate) fn draft(name: &str, error: &DraftError) -> Self {
        let lines = error.0.iter().map(|mistake| {
            let field =
                if mistake.field.is_empty() { String::new() } else { format!("`{}` ", mistake.field) };
            format!(
                "{name}:{}:{}: {field}{}",
                mistake.line,
                mistake.column,
                crate::render::escape(&mistake.message)
            )
        });
        let lines: Vec<String> = lines.collect();
        let count = lines.len();
        let head = format!("the draft has {count} mistake{}", if count == 1 { "" } else { "s" });
        Self::usage(format!("{head}\n  {}", lines.join("\n  ")))
    }
}

/// An error and its causes, as one phrase.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        let exit = match &error {
            GitError::NoCommit { .. } | GitError::BranchName { .. } => Exit::Usage,
            _ if error.is_incomplete() => Exit::Untrusted,
            _ => Exit::Environment,
        };
        let it = Self::new(exit, chain(&error));
        match error {
            GitError::NoRepository { .. } => {
                it.hint("run this inside a Git repository, or name one with -C DIRECTORY")
            }
            GitError::Open { .. } => {
                it.hint("if it belongs to another user: git config --global --add safe.directory DIRECTORY")
            }
            GitError::NoProgram => it.hint("install Git"),
            GitError::Missing { .. } => it.hint("next: git fetch --unshallow"),
            _ => it,
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::new(Exit::Environment, chain(&error))
    }
}

impl From<LoadError> for CommandError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Git(error) => error.into(),
            LoadError::Store(error) => error.into(),
            LoadError::Variable | LoadError::Bound(_) => Self::usage(error.to_string()),
            LoadError::Pin { .. } => Self::new(Exit::Untrusted, chain(&error))
                .hint("move the file away, then: countersign verify --ledger-id ID"),
        }
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        let exit = match &error {
            KeyError::NotConfigured | KeyError::NotPublic { .. } | KeyError::WrongPassphrase { .. } => {
                Exit::Usage
            }
            KeyError::NotPrivate { .. } | KeyError::OtherAlgorithm { .. } => Exit::Usage,
            KeyError::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Exit::Usage
            }
            _ => Exit::Environment,
        };
        let it = Self::new(exit, chain(&error));
        match error {
            KeyError::NotConfigured => it
                .hint(
                    "tell Git which key is yours: git config --global user.signingkey ~/.ssh/id_ed25519.pub",
                )
                .hint("if there is none yet, make one: ssh-keygen -t ed25519"),
            KeyError::OtherAlgorithm { .. } | KeyError::NotPublic { .. } => {
                it.hint("make one: ssh-keygen -t ed25519")
            }
            KeyError::NoPrivate { .. } => it.hint("next: ssh-add, with the path of the private key"),
            KeyError::NoTerminal { .. } => it.hint("next: ssh-add, or --passphrase-file FILE"),
            _ => it,
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Load(error) => error.into(),
            AppendError::Git(error) => error.into(),
            AppendError::Key(error) => error.into(),
            AppendError::Untrusted { code, found } => untrusted(code, &found),
            AppendError::Stranger { .. } => Self::new(Exit::Refused, error.to_string())
                .hint("an admin adds members and keys: countersign trust propose")
                .hint("your key, to give to them: countersign key show"),
            AppendError::WouldBeVoid(ref findings) => {
                let mut it = Self::new(Exit::Refused, error.to_string());
                if let Some(finding) = findings.first() {
                    it = it.hint(finding.code.explanation().remedy);
                    it = it.hint(format!("more: countersign explain {}", finding.code));
                }
                it
            }
            AppendError::Kept { ids, source } => {
                let exit = Self::from(*source);
                let mut short: Vec<String> =
                    ids.iter().take(KEPT).map(crate::value::RecordId::short).collect();
                short.extend((ids.len() > KEPT).then(|| format!("and {} more", ids.len() - KEPT)));
                let mut it = Self::new(exit.exit, exit.message);
                it = it
                    .hint(format!("signed and kept in the outbox, not in the ledger: {}", short.join(", ")));
                exit.hints.into_iter().fold(it, Self::hint).hint("once that is over: countersign outbox send")
            }
            AppendError::WouldBeBroken(_) | AppendError::TooLarge { .. } | AppendError::Already(_) => {
                Self::usage(error.to_string())
            }
            AppendError::Overtaken(_) | AppendError::DecideAgain => {
                Self::new(Exit::Environment, error.to_string()).hint("try again")
            }
        }
    }
}

/// Most records in the outbox that are named; `countersign outbox` lists all.
const KEPT: usize = 10;

/// What was remembered is not what it was.
pub(crate) fn lost() -> CommandError {
    CommandError::new(Exit::Untrusted, format!("{}: {}", Code::Incomplete, Lost::FOUND))
        .hint("nothing of the ledger itself is lost by that: countersign verify --full")
}

/// The ledger cannot be trusted: why, and what to do.
pub(crate) fn untrusted(code: Code, found: &str) -> CommandError {
    let explanation = code.explanation();
    CommandError::new(Exit::Untrusted, format!("{code}: {}", crate::render::escape(found)))
        .hint(explanation.remedy)
        .hint(format!("more: countersign explain {code}"))
}

impl From<DecideError> for CommandError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Git(error) => error.into(),
            DecideError::Append(error) => error.into(),
        }
    }
}

impl From<PushError> for CommandError {
    fn from(error: PushError) -> Self {
        let message = error.to_string();
        match error {
            PushError::Git(error) => error.into(),
            PushError::Append(error) => error.into(),
            PushError::Untrusted { code, found } => untrusted(code, &found),
            PushError::Input { .. } | PushError::TooMany => Self::usage(message),
            PushError::RemoteAhead { fetch } => {
                Self::new(Exit::Untrusted, message).hint(format!("next: {fetch}"))
            }
            PushError::LedgerWithBranch { share } => {
                let hint = format!("next: {share}, then push the branch by itself");
                Self::new(Exit::Refused, message).hint(hint)
            }
        }
    }
}

impl From<CompareError> for CommandError {
    fn from(error: CompareError) -> Self {
        let message = error.to_string();
        match error {
            CompareError::Untrusted { code, found } => untrusted(code, &found),
            CompareError::NoEvidence { .. } => Self::new(Exit::Refused, message),
            CompareError::Nothing(_) => Self::usage(message),
            CompareError::Exists(_) => Self::usage(message).hint("name another file: --out FILE"),
            CompareError::Store(error) | CompareError::Aside(ScratchError::Store(error)) => error.into(),
            CompareError::Git(error) | CompareError::Aside(ScratchError::Git(error)) => error.into(),
            CompareError::Aside(ScratchError::Directory(source)) => {
                Self::new(Exit::Environment, format!("{message}: {source}"))
            }
        }
    }
}

impl From<CosignError> for CommandError {
    fn from(error: CosignError) -> Self {
        match error {
            CosignError::Key(error) => error.into(),
            CosignError::Git(error) => error.into(),
            CosignError::NoWitness(_) => Self::new(Exit::Refused, error.to_string())
                .hint("an admin gives it: countersign trust propose"),
            CosignError::Lost => lost(),
            CosignError::Contradiction { code, .. } => untrusted(code, &error.to_string()),
            CosignError::Note(_) | CosignError::Overtaken(_) => {
                Self::new(Exit::Environment, error.to_string())
            }
        }
    }
}

impl From<FindError> for CommandError {
    fn from(error: FindError) -> Self {
        let hint = match &error {
            FindError::Unknown(_) => "countersign log lists them; what is new may have to be fetched first",
            FindError::Ambiguous { .. } => "give more digits",
        };
        Self::usage(error.to_string()).hint(hint)
    }
}

impl From<NoPlan> for CommandError {
    fn from(error: NoPlan) -> Self {
        let message = error.to_string();
        match error {
            NoPlan::UnknownTarget { known, .. } => {
                let it = Self::usage(message).hint("add it with: countersign policy propose");
                known.iter().fold(it, |it, target| it.hint(format!("it has {target}")))
            }
            NoPlan::NoneInForce { waiting: Some(id), .. } => Self::new(Exit::Refused, message)
                .hint(format!("plan {} waits for approval", id.short()))
                .hint(format!("next: countersign approve {}", id.short())),
            NoPlan::NoneInForce { target, waiting: None } => Self::new(Exit::Refused, message).hint(format!(
                "next: countersign record rollback-plan --service {} --environment {}",
                target.service, target.environment
            )),
            NoPlan::NotAPlan(_) => Self::usage(message).hint("next: countersign log --kind rollback-plan"),
            NoPlan::OtherTarget { id, .. } => {
                Self::usage(message).hint(format!("next: countersign show {}", id.short()))
            }
        }
    }
}

impl From<ExportError> for CommandError {
    fn from(error: ExportError) -> Self {
        let lines = error.unmapped.iter().map(|it| format!("\n  {}", crate::render::escape(&it.to_string())));
        Self::usage(format!("{error}{}", lines.collect::<String>()))
            .hint("nothing was written: a plan that asks for less would not be this one")
            .hint("how sources are read: countersign export argo --help")
            .hint("next: record a plan that says it, with `supersedes`, and have it approved")
    }
}

impl From<FormError> for CommandError {
    fn from(error: FormError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<FoundError> for CommandError {
    fn from(error: FoundError) -> Self {
        match error {
            FoundError::Append(error) => error.into(),
            FoundError::Exists(_) => Self::usage(error.to_string()).hint("next: countersign status"),
            FoundError::Roster(_) => Self::usage(error.to_string()),
            FoundError::Random(_) => Self::new(Exit::Environment, chain(&error)),
        }
    }
}

impl From<HookError> for CommandError {
    fn from(error: HookError) -> Self {
        Self::new(Exit::Environment, chain(&error))
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::new(Exit::Environment, error.to_string())
    }
}
