//! Converts the errors of the library to errors of commands. Each gets an exit code, and hints on what to do next.

use super::error::{CommandError, chain, untrusted};
use super::exit::Exit;
use crate::ask::{DecideError, NoPlan};
use crate::draft::PrefillError;
use crate::export::{ExportError, Unmapped};
use crate::finding::Code;
use crate::fork::{CompareError, ScratchError};
use crate::git::GitError;
use crate::hooks::{BeforeError, HookError};
use crate::key::KeyError;
use crate::ledger::{FindError, LoadError, ProveError};
use crate::state::NoState;
use crate::store::{PublishError, StoreError};
use crate::value::FormError;
use crate::verify::Unreadable;
use crate::write::{AppendError, CosignError, FoundError};

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        let exit = match &error {
            GitError::NoCommit { .. } | GitError::BranchName { .. } | GitError::Setting { .. } => Exit::Usage,
            _ if error.is_incomplete() => Exit::Untrusted,
            _ => Exit::Environment,
        };
        let converted = Self::new(exit, chain(&error));
        match error {
            GitError::NoRepository { .. } => converted
                .hint("run this inside a Git repository, or name one with -C DIRECTORY")
                .hint("outside its own directory, name a bare repository with --git-dir DIRECTORY"),
            GitError::Open { path, .. } => {
                let directory = path.parent().filter(|_| path.ends_with(".git")).unwrap_or(&path).display();
                converted.hint(format!(
                    "if it belongs to another user: git config --global --add safe.directory '{directory}'"
                ))
            }
            GitError::NoProgram => converted.hint("install Git"),
            GitError::CheckedOut { work_tree, .. } => {
                let tree = work_tree.display();
                converted
                    .hint(format!("next: git -C '{tree}' switch --detach"))
                    .hint("to read the ledger's files, a detached work tree will do")
            }
            GitError::Missing { .. } => converted
                .hint("in a shallow clone: git fetch --unshallow")
                .hint("in a partial one:   git fetch --refetch --no-filter origin ledger:ledger"),
            GitError::Extension { name, .. } if name == "refstorage" => {
                converted.hint("next: git refs migrate --ref-format=files")
            }
            _ => converted,
        }
    }
}

impl From<PublishError> for CommandError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::NotAFile(_) => {
                Self::usage(error.to_string()).hint("name a file, or omit --out for standard output")
            }
            PublishError::Store(error) => error.into(),
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
            LoadError::Unreadable(error) => error.into(),
            LoadError::Variable | LoadError::Bound(_) => Self::usage(error.to_string()),
            LoadError::Pin { .. } | LoadError::PinUnread(_) => Self::new(Exit::Untrusted, chain(&error))
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
            KeyError::NotPrivate { .. }
            | KeyError::OtherAlgorithm { .. }
            | KeyError::OtherLiteral { .. }
            | KeyError::BrokenPublic { .. }
            | KeyError::Putty { .. } => Exit::Usage,
            KeyError::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Exit::Usage
            }
            KeyError::Unreadable { .. }
            | KeyError::NeedsAgent { .. }
            | KeyError::NoPrivate { .. }
            | KeyError::NoTerminal { .. }
            | KeyError::Agent { .. }
            | KeyError::Bare { .. }
            | KeyError::NoProgram { .. }
            | KeyError::Program { .. }
            | KeyError::NoKeyNamed { .. }
            | KeyError::OtherKey { .. }
            | KeyError::Useless { .. } => Exit::Environment,
        };
        let converted = Self::new(exit, chain(&error));
        match error {
            KeyError::NotConfigured => converted
                .hint(
                    "tell Git which key is yours: git config --global user.signingkey ~/.ssh/id_ed25519.pub",
                )
                .hint("if you have none yet, make one: ssh-keygen -t ed25519"),
            KeyError::OtherAlgorithm { .. } | KeyError::OtherLiteral { .. } | KeyError::NotPublic { .. } => {
                converted.hint("make an Ed25519 key: ssh-keygen -t ed25519")
            }
            KeyError::Putty { path } => {
                let path = path.display();
                converted
                    .hint(format!("convert it: puttygen {path} -O private-openssh-new -o {path}.openssh"))
            }
            KeyError::NoPrivate { .. } => converted
                .hint("load it: ssh-add PATH")
                .hint("or, if a program keeps it: git config --global gpg.ssh.program PROGRAM"),
            KeyError::NoTerminal { .. } => {
                converted.hint("load it with ssh-add, or give --passphrase-file FILE")
            }
            KeyError::Unreadable { .. }
            | KeyError::NotPrivate { .. }
            | KeyError::NeedsAgent { .. }
            | KeyError::WrongPassphrase { .. }
            | KeyError::Agent { .. }
            | KeyError::Bare { .. }
            | KeyError::BrokenPublic { .. }
            | KeyError::NoProgram { .. }
            | KeyError::Program { .. }
            | KeyError::NoKeyNamed { .. }
            | KeyError::OtherKey { .. }
            | KeyError::Useless { .. } => converted,
        }
    }
}

