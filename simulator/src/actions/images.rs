//! `DescribeImages`, for callers that want to know what an AMI is called.

use std::collections::BTreeMap;

use super::context::Context;
use super::part::{Action, DRY_RUN, FILTER_NAME, FILTER_VALUE, Part};
use crate::error::ApiError;
use crate::filter::{Filter, check_names};
use crate::names::is_resource_id;
use crate::xml::Element;

/// What belongs to AMIs.
pub(super) static PART: Part = Part {
    actions: &[Action {
        name: "DescribeImages",
        parameters: &[
            DRY_RUN,
            "ImageId.N",
            "Owner.N",
            "IncludeDeprecated",
            "IncludeDisabled",
            FILTER_NAME,
            FILTER_VALUE,
        ],
        run: describe,
    }],
    elements: &[
        "architecture",
        "imageId",
        "imageLocation",
        "imageOwnerId",
        "imageState",
        "imageType",
        "imagesSet",
        "isPublic",
        "name",
        "rootDeviceType",
    ],
};

const FILTERS: [&str; 5] = ["image-id", "is-public", "name", "owner-id", "state"];
const OWNER: &str = "owner-id";

fn describe(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let filters = params.filters("Filter")?;
    check_names(&filters, &FILTERS)?;
    let owners = params.list("Owner");
    for flag in ["IncludeDeprecated", "IncludeDisabled"] {
        params.flag(flag)?;
    }
    let ids = params.list("ImageId");
    if let Some(id) = ids.iter().find(|id| !is_resource_id("ami-", id)) {
        let message = format!("Invalid id: \"{id}\" (expecting \"ami-...\")");
        return Err(ApiError::new("InvalidAMIID.Malformed", message));
    }
    let images = all(context, &ids, &filters);
    check_found(&ids, &images)?;
    context.permit()?;
    let account = context.place.account.as_str();
    let is_own = owners.is_empty() || owners.iter().any(|it| *it == "self" || *it == account);
    let wildcards = context.settings.wildcards;
    let wanted = |(id, name): &(&String, &String)| {
        is_own
            && (ids.is_empty() || ids.contains(&id.as_str()))
            && filters.iter().all(|filter| {
                let text = match filter.name.as_str() {
                    "image-id" => id,
                    "name" => name,
                    OWNER => account,
                    "is-public" => "false",
                    _ => "available",
                };
                filter.accepts(Some(text), wildcards)
            })
    };
    let items = images.iter().filter(wanted).map(|(id, name)| item(account, id, name));
    Ok(vec![Element::parent("imagesSet", items.collect())])
}

/// The AMIs that there are, with their names: those that were named to the simulator or are asked for,
/// and those that imports have made.
fn all(context: &Context<'_>, ids: &[&str], filters: &[Filter]) -> BTreeMap<String, String> {
    let (place, now) = (context.place, context.now);
    let mut all: BTreeMap<String, String> = context
        .state
        .transfers(place)
        .filter_map(|(_, task)| {
            let made = task.image_made(&task.at(now))?.to_owned();
            Some((made, task.transfer().task_id.clone()))
        })
        .collect();
    let by_id = filters.iter().filter(|filter| filter.name == "image-id");
    let asked = by_id
        .flat_map(|filter| filter.values.iter().map(String::as_str))
        .chain(ids.iter().copied());
    let images = &context.state.place(place).images;
    for id in images.listed().chain(asked.filter(|id| images.exists(id))) {
        all.entry(id.to_owned()).or_insert_with(|| images.name_of(id));
    }
    all
}

/// EC2 answers nothing at all where it does not know one of the ids.
fn check_found(ids: &[&str], images: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let unknown: Vec<&str> = ids.iter().copied().filter(|id| !images.contains_key(*id)).collect();
    let (noun, verb) = match unknown.len() {
        0 => return Ok(()),
        1 => ("id", "does"),
        _ => ("ids", "do"),
    };
    let message = format!("The image {noun} '[{}]' {verb} not exist", unknown.join(", "));
    Err(ApiError::new("InvalidAMIID.NotFound", message))
}

fn item(account: &str, id: &str, name: &str) -> Element {
    let fields = [
        ("imageId", id.to_owned()),
        ("imageLocation", format!("{account}/{name}")),
        ("imageState", "available".to_owned()),
        ("imageOwnerId", account.to_owned()),
        ("isPublic", "false".to_owned()),
        ("architecture", "x86_64".to_owned()),
        ("imageType", "machine".to_owned()),
        ("name", name.to_owned()),
        ("rootDeviceType", "ebs".to_owned()),
    ];
    let fields = fields.into_iter().map(|(element, text)| Element::text(element, text));
    Element::parent("item", fields.collect())
}
