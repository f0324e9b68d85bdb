//! `DescribeExportImageTasks`.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::ExportImageTask;
use futures_util::future::BoxFuture;

use super::ask::Ask;
use super::call::{Bounded, Call, Elements, Failed, sent};
use super::convert::{Glimpse, cursor, name, page};
use super::transfer::Course;
use crate::ports::{Page, Rejected};
use crate::task::{Kind, Subject, Task};

/// How image exports are listed.
pub(super) const CALL: Call =
    Call { elements: Elements { secrets: &[], times: &[], numbers: &[] }, list };

fn list<'a>(
    client: &'a Client,
    ask: Ask<'a>,
    bounded: Bounded,
) -> BoxFuture<'a, Result<Page, Failed>> {
    let list = client
        .describe_export_image_tasks()
        .set_max_results(ask.page_size())
        .set_next_token(ask.token())
        .set_export_image_task_ids(ask.ids())
        .set_filters(ask.filters())
        .set_dry_run(ask.dry_run());
    Box::pin(async move {
        let answer = sent(bounded.apply(list.customize()).send().await, ask)?;
        page(
            answer.export_image_tasks,
            "exportImageTaskSet",
            cursor(answer.next_token, ask.at),
            task,
        )
    })
}

fn task(item: ExportImageTask) -> Result<Task, Rejected> {
    let (bucket, prefix) =
        item.s3_export_location.map(|s3| (s3.s3_bucket, s3.s3_prefix)).unwrap_or_default();
    let glimpse = Glimpse {
        kind: Kind::ExportImage,
        what: "image export",
        id: item.export_image_task_id.as_deref(),
        state: item.status.as_deref(),
        bucket: bucket.as_deref(),
        started_at: None,
    };
    let id = name(item.export_image_task_id.clone());
    let id = id.ok_or_else(|| glimpse.missing("exportImageTaskId"))?;
    let state = name(item.status.clone()).ok_or_else(|| glimpse.missing("status"))?;
    let subject = Subject {
        task_id: Some(id),
        image_id: name(item.image_id),
        description: name(item.description),
        bucket: name(bucket.clone()),
        prefix: name(prefix),
        ..Subject::default()
    };
    let course = Course { state, status_message: item.status_message, progress: item.progress };
    Ok(course.task(Kind::ExportImage, subject))
}
