//! `DescribeImportSnapshotTasks`.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ImportSnapshotTask, SnapshotTaskDetail};
use futures_util::future::BoxFuture;

use super::ask::Ask;
use super::call::{Bounded, Call, Elements, Failed, sent};
use super::convert::{Glimpse, cursor, name, page};
use super::transfer::Course;
use crate::ports::{Page, Rejected};
use crate::task::{Kind, Subject, Task};

/// How snapshot imports are listed.
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
        .describe_import_snapshot_tasks()
        .set_max_results(ask.page_size())
        .set_next_token(ask.token())
        .set_import_task_ids(ask.ids())
        .set_filters(ask.filters())
        .set_dry_run(ask.dry_run());
    Box::pin(async move {
        let answer = sent(bounded.apply(list.customize()).send().await, ask)?;
        page(
            answer.import_snapshot_tasks,
            "importSnapshotTaskSet",
            cursor(answer.next_token, ask.at),
            task,
        )
    })
}

fn task(item: ImportSnapshotTask) -> Result<Task, Rejected> {
    // EC2 may list a task for a moment before it lists any detail.
    let none = || SnapshotTaskDetail::builder().build();
    let detail = item.snapshot_task_detail.unwrap_or_else(none);
    let (bucket, key) =
        detail.user_bucket.map(|source| (source.s3_bucket, source.s3_key)).unwrap_or_default();
    let glimpse = Glimpse {
        kind: Kind::ImportSnapshot,
        what: "snapshot import",
        id: item.import_task_id.as_deref(),
        state: detail.status.as_deref(),
        bucket: bucket.as_deref(),
        started_at: None,
    };
    let id = name(item.import_task_id.clone());
    let id = id.ok_or_else(|| glimpse.missing("importTaskId"))?;
    let subject = Subject {
        task_id: Some(id),
        snapshot_id: name(detail.snapshot_id),
        description: name(item.description),
        bucket: name(bucket.clone()),
        object_key: name(key),
        ..Subject::default()
    };
    let course = Course {
        state: name(detail.status.clone()).unwrap_or_else(|| "pending".to_owned()),
        status_message: detail.status_message,
        progress: detail.progress,
    };
    Ok(course.task(Kind::ImportSnapshot, subject))
}
