//! Sets of targets, as records write them.

use super::{EnvironmentName, ServiceName, Target};

/// A set of targets, as a union of products. A product has a list of services and a list of environments. Products are
/// not expanded, because two short lists in a record can name a thousand targets.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Targets(Vec<Product>);

/// Every service of one list in every environment of the other.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Product {
    services: Vec<ServiceName>,
    environments: Vec<EnvironmentName>,
}

impl Targets {
    /// Every service in every environment: the targets of a record with these two lists.
    pub fn product(services: &[ServiceName], environments: &[EnvironmentName]) -> Self {
        Self(vec![Product { services: services.to_vec(), environments: environments.to_vec() }])
    }

    /// The targets of all of these sets.
    pub fn union<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut products: Vec<Product> = Vec::new();
        for product in sets.into_iter().flat_map(|set| &set.0) {
            if !products.contains(product) {
                products.push(product.clone());
            }
        }
        Self(products)
    }

    /// Whether the set contains a target.
    pub fn contains(&self, target: &Target) -> bool {
        self.0.iter().any(|product| {
            product.services.contains(&target.service) && product.environments.contains(&target.environment)
        })
    }

    /// Returns the targets, in the order of the lists. A target that is in several products is returned more than
    /// once.
    pub fn iter(&self) -> impl Iterator<Item = Target> {
        self.0.iter().flat_map(|Product { services, environments }| {
            services.iter().flat_map(move |service| {
                environments.iter().map(move |environment| Target {
                    service: service.clone(),
                    environment: environment.clone(),
                })
            })
        })
    }
}

impl From<Target> for Targets {
    fn from(target: Target) -> Self {
        Self::product(&[target.service], &[target.environment])
    }
}

impl FromIterator<Target> for Targets {
    fn from_iter<I: IntoIterator<Item = Target>>(targets: I) -> Self {
        Self(targets.into_iter().flat_map(|target| Self::from(target).0).collect())
    }
}
