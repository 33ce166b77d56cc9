//! What a policy says of resources: which overrides may grant them, and how.

use super::in_force::InForce;
use crate::record::kind::exception::Grant;
use crate::record::kind::policy::Resource;
use crate::value::{Ascii, Target, Targets, Time};

impl InForce {
    /// Returns the entries for resources whose name (a glob) matches `resource`, in the order of the policy.
    pub fn resources(&self, resource: &Ascii) -> impl Iterator<Item = &Resource> {
        self.every_resource().iter().filter(|entry| entry.name.matches(resource.as_str().as_bytes()))
    }

    fn every_resource(&self) -> &[Resource] {
        self.policy().map_or(&[], |policy| policy.resource.as_slice())
    }

    /// Why an override with these targets and this date may not have a grant; `None` if it may. If the policy has
    /// entries for resources, the resource of the grant must match at least one of them, and the grant must satisfy
    /// every entry that its resource matches.
    pub fn grant_objection(&self, grant: &Grant, targets: &Targets, created_at: Time) -> Option<String> {
        if self.every_resource().is_empty() {
            return None;
        }
        let resource = &grant.resource;
        let mut matching = self.resources(resource).peekable();
        if matching.peek().is_none() {
            return Some(format!("the policy has no resource that `{resource}` matches"));
        }
        matching.find_map(|entry| entry_objection(entry, grant, targets, created_at))
    }
}

fn entry_objection(entry: &Resource, grant: &Grant, targets: &Targets, created_at: Time) -> Option<String> {
    let name = &entry.name;
    if let Some(target) = targets.iter().find(|target| !is_of(entry, target)) {
        return Some(format!(
            "the override touches {target}, which the resource `{name}` does not belong to"
        ));
    }
    if !entry.actions.is_empty() && !entry.actions.contains(&grant.action) {
        let actions: Vec<&str> = entry.actions.iter().map(Ascii::as_str).collect();
        return Some(format!(
            "the resource `{name}` does not allow the action `{}`, only {}",
            grant.action,
            actions.join(", ")
        ));
    }
    let longest = entry.max_lifetime?;
    let latest = created_at.plus(longest);
    (grant.expires_at > latest).then(|| {
        format!(
            "a grant of `{name}` may last at most {longest}, so until {latest}; this one ends at {}",
            grant.expires_at
        )
    })
}

/// Whether a resource belongs to a target. An absent list of services or environments means all of them.
fn is_of(entry: &Resource, target: &Target) -> bool {
    (entry.services.is_empty() || entry.services.contains(&target.service))
        && (entry.environments.is_empty() || entry.environments.contains(&target.environment))
}
