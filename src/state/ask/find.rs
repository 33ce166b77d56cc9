//! Lookups of items by the id of their record.

use crate::state::fold::{ItemPlace, State};
use crate::state::item::{
    Deployment, ExceptionItem, PauseItem, PlanItem, RedesignItem, ReleaseItem, TriageItem,
};
use crate::state::pattern::Occasion;
use crate::value::RecordId;

impl State {
    /// Returns the exceptions that this state holds, in order of position. A whole state holds all exceptions. A live
    /// state holds only the recent ones and those that still matter.
    pub fn held_exceptions(&self) -> &[ExceptionItem] {
        self.exceptions.as_slice()
    }

    /// Returns the first exception of an occasion.
    pub fn first_of(&self, occasion: &Occasion) -> Option<&ExceptionItem> {
        self.exceptions.at(occasion.first)
    }

    /// Returns the exception with this id.
    pub fn exception(&self, id: &RecordId) -> Option<&ExceptionItem> {
        let ItemPlace::Exception(place) = self.places.get(id)? else { return None };
        self.exceptions.at(*place)
    }

    /// Returns the rollback plan with this id.
    pub fn plan(&self, id: &RecordId) -> Option<&PlanItem> {
        let ItemPlace::Plan(place) = self.places.get(id)? else { return None };
        self.plans.at(*place)
    }

    /// Returns the redesign with this id.
    pub fn redesign(&self, id: &RecordId) -> Option<&RedesignItem> {
        let ItemPlace::Redesign(place) = self.places.get(id)? else { return None };
        self.redesigns.at(*place)
    }

    /// Returns the triage with this id.
    pub fn triage(&self, id: &RecordId) -> Option<&TriageItem> {
        let ItemPlace::Triage(place) = self.places.get(id)? else { return None };
        self.triages.at(*place)
    }

    /// Returns the release with this id.
    pub fn release(&self, id: &RecordId) -> Option<&ReleaseItem> {
        let ItemPlace::Release(place) = self.places.get(id)? else { return None };
        self.releases.at(*place)
    }

    /// Returns the deployment of the receipt with this id.
    pub fn deployment(&self, receipt: &RecordId) -> Option<&Deployment> {
        let ItemPlace::Deployment(place) = self.places.get(receipt)? else { return None };
        self.deployments.at(*place)
    }

    /// Returns the deployment that the outcome with this id is about, if the outcome says `failed` or `never-started`.
    pub fn barred_by(&self, outcome: &RecordId) -> Option<&Deployment> {
        let ItemPlace::Answerable(place) = self.places.get(outcome)? else { return None };
        self.deployments.at(*place)
    }

    /// Returns the pause with this id.
    pub fn pause(&self, id: &RecordId) -> Option<&PauseItem> {
        let ItemPlace::Pause(place) = self.places.get(id)? else { return None };
        self.pauses.at(*place)
    }
}
