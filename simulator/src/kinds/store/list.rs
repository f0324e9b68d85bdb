//! `DescribeStoreImageTasks`.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Bound;

use super::plan::StorePlan;
use super::room::StoreKey;
use crate::actions::context::{Context, time};
use crate::actions::ids::check_image;
use crate::actions::page::most_results;
use crate::clock::earlier;
use crate::error::ApiError;
use crate::filter::{Filter, check_names};
use crate::room::TaskId;
use crate::status::TaskStatus;
use crate::token::{self, Position};
use crate::xml::Element;

const MOST_IMAGE_IDS: usize = 20;
const MOST_RESULTS: usize = 200;

pub(super) fn describe(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let filters = context.params.filters("Filter")?;
    let images = context.params.list("ImageId");
    let most = most_results(context.params, Some(MOST_RESULTS))?;
    if images.is_empty() {
        return list(context, &filters, most.unwrap_or(context.settings.page_size));
    }
    for other in ["MaxResults", "NextToken"] {
        if context.params.get(other).is_some() {
            let message =
                format!("The parameter {other} cannot be used with the parameter ImageId");
            return Err(ApiError::new("InvalidParameterCombination", message));
        }
    }
    if images.len() > MOST_IMAGE_IDS {
        let rule = format!("Expecting at most {MOST_IMAGE_IDS} values.");
        return Err(ApiError::value("ImageId", &images.len().to_string(), &rule));
    }
    // An id that is given twice is one.
    let images: BTreeSet<String> = images.into_iter().map(str::to_owned).collect();
    let now = context.now;
    let place = context.state.place(context.place);
    images.iter().try_for_each(|image| check_image(place, image))?;
    context.permit()?;
    let oldest = earlier(now, context.settings.retention);
    let place = context.state.place(context.place);
    let mut found: Vec<&StorePlan> = images
        .iter()
        .filter_map(|image| place.stores.of(image).find(|plan| plan.start <= now))
        .filter(|plan| plan.start >= oldest)
        .collect();
    found.sort_by_key(|plan| Reverse(plan.start));
    let items = found.into_iter().map(|plan| item(plan, &plan.status(now))).collect();
    Ok(vec![Element::parent("storeImageTaskResultSet", items)])
}

fn list(
    context: &mut Context<'_>,
    filters: &[Filter],
    most: usize,
) -> Result<Vec<Element>, ApiError> {
    check_names(filters, &["task-state", "bucket"])?;
    let binding = token::binding("DescribeStoreImageTasks", context.place, filters);
    let from =
        context.params.get("NextToken").map(|text| token::read(text, binding)).transpose()?;
    context.permit()?;

    let (now, settings) = (context.now, context.settings);
    let reversed = from.map_or(context.effects.reversed, |position| position.reversed);
    let range = range(from, earlier(now, settings.retention), now, reversed);
    let place = context.state.place(context.place);
    let mut page = Vec::new();
    let mut last = None;
    let mut more = false;
    if let Some(range) = range {
        let tasks = place.stores.plans().range(range);
        let tasks: Box<dyn Iterator<Item = (&StoreKey, &StorePlan)>> =
            if reversed { Box::new(tasks.rev()) } else { Box::new(tasks) };
        for (key, plan) in tasks {
            if !buckets_match(filters, plan, settings.wildcards) {
                continue;
            }
            let status = plan.status(now);
            if !states_match(filters, &status, settings.wildcards) {
                continue;
            }
            if page.len() == most {
                more = true;
                break;
            }
            page.push(item(plan, &status));
            last = Some(Position { start: key.0.0, id: key.1.0.0, reversed });
        }
    }
    more |= settings.trailing_token && page.len() == most;
    if context.effects.shuffled {
        context.state.rng.shuffle(&mut page);
    }
    let mut elements = vec![Element::parent("storeImageTaskResultSet", page)];
    if let (Some(last), true) = (last, more) {
        elements.push(Element::text("nextToken", token::write(last, binding)));
    }
    Ok(elements)
}

type Range = (Bound<StoreKey>, Bound<StoreKey>);

/// The keys of what is left to list: from `now` back to `oldest`, past what was listed already.
/// None where nothing can be left, for which a map takes no range.
fn range(
    from: Option<Position>,
    oldest: jiff::Timestamp,
    now: jiff::Timestamp,
    reversed: bool,
) -> Option<Range> {
    let first = (Reverse(now), Reverse(TaskId(u64::MAX)));
    let last = (Reverse(oldest), Reverse(TaskId(0)));
    let Some(position) = from else {
        return (first <= last).then_some((Bound::Included(first), Bound::Included(last)));
    };
    let listed = (Reverse(position.start), Reverse(TaskId(position.id)));
    if reversed {
        (first < listed).then_some((Bound::Included(first), Bound::Excluded(listed)))
    } else {
        (listed < last).then_some((Bound::Excluded(listed), Bound::Included(last)))
    }
}

fn buckets_match(filters: &[Filter], plan: &StorePlan, wildcards: bool) -> bool {
    let mut wanted = filters.iter().filter(|filter| filter.name == "bucket");
    wanted.all(|filter| filter.accepts(Some(&plan.bucket), wildcards))
}

fn states_match(filters: &[Filter], status: &TaskStatus, wildcards: bool) -> bool {
    let mut wanted = filters.iter().filter(|filter| filter.name == "task-state");
    wanted.all(|filter| filter.accepts(Some(&status.state), wildcards))
}

fn item(plan: &StorePlan, status: &TaskStatus) -> Element {
    let mut fields = vec![
        Element::text("amiId", plan.image_id.as_str()),
        Element::text("taskStartTime", time(plan.start)),
        Element::text("bucket", plan.bucket.as_str()),
        Element::text("s3objectKey", plan.object_key.as_str()),
    ];
    fields.extend(
        status.progress.map(|percent| Element::text("progressPercentage", percent.to_string())),
    );
    fields.push(Element::text("storeTaskState", status.state.as_str()));
    // EC2 sends the element empty where there is no reason, and does not leave it out.
    let reason = status.message.as_deref().unwrap_or_default();
    fields.push(Element::text("storeTaskFailureReason", reason));
    let mut item = Element::parent("item", fields);
    item.omit(&plan.omit);
    item
}
