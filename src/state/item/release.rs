//! Releases.

use std::sync::Arc;

use super::Item;
use crate::record::kind::release::Release;

/// A release that is recorded in the ledger.
pub type ReleaseItem = Item<Arc<Release>>;
