//! `DescribeExportTasks`.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ExportTask, ExportTaskState};
use futures_util::future::BoxFuture;

use super::ask::Ask;
use super::call::{Bounded, Call, Elements, Failed, sent};
use super::convert::{Glimpse, cursor, name, page};
use super::transfer::Course;
use crate::ports::{Page, Rejected};
use crate::task::{Kind, Subject, Task};

/// How instance exports are listed.
pub(super) const CALL: Call =
    Call { elements: Elements { secrets: &[], times: &[], numbers: &[] }, list };

/// EC2 gives this listing whole, in one page.
fn list<'a>(
    client: &'a Client,
    ask: Ask<'a>,
    bounded: Bounded,
) -> BoxFuture<'a, Result<Page, Failed>> {
    let list =
        client.describe_export_tasks().set_export_task_ids(ask.ids()).set_filters(ask.filters());
    Box::pin(async move {
        let answer = sent(bounded.apply(list.customize()).send().await, ask)?;
        page(answer.export_tasks.map(own), "exportTaskSet", cursor(None, ask.at), task)
    })
}

/// Without exports of images, which `DescribeExportTasks` may list too and which have a listing of their
/// own.
fn own(mut items: Vec<ExportTask>) -> Vec<ExportTask> {
    let is_of_an_image = |id: &str| id.starts_with("export-ami-");
    items.retain(|item| !item.export_task_id.as_deref().is_some_and(is_of_an_image));
    items
}

fn task(item: ExportTask) -> Result<Task, Rejected> {
    let (bucket, key) =
        item.export_to_s3_task.map(|s3| (s3.s3_bucket, s3.s3_key)).unwrap_or_default();
    let glimpse = Glimpse {
        kind: Kind::ExportInstance,
        what: "instance export",
        id: item.export_task_id.as_deref(),
        state: item.state.as_ref().map(ExportTaskState::as_str),
        bucket: bucket.as_deref(),
        started_at: None,
    };
    let id = name(item.export_task_id.clone());
    let id = id.ok_or_else(|| glimpse.missing("exportTaskId"))?;
    let state = name(item.state.as_ref().map(|state| state.as_str().to_owned()));
    let state = state.ok_or_else(|| glimpse.missing("state"))?;
    let subject = Subject {
        task_id: Some(id),
        instance_id: name(item.instance_export_details.and_then(|details| details.instance_id)),
        description: name(item.description),
        bucket: name(bucket.clone()),
        object_key: name(key),
        ..Subject::default()
    };
    let course = Course { state, status_message: item.status_message, progress: None };
    Ok(course.task(Kind::ExportInstance, subject))
}
