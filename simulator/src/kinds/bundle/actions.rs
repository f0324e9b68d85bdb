//! `DescribeBundleTasks`, `BundleInstance` and `CancelBundleTask`.

use jiff::Timestamp;

use super::plan::BundlePlan;
use crate::actions::context::{Context, time};
use crate::actions::ids::check_instance;
use crate::clock::later;
use crate::error::ApiError;
use crate::filter::{Filter, check_names};
use crate::room::TaskId;
use crate::status::TaskStatus;
use crate::xml::Element;

const FILTERS: [&str; 10] = [
    "bundle-id",
    "error-code",
    "error-message",
    "instance-id",
    "progress",
    "s3-bucket",
    "s3-prefix",
    "start-time",
    "state",
    "update-time",
];

/// A task at the time of the call.
struct Listed<'a> {
    id: TaskId,
    plan: &'a BundlePlan,
    status: TaskStatus,
    updated: Timestamp,
}

/// The tasks that EC2 lists: begun, and not ended for long.
fn listed<'a>(context: &'a Context<'_>) -> Vec<Listed<'a>> {
    let (now, linger) = (context.now, context.settings.bundle_linger);
    let bundles = &context.state.place(context.place).bundles;
    let begun = bundles.iter().filter(|(_, plan)| plan.start <= now);
    begun
        .map(|(id, plan)| {
            let (status, updated) = plan.status(now);
            Listed { id, plan, status, updated }
        })
        .filter(|task| !task.status.has_ended() || now <= later(task.updated, linger))
        .collect()
}

pub(super) fn describe(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let filters = context.params.filters("Filter")?;
    check_names(&filters, &FILTERS)?;
    let ids: Vec<String> = context.params.list("BundleId").into_iter().map(str::to_owned).collect();
    let wildcards = context.settings.wildcards;
    let tasks = listed(context);
    for id in &ids {
        if !tasks.iter().any(|task| task.plan.bundle_id == *id) {
            return Err(not_found(id));
        }
    }
    let mut items: Vec<Element> = tasks
        .iter()
        .filter(|task| ids.is_empty() || ids.contains(&task.plan.bundle_id))
        .filter(|task| filters.iter().all(|filter| accepts(filter, task, wildcards)))
        .map(|task| item("item", task))
        .collect();
    context.permit()?;
    context.state.rng.shuffle(&mut items);
    Ok(vec![Element::parent("bundleInstanceTasksSet", items)])
}

fn not_found(id: &str) -> ApiError {
    let message = format!("The bundle ID '{id}' does not exist");
    ApiError::new("InvalidBundleID.NotFound", message)
}

fn progress(status: &TaskStatus) -> Option<String> {
    status.progress.map(|percent| format!("{percent}%"))
}

fn accepts(filter: &Filter, task: &Listed<'_>, wildcards: bool) -> bool {
    let Listed { plan, status, updated, .. } = task;
    let owned;
    let text = match filter.name.as_str() {
        "bundle-id" => Some(plan.bundle_id.as_str()),
        "instance-id" => Some(plan.instance_id.as_str()),
        "s3-bucket" => Some(plan.bucket.as_str()),
        "s3-prefix" => Some(plan.prefix.as_str()),
        "state" => Some(status.state.as_str()),
        "error-code" => status.code.as_deref(),
        "error-message" => status.message.as_deref(),
        other => {
            owned = match other {
                "progress" => progress(status),
                "start-time" => Some(time(plan.start)),
                _ => Some(time(*updated)),
            };
            owned.as_deref()
        }
    };
    filter.accepts(text, wildcards)
}

fn item(name: &str, task: &Listed<'_>) -> Element {
    let Listed { plan, status, updated, .. } = task;
    let secret = |name: &str, value: &Option<String>| {
        value.as_deref().map(|value| Element::text(name, value))
    };
    let mut s3: Vec<Element> = secret("AWSAccessKeyId", &plan.access_key_id).into_iter().collect();
    s3.push(Element::text("bucket", plan.bucket.as_str()));
    s3.push(Element::text("prefix", plan.prefix.as_str()));
    s3.extend(secret("uploadPolicy", &plan.upload_policy));
    s3.extend(secret("uploadPolicySignature", &plan.upload_policy_signature));
    let mut fields = vec![
        Element::text("instanceId", plan.instance_id.as_str()),
        Element::text("bundleId", plan.bundle_id.as_str()),
        Element::text("state", status.state.as_str()),
        Element::text("startTime", time(plan.start)),
        Element::text("updateTime", time(*updated)),
        Element::parent("storage", vec![Element::parent("S3", s3)]),
    ];
    fields.extend(progress(status).map(|progress| Element::text("progress", progress)));
    let error: Vec<Element> = [("code", &status.code), ("message", &status.message)]
        .into_iter()
        .filter_map(|(name, value)| secret(name, value))
        .collect();
    if !error.is_empty() {
        fields.push(Element::parent("error", error));
    }
    let mut item = Element::parent(name, fields);
    item.omit(&plan.omit);
    item
}

/// The answer of the calls that return one task.
fn answer(context: &Context<'_>, id: TaskId) -> Vec<Element> {
    let tasks = listed(context);
    let wanted = tasks.iter().find(|task| task.id == id);
    wanted.map(|task| item("bundleInstanceTask", task)).into_iter().collect()
}

pub(super) fn create(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let params = context.params;
    let instance = params.required("InstanceId")?.to_owned();
    let bucket = params.required("Storage.S3.Bucket")?.to_owned();
    let prefix = params.required("Storage.S3.Prefix")?.to_owned();
    check_instance(&instance)?;
    let is_running =
        |task: &Listed<'_>| task.plan.instance_id == instance && !task.status.has_ended();
    if listed(context).iter().any(is_running) {
        let message = format!("The instance '{instance}' already has a bundling task in progress.");
        return Err(ApiError::new("BundlingInProgress", message));
    }
    context.permit()?;
    let bundle_id = format!("bun-{:08x}", context.state.rng.u32(..));
    let duration = context.settings.bundle_duration;
    let given = |name: &str| params.get(name).map(str::to_owned);
    let plan = BundlePlan {
        prefix,
        access_key_id: given("Storage.S3.AWSAccessKeyId"),
        upload_policy: given("Storage.S3.UploadPolicy"),
        upload_policy_signature: given("Storage.S3.UploadPolicySignature"),
        ..BundlePlan::new(bundle_id, instance, bucket, context.now, duration)
    };
    let id = context.state.add(context.place, |room, id| room.bundles.insert(id, plan));
    Ok(answer(context, id))
}

pub(super) fn cancel(context: &mut Context<'_>) -> Result<Vec<Element>, ApiError> {
    let wanted = context.params.required("BundleId")?.to_owned();
    let tasks = listed(context);
    let task = tasks.iter().find(|task| task.plan.bundle_id == wanted);
    let task = task.ok_or_else(|| not_found(&wanted))?;
    let (id, status) = (task.id, task.status.clone());
    if status.has_ended() {
        let message = format!("The bundle task '{wanted}' has ended: it is {}", status.state);
        return Err(ApiError::new("IncorrectState", message));
    }
    context.permit()?;
    let asked = (context.now, context.settings.cancel_duration);
    let known = context.state.known_mut(context.place);
    if let Some(plan) = known.and_then(|place| place.bundles.get_mut(id)) {
        plan.cancelled.get_or_insert(asked);
        plan.fixed = None;
    }
    Ok(answer(context, id))
}
