//! Decides which patterns are dormant, takes them out of a live state, and brings them back.

use std::collections::BTreeSet;

use super::components::Components;
use super::dormant::{Dormancy, Dormant};
use super::kept::Kept;
use super::left_out::LeftOutName;
use crate::record::kind::policy::TargetRules;
use crate::state::State;
use crate::state::fold::ItemPlace;
use crate::state::item::{Cause, RedesignItem};
use crate::state::pattern::{Pattern, PatternName};
use crate::verify::Unreadable;

impl State {
    /// Decides which of the kept patterns are dormant. A pattern is not if it has untriaged exceptions, if it counts on a
    /// target at the time from which on the live state answers, or if it is connected with such a pattern.
    pub(super) fn dormancy(&self, components: &Components, kept: &Kept) -> Dormancy {
        let name =
            |pattern: &Pattern| PatternName::of_counted(&pattern.workflow, &pattern.cause, &self.policy);
        let is_untriaged = |name: &PatternName| matches!(name.cause, Cause::Untriaged(_));
        let with_exceptions = self.patterns.groups(&self.policy).into_keys();
        let mut awake: BTreeSet<PatternName> = with_exceptions.filter(is_untriaged).collect();
        for target in self.policy.targets().iter().map(TargetRules::target) {
            let on_target = self.patterns.on(&target, &self.policy, kept.since);
            awake.extend(on_target.here.iter().chain(on_target.others.iter()).map(name));
        }
        let awake = components.connected_with(&awake);
        let patterns = kept.patterns.difference(&awake).cloned().collect();
        let stay = self.redesigns.iter().filter(|redesign| self.is_pending(redesign, kept));
        Dormancy { patterns, stay: stay.map(|redesign| redesign.id).collect() }
    }

    /// Takes the dormant patterns out. Returns them, and the names by which records may be about them.
    pub(super) fn take_dormant(&mut self, dormancy: &Dormancy) -> (Dormant, Vec<u64>) {
        let Dormancy { patterns, stay } = dormancy;
        let is_out = |redesign: &RedesignItem| {
            !stay.contains(&redesign.id)
                && self.patterns_named_by(redesign).any(|name| patterns.contains(&name))
        };
        let out: BTreeSet<usize> =
            self.redesigns.placed().filter(|(_, item)| is_out(item)).map(|(place, _)| place).collect();
        let redesigns = self.redesigns.take(|place, _| out.contains(&place));
        let mut names: BTreeSet<u64> =
            patterns.iter().map(|name| LeftOutName::Pattern(name).number()).collect();
        for cause in redesigns.iter().flat_map(|(_, redesign)| redesign.says.root_causes.iter()) {
            names.insert(LeftOutName::Redesigned(self.policy.cause(cause)).number());
        }
        let taken = self.patterns.take_out(patterns, stay, &self.policy);
        let end = redesigns.iter().map(|(_, redesign)| redesign.position + 1).max().max(taken.end());
        if let Some(left_out) = &mut self.left_out {
            left_out.dormant_end = (!patterns.is_empty()).then(|| end.unwrap_or(0));
        }
        (Dormant { patterns: taken, redesigns }, names.into_iter().collect())
    }

    /// Brings back the dormant patterns with their redesigns. Returns whether there were any.
    pub(super) fn wake(&mut self) -> Result<bool, Unreadable> {
        let Some(left_out) = self.left_out.as_mut().filter(|left_out| left_out.dormant_end.is_some()) else {
            return Ok(false);
        };
        let store = self.aside.as_ref().ok_or(Unreadable::LookUp)?;
        let Dormant { patterns, redesigns } = store.dormant()?;
        left_out.dormant_end = None;
        for (place, redesign) in &redesigns {
            self.places.insert(redesign.id, ItemPlace::Redesign(*place));
        }
        self.redesigns.put_back(redesigns);
        self.patterns.put_back(patterns);
        Ok(true)
    }
}
