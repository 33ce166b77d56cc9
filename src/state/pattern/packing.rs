//! The cached encoding of patterns. The members of a group are encoded separately and decoded on first
//! access, because a query needs few of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::group::{Group, GroupHead, Number};
use super::patterns::{Patterns, Workflow};
use crate::packed::{Lazy, Packed, join};
use crate::state::item::Cause;
use crate::value::{ExpectedName, Target, Time, WorkflowName};

/// The part that is decoded at once. The parts that are decoded on first access follow it, in the same order.
#[derive(Debug, Serialize, Deserialize)]
struct PatternSummary {
    targets: Vec<Target>,
    expected: BTreeMap<ExpectedName, Vec<(u64, Time)>>,
    workflows: Vec<WorkflowSummary>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WorkflowSummary {
    name: WorkflowName,
    groups: Vec<(Cause, GroupHead)>,
    resets: Vec<Number>,
}

impl Patterns {
    /// Encodes these patterns.
    pub(in crate::state) fn pack(&self) -> Option<Vec<u8>> {
        let workflow = |(name, of): (&WorkflowName, &Workflow)| WorkflowSummary {
            name: name.clone(),
            groups: of.groups.iter().map(|(cause, group)| (cause.clone(), group.head.clone())).collect(),
            resets: of.resets.keys().copied().collect(),
        };
        let summary = PatternSummary {
            targets: self.targets.list.clone(),
            expected: self.expected.clone(),
            workflows: self.workflows.iter().map(workflow).collect(),
        };
        let mut parts = vec![postcard::to_allocvec(&summary).ok()?];
        for of in self.workflows.values() {
            for group in of.groups.values() {
                parts.push(group.members.pack()?);
            }
            for resets in of.resets.values() {
                parts.push(resets.pack()?);
            }
            parts.push(of.approved.pack()?);
        }
        Some(join(&parts))
    }

    /// Decodes the patterns that [`Patterns::pack`] encoded. Returns `None` if the bytes are not such an
    /// encoding.
    pub(in crate::state) fn unpacked(packed: &Packed) -> Option<Self> {
        let mut parts = packed.parts()?.into_iter();
        let summary: PatternSummary = postcard::from_bytes(&parts.next()?.all()?).ok()?;
        let mut patterns = Self { expected: summary.expected, ..Self::default() };
        for target in &summary.targets {
            patterns.targets.number(target);
        }
        for WorkflowSummary { name, groups, resets } in summary.workflows {
            let mut of = Workflow::default();
            for (cause, head) in groups {
                of.groups.insert(cause, Group { head, members: Lazy::unpacked(parts.next()?) });
            }
            for number in resets {
                of.resets.insert(number, Lazy::unpacked(parts.next()?));
            }
            of.approved = Lazy::unpacked(parts.next()?);
            patterns.workflows.insert(name, of);
        }
        parts.next().is_none().then_some(patterns)
    }
}
