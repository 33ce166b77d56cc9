//! The hooks that countersign provides.

/// A Git hook that countersign provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// The client-side hook that runs before a push.
    PrePush,
    /// The client-side hook that reads the message of a commit.
    CommitMsg,
    /// The hook of a server that runs before the refs of a push move.
    PreReceive,
    /// The hook of a server that runs after the refs of a push have moved.
    PostReceive,
    /// The hook of a server that runs for each ref, just before it moves.
    Update,
}

/// Whether a repository has the hooks of a clone or of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HooksOf {
    /// Those of a clone, from which people push.
    Clone,
    /// Those of a server, to which they push.
    Server,
}

impl Hook {
    /// Every hook.
    pub const ALL: &'static [Self] =
        &[Self::PrePush, Self::CommitMsg, Self::PreReceive, Self::PostReceive, Self::Update];

    /// The hooks that are always installed on one side. `commit-msg` is installed only on request. `update` is
    /// installed by hand, on servers on which a repository has no `pre-receive` of its own.
    pub fn of(side: HooksOf) -> &'static [Self] {
        match side {
            HooksOf::Clone => &[Self::PrePush],
            HooksOf::Server => &[Self::PreReceive, Self::PostReceive],
        }
    }

    /// Returns the hook that Git calls by a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|hook| hook.name() == name).copied()
    }

    /// Returns the name by which Git calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
            Self::CommitMsg => "commit-msg",
            Self::PreReceive => "pre-receive",
            Self::PostReceive => "post-receive",
            Self::Update => "update",
        }
    }

    /// Returns the part of a command line by which a call of the program for this hook is found in a text.
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
