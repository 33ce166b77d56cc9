//! The kinds of records. Each kind is one line in the list below, and has a file of its own. Only `resume` is in the
//! file of `pause`.

mod about;
pub mod approval;
pub mod audit;
pub mod closure;
mod describe;
pub mod exception;
pub mod outcome;
pub mod pause;
pub mod policy;
pub mod quarantine;
pub mod receipt;
pub mod redesign;
pub mod release;
pub mod review;
pub mod rollback_plan;
pub mod triage;
pub mod trust;

use toml::Spanned;
use toml::de::DeValue;

use crate::record::field::{FieldInfo, Reader, Table, Writer};
use crate::value::{KindName, MemberName, Targets, Time};

pub use describe::Describe;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal: $type:ty;)+) => {
        super::field::choice! {
            /// The kinds of record of format 2.
            pub enum Kind { $( $(#[doc = $doc])+ $variant = $word, )+ }
        }

        /// The body of a record, by kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body { $( $(#[doc = $doc])+ $variant(std::sync::Arc<$type>), )+ }

        impl Body {
            /// The kind of the body.
            pub fn kind(&self) -> Kind {
                match self { $( Self::$variant(_) => Kind::$variant, )+ }
            }

            pub(super) fn read<'a>(
                kind: Kind,
                reader: &mut Reader<'a, '_>,
                value: &'a Spanned<DeValue<'a>>,
            ) -> Option<Self> {
                match kind {
                    $( Kind::$variant => {
                        let table = reader.section::<$type>($word, value);
                        table.map(|table| Self::$variant(std::sync::Arc::new(table)))
                    } )+
                }
            }

            pub(super) fn write(&self, writer: &mut Writer) {
                match self { $( Self::$variant(body) => writer.section("", $word, &**body), )+ }
            }

            /// The targets named by the record. The scope of its author must cover them.
            pub fn targets(&self) -> Targets {
                match self { $( Self::$variant(body) => body.targets(), )+ }
            }

            /// The member whom the record makes accountable, if any.
            pub fn owner(&self) -> Option<&MemberName> {
                match self { $( Self::$variant(body) => body.owner(), )+ }
            }

            /// The time of the event that the record is about, if the record states it. That time is no later than
            /// `created_at`.
            pub fn occurred_at(&self) -> Option<Time> {
                match self { $( Self::$variant(body) => body.occurred_at(), )+ }
            }

            /// Whether the record requires evidence from outside the ledger.
            pub fn needs_evidence(&self) -> bool {
                match self { $( Self::$variant(body) => body.needs_evidence(), )+ }
            }

            /// A short description for display: half a line on what the record is about.
            pub fn subject(&self) -> String {
                match self { $( Self::$variant(body) => body.subject(), )+ }
            }
        }

        impl Kind {
            /// The kind as it is written in a header.
            pub fn name(self) -> KindName {
                self.as_str().parse().expect("the word of each kind is a name")
            }

            /// Whether records of this kind are proposals that take effect by the votes of admins: trust,
            /// policy and quarantine.
            pub fn is_proposed(self) -> bool {
                match self {
                    Self::Trust | Self::Policy | Self::Quarantine => true,
                    Self::Exception
                    | Self::Triage
                    | Self::RollbackPlan
                    | Self::Redesign
                    | Self::Release
                    | Self::Approval
                    | Self::Review
                    | Self::Closure
                    | Self::Pause
                    | Self::Resume
                    | Self::Receipt
                    | Self::Outcome
                    | Self::Audit => false,
                }
            }

            /// The fields of the kind's table, in the order of the canonical spelling.
            pub fn fields(self) -> &'static [FieldInfo] {
                match self { $( Self::$variant => <$type as Table>::FIELDS, )+ }
            }
        }
    };
}

kinds! {
    /// Who is a member, with which keys, roles and scopes.
    Trust = "trust": trust::Trust;
    /// The rules.
    Policy = "policy": policy::Policy;
    /// Automation could not proceed by itself.
    Exception = "exception": exception::Exception;
    /// The classification of exceptions: their root cause, duplicates and false alarms.
    Triage = "triage": triage::Triage;
    /// How a target is rolled back, and which criteria call for it.
    RollbackPlan = "rollback-plan": rollback_plan::RollbackPlan;
    /// The change that removes root causes.
    Redesign = "redesign": redesign::Redesign;
    /// The request to deploy a commit to a target.
    Release = "release": release::Release;
    /// A human's vote on one record: yes, no, or the withdrawal of an earlier vote.
    Approval = "approval": approval::Approval;
    /// The judgement of an override after the fact.
    Review = "review": review::Review;
    /// An exception or plan is over.
    Closure = "closure": closure::Closure;
    /// A member stops deployments forward to targets.
    Pause = "pause": pause::Pause;
    /// A member ends a pause.
    Resume = "resume": pause::Resume;
    /// A gate decision, with the facts that it was based on.
    Receipt = "receipt": receipt::Receipt;
    /// What became of a deployment, or of a rehearsal.
    Outcome = "outcome": outcome::DeploymentOutcome;
    /// An auditor's statement about a checkpoint.
    Audit = "audit": audit::Audit;
    /// Admins declare entries to be without effect.
    Quarantine = "quarantine": quarantine::Quarantine;
}
