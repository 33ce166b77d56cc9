//! The hooks that countersign provides.

/// A Git hook that countersign provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The client-side hook that runs before a push.
    PrePush,
    /// The client-side hook that reads the message of a commit.
    CommitMsg,
    /// The server-side hook that runs before the refs of a push move.
    PreReceive,
    /// The server-side hook that runs after the refs of a push have moved.
    PostReceive,
    /// The server-side hook that runs for each ref of a push, just before the ref moves.
    Update,
}

/// Whether a repository has the hooks of a clone or of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HooksOf {
    /// Those of a clone, from which people push.
    Clone,
    /// Those of a server, to which people push.
    Server,
}

impl Hook {
    /// Every hook.
    pub const ALL: &'static [Self] =
        &[Self::PrePush, Self::CommitMsg, Self::PreReceive, Self::PostReceive, Self::Update];

    /// Returns the hooks that `hooks install` always installs in a clone, or on a server. It installs `commit-msg` only
    /// on request. It never installs `update`, which is for servers where a repository has no `pre-receive` of its own.
    pub fn of(side: HooksOf) -> &'static [Self] {
        match side {
            HooksOf::Clone => &[Self::PrePush],
            HooksOf::Server => &[Self::PreReceive, Self::PostReceive],
        }
    }

    /// Returns the hook that has this name in Git; `None` if countersign does not provide it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|hook| hook.name() == name).copied()
    }

    /// Returns the name that the hook has in Git.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
            Self::CommitMsg => "commit-msg",
            Self::PreReceive => "pre-receive",
            Self::PostReceive => "post-receive",
            Self::Update => "update",
        }
    }

    /// Returns the words to search a file for, to see whether the file calls the program for this hook.
    pub(super) fn call(self) -> &'static str {
        match self {
            Self::PrePush => "countersign hook pre-push",
            Self::CommitMsg => "countersign hook commit-msg",
            Self::PreReceive => "countersign hook pre-receive",
            Self::PostReceive => "countersign hook post-receive",
            Self::Update => "countersign hook update",
        }
    }
}
