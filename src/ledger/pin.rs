//! The anchor, the lower bounds and the pin: what a verifier supplies, and what it keeps between runs.

use std::path::PathBuf;

use super::given::{AnchorSource, Anchored, Given, LoadError};
use super::loaded::Loaded;
use super::standing::Standing;
use crate::environ;
use crate::store::{self, StoreError};
use crate::value::RecordId;
use crate::verify::{AtLeast, Pin};
use crate::workspace::Workspace;

/// Collects the ledger id from the option, from `COUNTERSIGN_LEDGER_ID` and from the pin. If two of them differ, the
/// result is [`Anchored::Disagreeing`].
pub(super) fn anchor(given: Option<RecordId>, pin: Option<&Pin>) -> Result<Anchored, LoadError> {
    let variable = environ::variable("COUNTERSIGN_LEDGER_ID");
    let variable =
        variable.map(|value| value.to_str().and_then(|text| text.parse().ok()).ok_or(LoadError::Variable));
    let sources = [
        (given, AnchorSource::Option),
        (variable.transpose()?, AnchorSource::Variable),
        (pin.map(|pin| pin.ledger), AnchorSource::Pin),
    ];
    let mut known = sources.into_iter().filter_map(|(id, source)| Some((id?, source)));
    let Some((id, source)) = known.next() else { return Ok(Anchored::No) };
    let differing = known.find(|(other, _)| *other != id);
    Ok(match differing {
        Some((_, other)) => Anchored::Disagreeing(source, other),
        None => Anchored::By { id, source },
    })
}

/// Returns the ledger id that was given by an option or by `COUNTERSIGN_LEDGER_ID`, for use without a repository.
///
/// # Errors
///
/// If `COUNTERSIGN_LEDGER_ID` does not hold a ledger id.
pub fn given_anchor(given: Option<RecordId>) -> Result<Anchored, LoadError> {
    anchor(given, None)
}

/// The largest pin that is read, in bytes. A pin has about 200.
const PIN_BYTES: u64 = 4096;

fn pin_path(workspace: &Workspace) -> PathBuf {
    workspace.repository.common_directory().join("countersign").join("pin")
}

/// Whether anything in the repository hints at a ledger: the ledger branch, a remote-tracking branch of the same name,
/// or a pin.
pub fn is_known(workspace: &Workspace) -> bool {
    let pattern = format!("refs/remotes/*/{}", workspace.config.ledger_branch());
    let asked = ["for-each-ref", "--count=1", "--format=%(refname)", &workspace.ledger_ref(), &pattern];
    let refs = workspace.repository.git().run(&asked);
    // If Git fails, there may be a ledger, so the answer is yes.
    let has_none = refs.is_ok_and(|output| output.status.success() && output.stdout.is_empty());
    !has_none || pin_path(workspace).symlink_metadata().is_ok()
}

pub(super) fn read_pin(workspace: &Workspace) -> Result<Option<Pin>, LoadError> {
    let path = pin_path(workspace);
    let Some(bytes) = store::read(&path, PIN_BYTES).map_err(LoadError::PinUnread)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    Pin::parse(&text).map(Some).map_err(|source| LoadError::Pin { path, source })
}

/// Moves the pin to the newest shared checkpoint that was verified.
///
/// The pin never moves back, and never to a checkpoint that is not shared. It does not move unless the ledger is sound.
/// A lock keeps two processes from moving the pin at the same time.
pub fn move_pin(workspace: &Workspace, loaded: &Loaded) -> Result<(), LoadError> {
    let (Standing::Sound, Some(ledger)) = (&loaded.standing, loaded.replay.past().ledger_id()) else {
        return Ok(());
    };
    let forward = |before: Option<&Pin>| {
        let before = before.and_then(|pin| pin.checkpoint);
        let newer = loaded.pinnable.filter(|newest| before.is_none_or(|before| newest.size > before.size));
        Pin { ledger, checkpoint: newer.or(before) }
    };
    if loaded.pin.as_ref() == Some(&forward(loaded.pin.as_ref())) {
        return Ok(());
    }
    let path = pin_path(workspace);
    let _turn = store::lock(&path.with_extension("lock"))?;
    // Another process may have moved the pin since it was read.
    let before = read_pin(workspace)?.filter(|pin| pin.ledger == ledger);
    let pin = forward(before.as_ref());
    if before.as_ref() != Some(&pin) {
        store::write(&path, pin.to_string().as_bytes())?;
    }
    Ok(())
}

/// Removes the pin, if there is one. This happens when a person leaves this ledger for another.
pub(super) fn remove_pin(workspace: &Workspace) -> Result<(), StoreError> {
    let path = pin_path(workspace);
    let _turn = store::lock(&path.with_extension("lock"))?;
    if path.exists() { store::remove(&path) } else { Ok(()) }
}

/// Accepts the loaded ledger as the right one and pins it. This happens on first contact, after a person has confirmed
/// the ledger. If the ledger is not [`Standing::Unanchored`], nothing changes.
pub fn pin_first(workspace: &Workspace, loaded: &mut Loaded) -> Result<(), LoadError> {
    let (Standing::Unanchored, Some(id)) = (&loaded.standing, loaded.replay.past().ledger_id()) else {
        return Ok(());
    };
    loaded.anchored = Anchored::By { id, source: AnchorSource::Pin };
    loaded.standing = Standing::Sound;
    move_pin(workspace, loaded)
}

/// Collects the lower bounds from the option and from `COUNTERSIGN_AT_LEAST`. If both are given, both apply.
pub(super) fn lower_bounds(given: &Given) -> Result<Vec<AtLeast>, LoadError> {
    let variable = environ::variable("COUNTERSIGN_AT_LEAST");
    let parse = |value: std::ffi::OsString| {
        let text = value.to_str().unwrap_or_default();
        text.parse::<AtLeast>().map_err(LoadError::Bound)
    };
    let variable = variable.map(parse).transpose()?;
    Ok(given.at_least.into_iter().chain(variable).collect())
}