impl From<AppendError> for CommandError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Load(error) => error.into(),
            AppendError::Git(error) => error.into(),
            AppendError::Key(error) => error.into(),
            AppendError::Store(error) => error.into(),
            AppendError::Untrusted { code, found } => untrusted(code, &found),
            AppendError::Stranger { .. } => Self::new(Exit::Refused, error.to_string())
                .hint("an admin adds members and keys: countersign trust propose")
                .hint("your public key, to send to an admin: countersign key show"),
            AppendError::WouldBeVoid(ref findings) => {
                let refused = Self::new(Exit::Refused, error.to_string());
                match findings.first() {
                    Some(finding) => refused
                        .hint(finding.code.explanation().remedy)
                        .hint(format!("more: countersign explain {}", finding.code)),
                    None => refused,
                }
            }
            AppendError::Kept { ids, source } => {
                let cause = Self::from(*source);
                let mut short: Vec<String> =
                    ids.iter().take(IDS_LISTED).map(crate::value::RecordId::short).collect();
                short
                    .extend((ids.len() > IDS_LISTED).then(|| format!("and {} more", ids.len() - IDS_LISTED)));
                let kept = Self::new(cause.exit, cause.message)
                    .hint(format!("signed and kept in the outbox, not in the ledger: {}", short.join(", ")));
                let kept = cause.hints.into_iter().fold(kept, Self::hint);
                kept.hint("once that is resolved: countersign outbox send")
            }
            AppendError::WouldBeBroken(_) | AppendError::TooLarge { .. } | AppendError::Already(_) => {
                Self::usage(error.to_string())
            }
            AppendError::InLedger { ref source, .. } => {
                let message = format!("{error}: {}", chain(source));
                Self::new(Exit::Environment, message)
                    .hint("do not record it again; fix the disk problem, then: countersign verify")
            }
            AppendError::Overtaken(_) | AppendError::DecideAgain => {
                Self::new(Exit::Environment, error.to_string()).hint("try again")
            }
        }
    }
}

/// The largest number of outbox records that an error names. `countersign outbox` lists all of them.
const IDS_LISTED: usize = 10;

impl From<NoState> for CommandError {
    fn from(error: NoState) -> Self {
        match error {
            NoState::NotFounded => Self::new(Exit::Untrusted, error.to_string())
                .hint("next: countersign log --kind trust")
                .hint("then approve the first trust that it lists"),
            NoState::Missing(missing) => missing.into(),
        }
    }
}

impl From<Unreadable> for CommandError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Record(_) => untrusted(Code::Incomplete, &error.to_string()),
            Unreadable::LookUp => Self {
                is_of_cache: true,
                ..Self::new(Exit::Environment, format!("{error}, and has been discarded"))
                    .hint("run the command again: it verifies the whole ledger, which takes longer")
            },
        }
    }
}

impl From<DecideError> for CommandError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Git(error) => error.into(),
            DecideError::Unreadable(error) => error.into(),
        }
    }
}

impl From<PrefillError> for CommandError {
    fn from(error: PrefillError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<CompareError> for CommandError {
    fn from(error: CompareError) -> Self {
        let message = error.to_string();
        match error {
            CompareError::Untrusted { code, found } => untrusted(code, &found),
            CompareError::Unreadable(error) => error.into(),
            CompareError::NoEvidence { .. } => Self::new(Exit::Refused, message),
            CompareError::Nothing(_) | CompareError::Scratch(ScratchError::Source { .. }) => {
                Self::usage(message)
            }
            CompareError::Exists(_) => Self::usage(message).hint("name another file: --out FILE"),
            CompareError::Store(error) | CompareError::Scratch(ScratchError::Store(error)) => error.into(),
            CompareError::Git(error) | CompareError::Scratch(ScratchError::Git(error)) => error.into(),
            CompareError::Scratch(ScratchError::Directory(source)) => {
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
            CosignError::Unreadable(error) => error.into(),
            CosignError::NoWitness(_) => Self::new(Exit::Refused, error.to_string())
                .hint("an admin grants the role: countersign trust propose"),
            CosignError::Contradiction { code, .. } => untrusted(code, &error.to_string()),
            CosignError::Note(_) | CosignError::Overtaken(_) => {
                Self::new(Exit::Environment, error.to_string())
            }
        }
    }
}

impl From<ProveError> for CommandError {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Git(error) => error.into(),
            ProveError::Unreadable(error) => error.into(),
        }
    }
}

impl From<FindError> for CommandError {
    fn from(error: FindError) -> Self {
        let hint = match &error {
            FindError::Unreadable(error) => return Self::from(*error),
            FindError::Unknown(_) => {
                "countersign log lists the records; new ones may have to be fetched first"
            }
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
                let unknown = Self::usage(message).hint("add it with: countersign policy target add");
                known.iter().fold(unknown, |error, target| error.hint(format!("the policy has {target}")))
            }
            NoPlan::NoneInForce { waiting: Some(id), .. } => Self::new(Exit::Refused, message)
                .hint(format!("plan {} waits for approval", id.short()))
                .hint(format!("whoever can approve it runs: countersign approve {}", id.short())),
            NoPlan::NoneInForce { target, waiting: None } => Self::new(Exit::Refused, message).hint(format!(
                "next: countersign record rollback-plan {}/{}",
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
        let line = |unmapped: &Unmapped| format!("\n  {}", crate::render::escape(&unmapped.to_string()));
        let lines: String = error.unmapped.iter().map(line).collect();
        Self::usage(format!("{error}{lines}"))
            .hint("nothing was written: a file without these criteria would ask for less than the plan")
            .hint("how sources are read: countersign export argo --help")
            .hint("record a corrected plan, with `supersedes`, and have it approved")
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

impl From<BeforeError> for CommandError {
    fn from(error: BeforeError) -> Self {
        let exit = match error {
            BeforeError::Refused { .. } => Exit::Refused,
            BeforeError::Run { .. } | BeforeError::Store(_) => Exit::Environment,
        };
        Self::new(exit, chain(&error))
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
