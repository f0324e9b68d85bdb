//! Ids of what a call starts from.

use crate::error::ApiError;
use crate::names::is_resource_id;
use crate::state::PlaceState;

/// Refuses what is no AMI id, and an AMI that does not exist.
pub(crate) fn check_image(place: &PlaceState, image: &str) -> Result<(), ApiError> {
    if !is_resource_id("ami-", image) {
        let message = format!("Invalid id: \"{image}\" (expecting \"ami-...\")");
        return Err(ApiError::new("InvalidAMIID.Malformed", message));
    }
    if place.images.exists(image) {
        return Ok(());
    }
    let message = format!("The image id '[{image}]' does not exist");
    Err(ApiError::new("InvalidAMIID.NotFound", message))
}

/// Refuses what is no instance id.
pub(crate) fn check_instance(instance: &str) -> Result<(), ApiError> {
    if is_resource_id("i-", instance) {
        return Ok(());
    }
    let message = format!("Invalid id: \"{instance}\" (expecting \"i-...\")");
    Err(ApiError::new("InvalidInstanceID.Malformed", message))
}
