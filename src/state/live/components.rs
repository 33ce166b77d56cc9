//! Components: sets of patterns in which a record about one pattern can affect the others. A live state keeps or leaves
//! out each set as a whole.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy;
use crate::record::kind::redesign::Redesign;
use crate::state::item::Cause;
use crate::state::pattern::{PatternName, Patterns};
use crate::value::{RootCause, WorkflowName};
use crate::verify::Past;

/// The patterns of a state, and which of them are connected. Two patterns are connected if one redesign names causes
/// of both, if namings of a key let exceptions with this key count in both, or if a policy once joined them.
pub(super) struct Components {
    numbers: BTreeMap<PatternName, usize>,
    /// For each pattern, its parent in a union-find forest: another pattern of its component, or itself. The root
    /// represents the component.
    parents: Vec<usize>,
}

impl Components {
    /// Finds the components of the patterns of a state, and of the patterns that its redesigns name.
    pub(super) fn new<'a>(
        patterns: &Patterns,
        redesigns: impl Iterator<Item = &'a Redesign>,
        policy: &policy::InForce,
        past: &Past,
    ) -> Self {
        let mut found = Self { numbers: BTreeMap::new(), parents: Vec::new() };
        let named = |cause: &RootCause| Cause::Named(cause.clone());
        let mut sets: Vec<(&WorkflowName, Vec<Cause>)> = Vec::new();
        for (workflow, of) in &patterns.workflows {
            sets.extend(of.groups.keys().map(|cause| (workflow, vec![cause.clone()])));
            for symptom in of.namings.keys() {
                let namings = patterns.namings_of(workflow, symptom);
                let causes = namings.map(|naming| named(&naming.root_cause));
                sets.push((workflow, causes.chain([Cause::Untriaged(Some(symptom.clone()))]).collect()));
            }
            let resets = of.resets.values().flat_map(BTreeMap::values).map(|reset| &reset.causes);
            let approved = of.approved.iter().map(|approved| &approved.causes);
            sets.extend(resets.chain(approved).map(|causes| (workflow, causes.iter().map(named).collect())));
        }
        let redesigns: Vec<(WorkflowName, Vec<Cause>)> = redesigns
            .map(|redesign| (redesign.workflow.clone(), redesign.root_causes.iter().map(named).collect()))
            .collect();
        sets.extend(redesigns.iter().map(|(workflow, causes)| (workflow, causes.clone())));
        let joining: Vec<&policy::InForce> =
            past.policies().iter().map(|(_, policy)| policy).filter(|policy| policy.joins_causes()).collect();
        let mut joined: BTreeMap<(usize, PatternName), usize> = BTreeMap::new();
        for (workflow, causes) in sets {
            let mut first = None;
            for cause in causes {
                let number = found.number(PatternName::new(workflow, &cause, policy));
                found.connect(*first.get_or_insert(number), number);
                for (at, then) in joining.iter().enumerate() {
                    let other =
                        *joined.entry((at, PatternName::new(workflow, &cause, then))).or_insert(number);
                    found.connect(other, number);
                }
            }
        }
        found
    }

    fn number(&mut self, name: PatternName) -> usize {
        let next = self.parents.len();
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.parents.push(next);
        }
        number
    }

    fn root(&self, mut number: usize) -> usize {
        while let Some(parent) = self.parents.get(number).copied().filter(|parent| *parent != number) {
            number = parent;
        }
        number
    }

    fn connect(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        // The smaller number becomes the root of both.
        if let Some(parent) = self.parents.get_mut(one.max(other)) {
            *parent = one.min(other);
        }
    }

    /// Returns all patterns.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &PatternName> {
        self.numbers.keys()
    }

    /// Returns the patterns `some`, and all that are connected with them.
    pub(super) fn connected_with(&self, some: &BTreeSet<PatternName>) -> BTreeSet<PatternName> {
        let roots = some.iter().filter_map(|name| self.numbers.get(name)).map(|number| self.root(*number));
        let roots: BTreeSet<usize> = roots.collect();
        let connected = self.numbers.iter().filter(|(_, number)| roots.contains(&self.root(**number)));
        connected.map(|(name, _)| name.clone()).collect()
    }
}
