//! The actions of the APIs, each a function from its parameters to the elements of its answer.

pub(crate) mod context;
pub(crate) mod ids;
mod images;
pub(crate) mod page;
pub(crate) mod part;
mod regions;

use std::collections::BTreeSet;

use crate::error::ApiError;
use crate::kinds;
use crate::service::Service;
use crate::sts;
use crate::transfer::cancel;
use part::{Action, Part};

/// All that is served of EC2's API.
static EC2: &[&Part] = &[
    &kinds::store::PART,
    &kinds::bundle::PART,
    &kinds::import_snapshot::PART,
    &kinds::import_image::PART,
    &kinds::export_instance::PART,
    &kinds::export_image::PART,
    &cancel::PART,
    &images::PART,
    &regions::PART,
];
/// All that is served of STS's.
static STS: &[&Part] = &[&sts::PART];

fn parts() -> impl Iterator<Item = &'static &'static Part> {
    EC2.iter().chain(STS)
}

fn all() -> impl Iterator<Item = &'static Action> {
    parts().flat_map(|part| part.actions)
}

/// Finds an action of a service by its name.
pub(crate) fn find(service: Service, name: &str) -> Result<&'static Action, ApiError> {
    let parts = match service {
        Service::Ec2 => EC2,
        Service::Sts => STS,
    };
    let mut own = parts.iter().flat_map(|part| part.actions);
    own.find(|action| action.name == name).ok_or_else(|| {
        if name.is_empty() {
            let message = "The request must contain the parameter Action";
            return ApiError::new("MissingAction", message);
        }
        let message = format!("The action {name} is not valid for this web service.");
        ApiError::new("InvalidAction", message)
    })
}

/// Whether any service has an action of this name.
pub(crate) fn is_known(name: &str) -> bool {
    all().any(|action| action.name == name)
}

/// All actions, for a sentence.
pub(crate) fn names() -> String {
    all().map(|action| action.name).collect::<Vec<_>>().join(", ")
}

/// The elements of all answers, by name.
pub(crate) fn elements() -> BTreeSet<&'static str> {
    parts().flat_map(|part| part.elements).copied().collect()
}
