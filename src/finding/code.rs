//! Stable codes in kebab case. A code is never renamed, and never reused for something else.

use std::fmt;
use std::str::FromStr;

use crate::value::FormError;

/// The explanation of a code, as shown by `countersign explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// The group that the code belongs to.
    pub group: CodeGroup,
    /// What the code means, in a sentence or two.
    pub meaning: &'static str,
    /// Why the rule exists.
    pub why: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// A group of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeGroup {
    /// A check of the gate.
    Check,
    /// A broken entry: the entry or one of its records is malformed or not authentic, or is signed with a key that
    /// its author never held. A broken entry halts the ledger.
    Broken,
    /// A void record: it is well-formed, but its author was not entitled to say it. It stays visible and has no
    /// effect.
    Void,
    /// The ledger as a whole cannot be trusted.
    Ledger,
}

impl CodeGroup {
    /// The group as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Check => "a check of the gate",
            Self::Broken => "an entry that is broken, which halts the ledger",
            Self::Void => "a record that is void: visible, and without effect",
            Self::Ledger => "the ledger as a whole",
        }
    }
}

macro_rules! codes {
    ($($variant:ident = $word:literal in $group:ident: $meaning:literal, $why:literal, $remedy:literal;)+) => {
        /// The name of a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( #[doc = $meaning] $variant, )+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The code in kebab case.
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }

            /// The group that the code belongs to.
            pub fn group(self) -> CodeGroup {
                match self { $( Self::$variant => CodeGroup::$group, )+ }
            }

            /// What the code means, why the rule exists, and what to do.
            pub fn explanation(self) -> Explanation {
                match self { $(
                    Self::$variant => Explanation {
                        code: self, group: CodeGroup::$group, meaning: $meaning, why: $why, remedy: $remedy,
                    },
                )+ }
            }
        }
    };
}

