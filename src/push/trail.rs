//! Records and shares the receipts of an allowed push, before the branch itself is pushed.

use super::decision::{PushAnswer, PushDecision};
use super::refs::PushError;
use super::share::Sharing;
use crate::ask::{keep_receipts, record_receipts};
use crate::git::RemoteMove;
use crate::ledger::{Loaded, Standing, move_pin};
use crate::record::kind::trust::Role;
use crate::share::Sharer;
use crate::trust::Coverage;
use crate::value::{CommitId, RecordId, Time};
use crate::workspace::Workspace;
use crate::write::{AppendError, Author};

/// Whether a push may be decided again if others append or share first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// The push may be decided again; this is the number of the present attempt, from 1.
    Possible(u32),
    /// The present attempt is the last.
    Exhausted,
}

/// An allowed push whose receipts are not recorded yet.
pub(super) struct Trail<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) sharer: &'a Sharer<'a>,
    pub(super) decision: PushDecision,
    pub(super) sharing: Sharing,
    pub(super) author: Option<Author>,
    pub(super) again: Again,
}

/// What was recorded for an allowed push.
struct Left {
    /// The ledger; `None` if it could not be appended to.
    loaded: Option<Loaded>,
    receipts: Vec<RecordId>,
    /// The entry that holds the receipts.
    entry: Option<CommitId>,
}

impl Trail<'_> {
    /// Records and shares the decisions. If others were faster, the push has to be decided again, and the error is
    /// [`AppendError::DecideAgain`]. A restoration passes without a shared receipt if others were faster in the last
    /// attempt, or if recording or sharing fails for another reason.
    pub(super) fn leave(mut self, loaded: Loaded, now: Time) -> Result<PushAnswer, PushError> {
        let mut warnings = Vec::new();
        let reason = match &self.author {
            None => "your key belongs to no member",
            Some(_) => "you do not have the role `gate` for every target of the push",
        };
        let before = loaded.local.clone();
        let _turn = self.sharer.turn();
        let Left { mut loaded, receipts, entry } = self.recorded(loaded, &mut warnings)?;
        let targets = self.decision.recorded_by_pusher();
        if receipts.is_empty() && !targets.is_empty() {
            return Err(PushError::NoTrail { targets, reason });
        }
        if self.shares(&receipts, &mut warnings)
            && let Some(loaded) = &mut loaded
        {
            // The receipt is shared before the deployment. If it cannot be shared, only a restoration is pushed.
            match self.sharer.push(loaded, now) {
                Ok(RemoteMove::Landed) => {}
                Ok(RemoteMove::Overtaken) => {
                    self.overtaken(entry.as_ref(), before.as_ref(), &mut warnings)?;
                }
                Err(error) if self.decision.is_way_back() => warnings.push(error.to_string()),
                Err(source) if !receipts.is_empty() => {
                    return Err(PushError::NotShared { receipts, source });
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(loaded) = &loaded
            && let Err(error) = move_pin(self.workspace, loaded)
        {
            warnings.push(format!("recorded, but the pin was not moved: {error}"));
        }
        let Self { decision, sharing, .. } = self;
        Ok(PushAnswer::Allowed { decision, receipts, sharing, warnings })
    }

    /// Whether the ledger is to be pushed to its remote. Adds a warning if there is no remote, or no usable answer from
    /// it.
    fn shares(&self, receipts: &[RecordId], warnings: &mut Vec<String>) -> bool {
        match &self.sharing {
            Sharing::Known => true,
            // A remote without a ledger gets the whole ledger, once there is a receipt to share.
            Sharing::NoRemoteLedger => !receipts.is_empty(),
            Sharing::Silent(reason) => {
                warnings.push(reason.clone());
                false
            }
            Sharing::NoRemote => {
                warnings.push("the ledger has no remote, so nobody else sees the receipt".to_owned());
                false
            }
            Sharing::Ahead => false,
        }
    }

    /// Handles the case that others pushed the ledger first. Takes the receipts back, and returns the error
    /// [`AppendError::DecideAgain`]. But in the last attempt a restoration passes, and its receipts stay in this clone.
    fn overtaken(
        &self,
        entry: Option<&CommitId>,
        before: Option<&CommitId>,
        warnings: &mut Vec<String>,
    ) -> Result<(), PushError> {
        if self.again == Again::Exhausted && self.decision.is_way_back() {
            warnings.push("others shared first, so the receipt is only here: countersign sync".to_owned());
            return Ok(());
        }
        if let Some(entry) = entry {
            self.sharer.take_back(entry, before)?;
        }
        if let Again::Possible(attempt) = self.again {
            self.sharer.back_off(attempt);
        }
        Err(AppendError::DecideAgain.into())
    }

    /// Records the receipts in one entry if the pusher has the role `gate` for every target and the ledger is sound. If
    /// the ledger is not sound, the receipts go to the outbox. For a restoration, a failure to append is only a
    /// warning, unless the push may be decided again.
    fn recorded(&mut self, loaded: Loaded, warnings: &mut Vec<String>) -> Result<Left, PushError> {
        let is_way_back = self.decision.is_way_back();
        let error = match self.record(loaded, warnings) {
            Ok(left) => return Ok(left),
            Err(error) => error,
        };
        let PushError::Append(why) = &error else { return Err(error) };
        let may_be_tried = matches!(why, AppendError::DecideAgain) && self.again != Again::Exhausted;
        if may_be_tried || !is_way_back {
            return Err(error);
        }
        warnings.push(format!("not recorded: {why}"));
        Ok(Left { loaded: None, receipts: Vec::new(), entry: None })
    }

    fn record(&mut self, loaded: Loaded, warnings: &mut Vec<String>) -> Result<Left, PushError> {
        let nothing = |loaded| Ok(Left { loaded: Some(loaded), receipts: Vec::new(), entry: None });
        let Some(author) = &mut self.author else { return nothing(loaded) };
        let decisions: Vec<_> = self.decision.decided().map(|one| one.decided.clone()).collect();
        let targets = decisions.iter().map(|decided| decided.decision.target.clone()).collect();
        let coverage = self.decision.state.roster.coverage(&author.name, Role::Gate, &targets);
        let Some(first) = decisions.first() else { return nothing(loaded) };
        if coverage != Coverage::Covered {
            return nothing(loaded);
        }
        let now = first.decision.at;
        if loaded.standing != Standing::Sound {
            let kept = keep_receipts(self.workspace, &loaded, author, &decisions, now)?;
            let kept: Vec<String> = kept.iter().map(RecordId::short).collect();
            warnings.push(format!("not recorded: the receipt is kept in the outbox: {}", kept.join(", ")));
            return nothing(loaded);
        }
        let appended = record_receipts(self.workspace, loaded, author, &decisions, now)?;
        Ok(Left { loaded: Some(appended.loaded), receipts: appended.ids, entry: Some(appended.entry) })
    }
}
