//! Moving the local branch to what was fetched.

use super::given::LoadError;
use super::loaded::Loaded;
use super::standing::Standing;
use crate::git::{NewEntry, RefMove};
use crate::workspace::Workspace;

/// Moves the local branch to the head that was read. Does nothing unless all of these hold: the ledger is sound, the
/// head came from the remote, and it extends the branch.
pub fn follow(workspace: &Workspace, loaded: &mut Loaded) -> Result<(), LoadError> {
    let Some(head) = loaded.head.clone().filter(|head| loaded.local.as_ref() != Some(head)) else {
        return Ok(());
    };
    let extends = loaded.local.as_ref().map_or(Ok(true), |local| loaded.has_read(local))?;
    if loaded.standing != Standing::Sound || !extends {
        return Ok(());
    }
    let (name, local) = (workspace.ledger_ref(), loaded.local.as_ref());
    if workspace.repository.move_ref(&NewEntry::default(), &name, local, &head)? == RefMove::Landed {
        loaded.local = Some(head);
    }
    Ok(())
}
