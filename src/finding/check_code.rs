//! Codes of gate checks.

use std::fmt;
use std::str::FromStr;

use super::code::{Code, CodeGroup};
use crate::value::FormError;

/// The code of a gate check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckCode(Code);

impl CheckCode {
    /// `ledger-valid`.
    pub const LEDGER_VALID: Self = Self(Code::LedgerValid);
    /// `ledger-fresh`.
    pub const LEDGER_FRESH: Self = Self(Code::LedgerFresh);
    /// `target-known`.
    pub const TARGET_KNOWN: Self = Self(Code::TargetKnown);
    /// `not-paused`.
    pub const NOT_PAUSED: Self = Self(Code::NotPaused);
    /// `rollback-plan`.
    pub const ROLLBACK_PLAN: Self = Self(Code::RollbackPlan);
    /// `rollback-criteria`.
    pub const ROLLBACK_CRITERIA: Self = Self(Code::RollbackCriteria);
    /// `rollback-target`.
    pub const ROLLBACK_TARGET: Self = Self(Code::RollbackTarget);
    /// `rollback-rehearsed`.
    pub const ROLLBACK_REHEARSED: Self = Self(Code::RollbackRehearsed);
    /// `overrides-decided`.
    pub const OVERRIDES_DECIDED: Self = Self(Code::OverridesDecided);
    /// `overrides-closed`.
    pub const OVERRIDES_CLOSED: Self = Self(Code::OverridesClosed);
    /// `no-repeating-exceptions`.
    pub const NO_REPEATING_EXCEPTIONS: Self = Self(Code::NoRepeatingExceptions);
    /// `redesign-effective`.
    pub const REDESIGN_EFFECTIVE: Self = Self(Code::RedesignEffective);
    /// `reviews-done`.
    pub const REVIEWS_DONE: Self = Self(Code::ReviewsDone);
    /// `credentials-revoked`.
    pub const CREDENTIALS_REVOKED: Self = Self(Code::CredentialsRevoked);
    /// `no-standing-access`.
    pub const NO_STANDING_ACCESS: Self = Self(Code::NoStandingAccess);
    /// `release-approved`.
    pub const RELEASE_APPROVED: Self = Self(Code::ReleaseApproved);

    /// Makes a check code; `None` if `code` does not belong to a gate check.
    pub fn new(code: Code) -> Option<Self> {
        (code.group() == CodeGroup::Check).then_some(Self(code))
    }

    /// The same code as a [`Code`].
    pub fn code(self) -> Code {
        self.0
    }

    /// Whether no exception may waive the check, whatever the policy allows. Without the first three of these checks,
    /// nobody would know what was decided. The other two find debts of earlier exceptions. Another exception must not
    /// cancel such debts.
    pub fn is_never_waived(self) -> bool {
        matches!(
            self.0,
            Code::LedgerValid
                | Code::LedgerFresh
                | Code::TargetKnown
                | Code::ReviewsDone
                | Code::NoStandingAccess
        )
    }
}

impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CheckCode {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let code = text.parse().ok().and_then(Self::new);
        code.ok_or_else(|| FormError::expected("expected the code of a check, such as rollback-rehearsed"))
    }
}
