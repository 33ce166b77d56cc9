//! Turns other errors into errors of commands: those of asking a remote, of pushing, of receiving a push, and of
//! leaving the local ledger for the remote's.

use super::error::{CommandError, chain, untrusted};
use super::exit::Exit;
use crate::finding::Code;
use crate::ledger::{AskError, LeaveError, TwoLedgers};
use crate::push::PushError;
use crate::receive::ReceiveError;
use crate::workspace::Workspace;

impl From<AskError> for CommandError {
    fn from(error: AskError) -> Self {
        let message = chain(&error);
        match error {
            AskError::Git(error) => error.into(),
            AskError::Silent { .. } => Self::new(Exit::Environment, message)
                .hint("records in this clone are kept; try again, or do without --sync and use what this clone has"),
            AskError::Hidden { back, .. } => Self::new(Exit::Untrusted, message)
                .hint("that commit hides records of others; somebody who may force-push has to restore the branch:")
                .hint(format!("  {back}"))
                .hint("then everybody, including whoever pushed that commit, runs: countersign sync")
                .hint("until then, new records stay in the clones where they are made"),
            AskError::WentBack { accept, .. } => Self::new(Exit::Untrusted, message)
                .hint("ask who set the branch back; if your team agreed on it:")
                .hint(accept),
            AskError::Gone { share, .. } => Self::new(Exit::Untrusted, message)
                .hint("ask who removed the ledger; if it moves to a new host, push it there:")
                .hint(share),
        }
    }
}

impl From<PushError> for CommandError {
    fn from(error: PushError) -> Self {
        let message = error.to_string();
        match error {
            PushError::Git(error) => error.into(),
            PushError::NotShared { source, .. } => {
                let hints = Self::from(source).hints;
                Self { hints, ..Self::new(Exit::Environment, message) }
            }
            PushError::Append(error) => error.into(),
            PushError::Unreadable(error) => error.into(),
            PushError::Untrusted { code, found } => untrusted(code, &found),
            PushError::Input { .. } | PushError::TooMany | PushError::TooManyNamed => Self::usage(message),
            PushError::RemoteAhead => Self::new(Exit::Untrusted, message).hint("next: countersign sync"),
            PushError::RemoteSilent { .. } => Self::new(Exit::Untrusted, message)
                .hint("push again once the remote answers; a restoration can be pushed even now"),
            PushError::Ask(error) => error.into(),
            PushError::NoTrail { .. } => Self::new(Exit::Refused, message).hint(
                "let a member with the role `gate` push, or, if the pipeline records receipts, set \
                 `recorded_by = \"pipeline\"` under [policy.receipts]",
            ),
            PushError::LedgerWithBranch => Self::new(Exit::Refused, message)
                .hint("push the branch alone: the hook shares the ledger, with the receipt"),
            PushError::LedgerDeleted => Self::new(Exit::Refused, message),
            PushError::LedgerRefused { .. } => {
                Self::new(Exit::Refused, message).hint("next: countersign sync")
            }
        }
    }
}

impl From<ReceiveError> for CommandError {
    fn from(error: ReceiveError) -> Self {
        let message = error.to_string();
        match error {
            ReceiveError::Input { .. } => Self::usage(message),
            ReceiveError::NoRefs => Self::new(Exit::Environment, message),
            ReceiveError::Name { .. } => Self::new(Exit::Refused, message),
            ReceiveError::Unreadable(error) => error.into(),
            ReceiveError::Untrusted { code, found } => untrusted(code, &found),
            ReceiveError::Unanchored => Self::new(Exit::Untrusted, message).hint(
                "on this server, as the user who owns the repository: countersign verify --ledger-id ID",
            ),
            ReceiveError::NoReceipt { .. } => Self::new(Exit::Refused, message)
                .hint("next: countersign gate --record, then push again")
                .hint("or in each clone: countersign hooks install"),
            ReceiveError::Push(error) => error.into(),
            ReceiveError::Load(error) => error.into(),
            ReceiveError::Append(error) => error.into(),
            ReceiveError::Store(error) => error.into(),
            ReceiveError::Git(error) => error.into(),
        }
    }
}

impl From<LeaveError> for CommandError {
    fn from(error: LeaveError) -> Self {
        let message = chain(&error);
        match error {
            LeaveError::Git(error) => error.into(),
            LeaveError::Store(error) => error.into(),
            LeaveError::Other(_) => untrusted(Code::WrongAnchor, &message),
            LeaveError::NoLedger | LeaveError::Joined => {
                Self::new(Exit::Usage, message).hint("next: countersign sync")
            }
            LeaveError::Overtaken => Self::new(Exit::Environment, message).hint("try again"),
            LeaveError::Unread(_) => Self::new(Exit::Untrusted, message),
        }
    }
}

/// Returns the error for a clone whose remote has another ledger.
pub(crate) fn two_ledgers_here(workspace: &Workspace, two: TwoLedgers) -> CommandError {
    let remote = workspace.config.ledger_remote();
    let found = format!(
        "{}: this clone has the ledger {}, and {remote} has another one, {}",
        Code::WrongAnchor,
        two.own.short(),
        two.theirs.short()
    );
    CommandError::new(Exit::Untrusted, found)
        .hint("if your ledger was founded here and never shared, join theirs once your team confirms the id:")
        .hint(format!("  countersign sync --join {}", two.theirs))
        .hint("the records of your ledger stay in this clone, and are not moved; record them again in theirs")
}
