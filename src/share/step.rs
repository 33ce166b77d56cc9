//! [`ShareStep`]: what a person waits for while a ledger is shared.

/// The current step of sharing, for a person who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareStep {
    /// Another process of this repository shares.
    Turn,
    /// The remote is asked for its ledger.
    Asking,
    /// The ledger is pushed.
    Pushing,
    /// Another clone was faster.
    Waiting,
    /// The remote could not be reached.
    Silence,
}

impl ShareStep {
    /// Describes the step as a phrase, with the name of the remote.
    pub fn words(self, remote: &str) -> String {
        match self {
            Self::Turn => "waiting for another process that shares".to_owned(),
            Self::Asking => format!("asking {remote}"),
            Self::Pushing => format!("sharing the ledger with {remote}"),
            Self::Waiting => format!("somebody else has shared with {remote} first; trying again"),
            Self::Silence => format!("{remote} cannot be reached; trying again"),
        }
    }
}
