//! The actions of the EC2 API, each a function from its parameters to the elements of its answer.

pub(crate) mod context;
pub(crate) mod ids;
mod images;
pub(crate) mod page;
pub(crate) mod part;
mod regions;

use std::collections::BTreeSet;

use crate::error::ApiError;
use crate::kinds;
use crate::transfer::cancel;
use part::{Action, Part};

/// All of the API that is served.
static PARTS: &[&Part] = &[
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

fn all() -> impl Iterator<Item = &'static Action> {
    PARTS.iter().flat_map(|part| part.actions)
}

/// Finds an action by its name.
pub(crate) fn find(name: &str) -> Result<&'static Action, ApiError> {
    all().find(|action| action.name == name).ok_or_else(|| {
        if name.is_empty() {
            let message = "The request must contain the parameter Action";
            return ApiError::new("MissingAction", message);
        }
        let message = format!("The action {name} is not valid for this web service.");
        ApiError::new("InvalidAction", message)
    })
}

/// All actions, for a sentence.
pub(crate) fn names() -> String {
    all().map(|action| action.name).collect::<Vec<_>>().join(", ")
}

/// The elements of all answers, by name.
pub(crate) fn elements() -> BTreeSet<&'static str> {
    PARTS.iter().flat_map(|part| part.elements).copied().collect()
}
