//! `DescribeRegions`, for callers that find out for themselves which Regions to look at.

use std::collections::BTreeMap;

use super::context::Context;
use super::part::{Action, DRY_RUN, FILTER_NAME, FILTER_VALUE, Part};
use crate::error::ApiError;
use crate::filter::check_names;
use crate::place::{Partition, Place};
use crate::state::State;
use crate::xml::Element;

/// What belongs to Regions.
pub(super) static PART: Part = Part {
    actions: &[Action {
        name: "DescribeRegions",
        parameters: &[DRY_RUN, "RegionName.N", "AllRegions", FILTER_NAME, FILTER_VALUE],
        run: describe,
    }],
    elements: &["optInStatus", "regionEndpoint", "regionInfo", "regionName"],
};

const ENABLED: &str = "opt-in-not-required";
const NOT_ENABLED: &str = "not-opted-in";
/// What a Region is that needs opting in and holds something of the caller's.
const OPTED_IN: &str = "opted-in";

/// Some Regions of each partition, those that need opting in among them.
const REGIONS: [(&str, &str); 24] = [
    ("ap-east-1", NOT_ENABLED),
    ("ap-northeast-1", ENABLED),
    ("ap-northeast-2", ENABLED),
    ("ap-northeast-3", ENABLED),
    ("ap-south-1", ENABLED),
    ("ap-southeast-1", ENABLED),
    ("ap-southeast-2", ENABLED),
    ("ca-central-1", ENABLED),
    ("eu-central-1", ENABLED),
    ("eu-central-2", NOT_ENABLED),
    ("eu-north-1", ENABLED),
    ("eu-west-1", ENABLED),
    ("eu-west-2", ENABLED),
    ("eu-west-3", ENABLED),
    ("me-south-1", NOT_ENABLED),
    ("sa-east-1", ENABLED),
    ("us-east-1", ENABLED),
    ("us-east-2", ENABLED),
    ("us-west-1", ENABLED),
    ("us-west-2", ENABLED),
    ("cn-north-1", ENABLED),
    ("cn-northwest-1", ENABLED),
    ("us-gov-east-1", ENABLED),
    ("us-gov-west-1", ENABLED),
];

/// The Regions that there are for an account, with the status of each.
fn known(state: &State, place: &Place) -> BTreeMap<String, &'static str> {
    let mut known: BTreeMap<String, &'static str> =
        REGIONS.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect();
    if let Some(enabled) = state.enabled(&place.account) {
        for (name, status) in &mut known {
            if !enabled.contains(name) {
                *status = NOT_ENABLED;
            }
        }
        for region in enabled {
            opt_in(&mut known, region);
        }
    } else {
        for region in state.regions_of(&place.account).chain([place.region.as_str()]) {
            opt_in(&mut known, region);
        }
    }
    known
}

fn opt_in(known: &mut BTreeMap<String, &'static str>, region: &str) {
    let status = known.entry(region.to_owned()).or_insert(NOT_ENABLED);
    if *status == NOT_ENABLED {
        *status = OPTED_IN;
    }
}

fn describe(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let filters = params.filters("Filter")?;
    check_names(&filters, &["region-name", "opt-in-status", "endpoint"])?;
    let all = params.flag("AllRegions")?;
    let names = params.list("RegionName");
    let partition = context.place.partition();
    let mut known = known(context.state, context.place);
    known.retain(|name, _| Partition::of_region(name) == partition);
    if let Some(name) = names.iter().find(|name| !known.contains_key(**name)) {
        let message = format!("Invalid region: [{name}]");
        return Err(ApiError::new("InvalidParameterValue", message));
    }
    context.permit()?;
    let wildcards = context.settings.wildcards;
    let mut items = Vec::new();
    for (name, status) in &known {
        let name = name.as_str();
        let endpoint = format!("ec2.{name}.{}", partition.dns_suffix);
        let wanted = (names.is_empty() || names.contains(&name))
            && (all || names.contains(&name) || *status != NOT_ENABLED)
            && filters.iter().all(|filter| {
                let text = match filter.name.as_str() {
                    "region-name" => name,
                    "opt-in-status" => *status,
                    _ => endpoint.as_str(),
                };
                filter.accepts(Some(text), wildcards)
            });
        if wanted {
            let fields = vec![
                Element::text("regionName", name),
                Element::text("regionEndpoint", endpoint),
                Element::text("optInStatus", *status),
            ];
            items.push(Element::parent("item", fields));
        }
    }
    Ok(vec![Element::parent("regionInfo", items)])
}