codes! {
    LedgerValid = "ledger-valid" in Check:
        "The ledger is there, whole, anchored, and consistent with what was seen before.",
        "A decision that rests on a forged or shortened history is worth nothing.",
        "Run `countersign verify`; it says what is wrong and where.";
    LedgerFresh = "ledger-fresh" in Check:
        "Something recent vouches for the head of the ledger.",
        "A host that serves last month's ledger, still perfectly signed, would hide a rejection from this morning; so would a clock that is set back.",
        "Ask the remote with `--sync`; or give a lower bound with --at-least SIZE:ROOT@TIME.";
    TargetKnown = "target-known" in Check:
        "The policy in force names the target.",
        "A misspelled target must not pass because no rule mentions it.",
        "Correct the name, or add the target with `countersign policy target add`.";
    NotPaused = "not-paused" in Check:
        "No pause covers the target.",
        "A member has stopped forward deployments to the target.",
        "Ask somebody who may end the pause, such as its author or an approver: `countersign resume`.";
    RollbackPlan = "rollback-plan" in Check:
        "A rollback plan is in force for the target.",
        "The way back has to be known before the way forward is taken.",
        "Record a plan with `countersign record rollback-plan`, and have it approved.";
    RollbackCriteria = "rollback-criteria" in Check:
        "The plan in force has as many measurable criteria as the policy asks for.",
        "Without a number, nobody decides in time to go back.",
        "Record a plan with more criteria, and have it approved.";
    RollbackTarget = "rollback-target" in Check:
        "The plan's destination exists, and is not the commit to be deployed. A restoration goes to what is confirmed to have run.",
        "A plan without a valid destination is useless, and an allowed deployment has not necessarily run.",
        "Record a plan whose `to` exists. To go back to a commit that is not confirmed to have run, say what became of its deployment: `countersign record outcome --of RECEIPT --result succeeded --started-at TIME`.";
    RollbackRehearsed = "rollback-rehearsed" in Check:
        "The plan was rehearsed within the time that the policy asks for.",
        "A rollback that was never tried fails on the night it is needed.",
        "Rehearse the plan, and have somebody who did not write it say so with `countersign record outcome --of PLAN --result rehearsed`.";
    OverridesDecided = "overrides-decided" in Check:
        "No live override of the target still waits for approvals, or for the date when it takes effect.",
        "An open request for access is an open question about the target.",
        "Approve it, reject it, or close it.";
    OverridesClosed = "overrides-closed" in Check:
        "Every override that ended has a closure that says what became of its credentials.",
        "What is handed out and never taken back is standing access.",
        "Close it with `countersign close`, naming what became of each credential.";
    NoRepeatingExceptions = "no-repeating-exceptions" in Check:
        "No root cause keeps coming back on the target, unless a redesign to remove it is on its way.",
        "The same failure again and again says that the process is unstable; another override will not mend it.",
        "Record the redesign that removes the cause, have it approved, and deploy a commit that contains it.";
    RedesignEffective = "redesign-effective" in Check:
        "For every redesign that has failed, a newer one is on its way.",
        "Exceptions came back after the redesign took effect, so it did not remove their cause.",
        "Record a new redesign, and have it approved.";
    ReviewsDone = "reviews-done" in Check:
        "Every override that has to be reviewed was reviewed in time, and every review that found one unjustified has a follow-up that counts.",
        "What may be used before anybody approves it has to be reviewed afterwards.",
        "Have it reviewed with `countersign review` by somebody who is not concerned in it; `countersign status --mine` lists what waits for you.";
    CredentialsRevoked = "credentials-revoked" in Check:
        "No closure leaves a credential pending beyond the grace period.",
        "A credential whose fate nobody knows must be assumed to work.",
        "Revoke it, and close the override again with `became = \"revoked\"`.";
    NoStandingAccess = "no-standing-access" in Check:
        "No grant is renewed more often than the policy allows, and no renewal gives more than what it renews.",
        "Temporary access that never ends is standing access.",
        "Let the access end: it no longer counts once it has been over for as long as it lasted, from its first grant to its last end. Or grant the access permanently outside the ledger, with an owner.";
    ReleaseApproved = "release-approved" in Check:
        "The release was approved, if the policy asks for that.",
        "Somebody else has to have seen what is going out.",
        "Record a release with `countersign record release`, naming the exceptions that it accepts, and have it approved.";

    Commit = "commit" in Broken:
        "The entry's commit object is not in the one form that is allowed.",
        "Git reads many spellings as the same commit; a host could respell a signed commit, and so give it a second id.",
        "`git pull`, `git commit` and `git rebase` on this branch write such commits, and so does a forger. If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Tree = "tree" in Broken:
        "The entry's tree is not its parent's plus new record files.",
        "Records are never changed or removed, and nothing else stands beside them.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Record = "record" in Broken:
        "A file of the entry is not a record: its size, bytes, header or signature block is wrong.",
        "What cannot be read in exactly one way cannot be believed.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Path = "path" in Broken:
        "A record does not stand at the path of its kind, day and id.",
        "A path is a claim too: it may not contradict the bytes.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Duplicate = "duplicate" in Broken:
        "The record is in the ledger already.",
        "A record counts once.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    LedgerId = "ledger-id" in Broken:
        "The record belongs to another ledger.",
        "An approval given in one ledger must not be replayed in another.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Spelling = "spelling" in Broken:
        "The record is not in the canonical spelling of its kind.",
        "A second spelling could say to one reader what it hides from another.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Signature = "signature" in Broken:
        "The record's signature is not in the exact form, or does not fit the record.",
        "Nobody is known to have said this.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Signer = "signer" in Broken:
        "The record is signed with a key that its author never held.",
        "Somebody speaks in another's name.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Checkpoint = "checkpoint" in Broken:
        "The record's checkpoint contradicts the history.",
        "Its author saw another ledger: one of the two was rewritten.",
        "Compare the clones of the ledger before you believe either.";
    CommitSignature = "commit-signature" in Broken:
        "The entry's commit is not signed by a member, in Git's SSH form.",
        "A stranger put it there.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    Trailer = "trailer" in Broken:
        "The trailer Ledger-Size or Ledger-Root is not the size or root of the ledger after this entry.",
        "Every entry is a signed tree head; this one signs another tree.",
        "If only this clone has it: `countersign sync` leaves it out. If others have it too: find who pushed it, and have admins set it aside with `countersign record quarantine --reason WHAT-HAPPENED`.";
    AfterHalt = "after-halt" in Broken:
        "The entry stands above a broken one.",
        "Nothing above a broken entry is believed until it is dealt with.",
        "Once the halt is over, its records may be appended again as they are.";
    FirstEntry = "first-entry" in Broken:
        "The first entry does not found a ledger: it has to hold exactly one record, a well-formed trust that satisfies its own rules.",
        "Everything else rests on it, so nothing can repair it.",
        "This is no ledger; look for the right branch, or found one with `countersign init`.";

    Format = "format" in Void:
        "The record's schema or kind is not of the format that the trust in force names.",
        "A kind that members have not agreed on has no effect, for old and new programs alike.",
        "Record it again when the trust in force names a format that includes this schema and kind.";
    Founding = "founding" in Void:
        "The ledger is not founded yet: the first trust lacks approvals of its own admins.",
        "Until the founders have agreed, nothing is in force.",
        "Have the first trust approved by as many admins as it asks for.";
    Key = "key" in Void:
        "The record is signed with a key that is retired or distrusted.",
        "A key that was given up signs nothing more.",
        "Record it again with a key in force.";
    Required = "required" in Void:
        "The exception lacks a field that it needs because a human wrote it, because it is an override, or because a service is its trigger.",
        "A person has to say why; the credential that set off an override has to be known.",
        "Record it again with the field.";
    Identity = "identity" in Void:
        "The trigger of an override, or the recipient of one of its grants, is not a member.",
        "Access is given to somebody who is accountable, or to nobody.",
        "Name a member, or have them added with `countersign trust propose`.";
    Reference = "reference" in Void:
        "The record refers to one that is not there, is void, or is of another kind.",
        "What is approved or closed has to be in the ledger.",
        "Check the id; push the ledger and fetch it, if the other record is not shared yet.";
    Seen = "seen" in Void:
        "The author had not seen the record that this one is about.",
        "No blank cheques: what is approved was there before it was approved.",
        "Fetch the ledger, look at the record, and say it again.";
    Role = "role" in Void:
        "The author has no role for this kind of record.",
        "The trust in force decides who may record what.",
        "Ask somebody with the role, or have the trust changed.";
    Scope = "scope" in Void:
        "The author's role does not cover every target of the record.",
        "A role for one target says nothing about another.",
        "Ask somebody whose scope covers the targets.";
    Concerned = "concerned" in Void:
        "The author is a person concerned in the record that this one is about.",
        "Nobody decides their own case, whichever key or service they use.",
        "Ask somebody who is not the author, trigger, owner or beneficiary of that record.";
    Version = "version" in Void:
        "The proposal does not follow the version in force.",
        "An old trust or policy must not come back.",
        "Propose again from what is in force.";
    Roster = "roster" in Void:
        "The trust contradicts itself or the register of names and keys, or it locks everybody out.",
        "A name or key that could change hands would make old signatures somebody else's.",
        "Correct the roster; `countersign trust propose` says what is wrong.";
    Bounds = "bounds" in Void:
        "The policy goes beyond the bounds of the format.",
        "No policy may let an exception last for ever, or keep every exception from counting as repeating.",
        "Stay within the bounds; `countersign help policy` lists them.";
    StaleWord = "stale-word" in Void:
        "The author had not seen an earlier vote of the same person on the same record.",
        "Nobody may hold back an old yes and play it after a no.",
        "Fetch the ledger and say it again.";
    Expected = "expected" in Void:
        "The exception names an expected exception that the policy does not list, or it exceeds the bounds that the policy sets for that one.",
        "What is expected has bounds: who, where, and what it may waive.",
        "Compare it with `countersign policy show`.";
    Resource = "resource" in Void:
        "A grant of the override does not fit the resources of the policy.",
        "The policy may limit a resource to certain services, environments and actions, and may limit how long a grant of it lasts.",
        "Compare it with `countersign policy show`.";
    Closed = "closed" in Void:
        "The record is about something that is over or decided.",
        "A decision comes before the end, or not at all.",
        "Record the subject again, if it is still needed.";
    Lifetime = "lifetime" in Void:
        "The record ends before it begins, or lasts longer than allowed.",
        "Every exception is short-lived.",
        "Choose an earlier `expires_at`; `countersign policy show` has the limits.";
    Backdated = "backdated" in Void:
        "The record is dated too far before the dates of records that are in the ledger already.",
        "Otherwise a stolen key could be used to backdate records.",
        "Record it again now; correct the clock of that machine.";
    StaleDecision = "stale-decision" in Void:
        "The receipt allows a deployment, but it was decided on a head that was no longer the newest.",
        "A \"no\" that came in between would be ignored.",
        "Decide again.";

    Absent = "absent" in Ledger:
        "There is no ledger here.",
        "A missing ledger must never mean that everything is allowed.",
        "Fetch it with `countersign verify --sync`, or found one with `countersign init`.";
    Incomplete = "incomplete" in Ledger:
        "The history ends at a shallow boundary, or an object is missing.",
        "A part of a history proves nothing about the whole.",
        "Fetch all of it: in a shallow clone `git fetch --unshallow`; in a partial one `git fetch --refetch --no-filter origin ledger:ledger`.";
    Halted = "halted" in Ledger:
        "An entry is broken, and nothing after it is believed.",
        "No correct client writes such an entry: somebody tampered with the ledger, or wrote to it with Git alone, or a program has a bug.",
        "If only this clone is halted: `countersign sync`. If the remote is halted too, have admins set aside what broke it: `countersign record quarantine --reason WHAT-HAPPENED`; what you record until then waits in your outbox. Or a host admin sets the branch back to the last good entry.";
    Unanchored = "unanchored" in Ledger:
        "No ledger id came from outside the data that is judged.",
        "Whoever replaces the whole ledger would be believed.",
        "Give the id that your team pinned: `--ledger-id ID`, or COUNTERSIGN_LEDGER_ID.";
    WrongAnchor = "wrong-anchor" in Ledger:
        "The ledger ids that were given do not agree, or this is another ledger.",
        "The ledger may have been replaced.",
        "Ask your team for the id; do not go on before it is clear.";
    Rewound = "rewound" in Ledger:
        "The ledger is shorter than it was when it was verified last.",
        "Somebody took back what others had seen.",
        "Fetch it again; if it stays so, ask who set the branch back.";
    Forked = "forked" in Ledger:
        "The ledger contradicts what was verified here before.",
        "Two histories were shown to two people.",
        "Keep both, and compare them before you believe either.";
    Diverged = "diverged" in Ledger:
        "The ledger here and the remote's have grown apart: each has entries that the other lacks.",
        "An entry that is missing here could hold somebody else's \"no\".",
        "Run `countersign sync`: it takes over the remote's ledger, and appends to it the records that only this clone has.";
    NotUnderstood = "not-understood" in Ledger:
        "A trust of the ledger names a format that this program does not know, or the ledger was made in an earlier format.",
        "It would be unsafe to ignore a \"no\" that this program does not understand. Before version 1.0 no compatibility is promised.",
        "Install a newer countersign; read a ledger of an earlier format with the program that wrote it.";
    ClockBehind = "clock-behind" in Ledger:
        "This machine's clock is behind the dates of records that are in the ledger already.",
        "With a clock set back, everything that ended would be alive again.",
        "Correct the clock, then try again.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let found = Self::ALL.iter().find(|code| code.as_str() == text);
        found.copied().ok_or_else(|| FormError::expected("expected a code; `countersign explain` lists them"))
    }
}

crate::value::compact::as_text!(Code);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_kebab_case_and_there_once() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
