//! The register of all names and keys that were ever enrolled, and the conditions that a roster must meet
//! (ledger-schema/trust.md).

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::record::kind::trust::{Member, MemberType, Role, Trust};
use crate::sshsig::{Fingerprint, PublicKey};
use crate::value::MemberName;

/// Every name with its type and every key with its first holder. Entries are never changed or removed.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// The first holder of each point (the 32 bytes of a public key), whatever the algorithm of the key.
    points: HashMap<[u8; 32], MemberName>,
    /// The first holder of each complete key. A hardware key consists of its type, its application and its point.
    keys: HashMap<PublicKey, MemberName>,
    fingerprints: HashMap<Fingerprint, [u8; 32]>,
    types: HashMap<MemberName, MemberType>,
}

impl Register {
    /// Adds every name and key of a trust record that takes effect.
    pub fn enrol(&mut self, trust: &Trust) {
        for member in &trust.member {
            self.types.entry(member.name.clone()).or_insert(member.r#type);
            for line in &member.keys {
                self.points.entry(line.key.point).or_insert_with(|| member.name.clone());
                self.keys.entry(line.key.clone()).or_insert_with(|| member.name.clone());
                self.fingerprints.insert(line.key.fingerprint(), line.key.point);
            }
        }
    }

    /// The member who holds or once held `key`.
    pub fn holder(&self, key: &PublicKey) -> Option<&MemberName> {
        self.keys.get(key)
    }

    /// The point of the key with this fingerprint, in the register or in `trust`.
    pub fn point(&self, fingerprint: &Fingerprint, trust: &Trust) -> Option<[u8; 32]> {
        self.fingerprints.get(fingerprint).copied().or_else(|| {
            let mut keys = trust.member.iter().flat_map(|member| member.keys.iter());
            keys.find(|line| line.key.fingerprint() == *fingerprint).map(|line| line.key.point)
        })
    }

    /// Every reason why `trust` may not take effect at `position`, such as that it contradicts itself or the register,
    /// or locks everybody out. Empty if it may take effect.
    pub fn objections(
        &self,
        trust: &Trust,
        position: u64,
        distrusted: &dyn Fn(&[u8; 32]) -> bool,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let mut names = HashSet::new();
        let mut points = HashSet::new();
        for member in &trust.member {
            let name = &member.name;
            if !names.insert(name) {
                found.push(format!("{name} is listed twice"));
            }
            if self.types.get(name).is_some_and(|known| *known != member.r#type) {
                found.push(format!(
                    "{name} is listed as a {}, but was enrolled before as another type",
                    member.r#type
                ));
            }
            self.member_keys(member, &mut points, &mut found);
            roles(member, trust, &mut found);
        }
        self.thresholds(trust, position, distrusted, &mut found);
        found
    }

    fn member_keys(&self, member: &Member, points: &mut HashSet<[u8; 32]>, found: &mut Vec<String>) {
        for line in &member.keys {
            let fingerprint = line.key.fingerprint();
            if !points.insert(line.key.point) {
                found.push(format!("the key {fingerprint} is listed twice"));
            }
            if let Some(holder) = self.points.get(&line.key.point).filter(|holder| **holder != member.name) {
                found.push(format!("the key {fingerprint} belongs to {holder} for ever"));
            }
            if let Err(error) = line.key.check_enrolment() {
                found.push(format!("the key {fingerprint} of {} {error}", member.name));
            }
        }
    }

    fn thresholds(
        &self,
        trust: &Trust,
        position: u64,
        distrusted: &dyn Fn(&[u8; 32]) -> bool,
        found: &mut Vec<String>,
    ) {
        let mut refused = BTreeSet::new();
        for distrust in &trust.distrust {
            match self.point(&distrust.key, trust) {
                Some(point) => _ = refused.insert(point),
                None => found.push(format!("it distrusts {}, which no member ever held", distrust.key)),
            }
            if distrust.from.value() > position {
                found.push(format!(
                    "it distrusts {} from position {}, which is not reached yet",
                    distrust.key,
                    distrust.from.value()
                ));
            }
        }
        let threshold = &trust.threshold.0;
        let needed = threshold.trust.value().max(threshold.policy.value()).max(threshold.quarantine.value());
        let usable = |member: &&Member| {
            let human = member.r#type == MemberType::Human;
            let admin = member.role.iter().any(|table| table.role == Role::Admin);
            let good = |point: &[u8; 32]| !refused.contains(point) && !distrusted(point);
            human && admin && member.keys.iter().any(|line| good(&line.key.point))
        };
        let admins = trust.member.iter().filter(usable).count();
        if u64::try_from(admins).unwrap_or(u64::MAX) < needed {
            found.push(format!(
                "a threshold requires {needed} admins, but {admins} could act: everybody would be locked out"
            ));
        }
        if threshold.quarantine < threshold.trust {
            found.push("threshold.quarantine is lower than threshold.trust".to_owned());
        }
    }
}

fn roles(member: &Member, trust: &Trust, found: &mut Vec<String>) {
    let name = &member.name;
    let has = |role| member.role.iter().any(|table| table.role == role);
    if has(Role::Witness) && member.role.iter().any(|table| table.role != Role::Witness) {
        found.push(format!("{name} is a witness, so it may have no other role"));
    }
    for table in &member.role {
        let unscoped = matches!(table.role, Role::Admin | Role::Auditor | Role::Witness);
        if unscoped && !(table.services.is_empty() && table.environments.is_empty()) {
            found.push(format!("{name}: the role {} takes no services or environments", table.role));
        }
        let personal = !matches!(table.role, Role::Reporter | Role::Gate | Role::Witness);
        if member.r#type == MemberType::Service && personal {
            found.push(format!("{name} is a service, so it cannot be {}", table.role));
        }
    }
    let owner =
        member.owner.as_ref().and_then(|owner| trust.member.iter().find(|other| other.name == *owner));
    match member.r#type {
        MemberType::Human if member.owner.is_some() => {
            found.push(format!("{name} is a human, so it cannot have an owner"));
        }
        MemberType::Service if owner.is_none_or(|owner| owner.r#type != MemberType::Human) => {
            found.push(format!("{name} is a service, so it needs a human of this roster as its owner"));
        }
        MemberType::Human | MemberType::Service => {}
    }
}
