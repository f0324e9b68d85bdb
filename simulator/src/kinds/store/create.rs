//! `CreateStoreImageTask`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::plan::StorePlan;
use crate::actions::context::Context;
use crate::actions::ids::check_image;
use crate::clock::later;
use crate::error::ApiError;
use crate::xml::Element;

pub(super) fn create(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let image = context.params.required("ImageId")?.to_owned();
    let bucket = context.params.required("Bucket")?.to_owned();
    let now = context.now;
    let duration = context.settings.store_duration;
    let place = context.state.place(context.place);
    check_image(place, &image)?;
    let mut plan = StorePlan::new(image.as_str(), bucket.as_str(), now, duration);
    plan.queued = context.settings.store_queued.min(duration);
    for other in place.stores.of(&image).filter(|other| other.start <= now) {
        let status = other.status(now);
        if !status.has_ended() {
            let message = format!("A store task for the image '{image}' is already in progress");
            return Err(ApiError::new("InvalidRequest", message));
        }
        let is_there = status.state == "Completed" && !other.object_deleted;
        if is_there && other.bucket == bucket && other.object_key == plan.object_key {
            let key = &plan.object_key;
            let message = format!("The object '{key}' already exists in the bucket '{bucket}'");
            return Err(ApiError::new("InvalidRequest", message));
        }
    }
    // No two tasks of an AMI have one start: it is what tells them apart.
    let taken: BTreeSet<_> = place.stores.of(&image).map(|other| other.start).collect();
    while taken.contains(&plan.start) {
        plan.start = later(plan.start, Duration::from_millis(1));
    }
    context.permit()?;
    let key = plan.object_key.clone();
    context.state.add(context.place, |room, id| room.stores.insert(id, plan));
    Ok(vec![Element::text("objectKey", key)])
}
