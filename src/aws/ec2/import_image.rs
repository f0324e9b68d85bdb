//! `DescribeImportImageTasks`.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::ImportImageTask;
use futures_util::future::BoxFuture;

use super::ask::Ask;
use super::call::{Bounded, Call, Elements, Failed, sent};
use super::convert::{Glimpse, cursor, name, page};
use super::transfer::Course;
use crate::ports::{Page, Rejected};
use crate::task::{Kind, Subject, Task};

/// How image imports are listed.
pub(super) const CALL: Call = Call {
    // A presigned URL of a disk grants access to it.
    elements: Elements { secrets: &["url"], times: &[], numbers: &["diskImageSize"] },
    list,
};

fn list<'a>(
    client: &'a Client,
    ask: Ask<'a>,
    bounded: Bounded,
) -> BoxFuture<'a, Result<Page, Failed>> {
    let list = client
        .describe_import_image_tasks()
        .set_max_results(ask.page_size())
        .set_next_token(ask.token())
        .set_import_task_ids(ask.ids())
        .set_filters(ask.filters())
        .set_dry_run(ask.dry_run());
    Box::pin(async move {
        let answer = sent(bounded.apply(list.customize()).send().await, ask)?;
        page(
            answer.import_image_tasks,
            "importImageTaskSet",
            cursor(answer.next_token, ask.at),
            task,
        )
    })
}

fn task(item: ImportImageTask) -> Result<Task, Rejected> {
    let disks = item.snapshot_details.unwrap_or_default();
    // Where there is one disk, its file is what is imported. The states of disks say nothing of the end.
    let source = match disks.as_slice() {
        [disk] => disk.user_bucket.clone(),
        _ => None,
    };
    let (bucket, key) = source.map(|source| (source.s3_bucket, source.s3_key)).unwrap_or_default();
    let glimpse = Glimpse {
        kind: Kind::ImportImage,
        what: "image import",
        id: item.import_task_id.as_deref(),
        state: item.status.as_deref(),
        bucket: bucket.as_deref(),
        started_at: None,
    };
    let id = name(item.import_task_id.clone());
    let id = id.ok_or_else(|| glimpse.missing("importTaskId"))?;
    let state = name(item.status.clone()).ok_or_else(|| glimpse.missing("status"))?;
    let subject = Subject {
        task_id: Some(id),
        image_id: name(item.image_id),
        snapshot_ids: disks.into_iter().filter_map(|disk| name(disk.snapshot_id)).collect(),
        description: name(item.description),
        bucket: name(bucket.clone()),
        object_key: name(key),
        ..Subject::default()
    };
    let course = Course { state, status_message: item.status_message, progress: item.progress };
    Ok(course.task(Kind::ImportImage, subject))
}
