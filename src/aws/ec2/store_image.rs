//! `DescribeStoreImageTasks`.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::StoreImageTaskResult;
use futures_util::future::BoxFuture;

use super::ask::Ask;
use super::call::{Bounded, Call, Elements, Failed, sent};
use super::convert::{Glimpse, cursor, failure, name, page, percent, timestamp};
use crate::ports::{Page, Rejected};
use crate::task::{Kind, State, Subject, Task};

/// How AMI store tasks are listed.
pub(super) const CALL: Call = Call {
    elements: Elements {
        secrets: &[],
        times: &["taskStartTime"],
        numbers: &["progressPercentage"],
    },
    list,
};

fn list<'a>(
    client: &'a Client,
    ask: Ask<'a>,
    bounded: Bounded,
) -> BoxFuture<'a, Result<Page, Failed>> {
    let list = client
        .describe_store_image_tasks()
        .set_max_results(ask.page_size())
        .set_next_token(ask.token())
        .set_image_ids(ask.ids())
        .set_filters(ask.filters())
        .set_dry_run(ask.dry_run());
    Box::pin(async move {
        let answer = sent(bounded.apply(list.customize()).send().await, ask)?;
        page(
            answer.store_image_task_results,
            "storeImageTaskResultSet",
            cursor(answer.next_token, ask.at),
            task,
        )
    })
}

fn task(item: StoreImageTaskResult) -> Result<Task, Rejected> {
    let StoreImageTaskResult { ami_id, bucket, task_start_time, store_task_state, .. } = &item;
    let glimpse = Glimpse {
        kind: Kind::StoreImage,
        what: "store-image task of",
        id: ami_id.as_deref(),
        state: store_task_state.as_deref(),
        bucket: bucket.as_deref(),
        started_at: task_start_time.as_ref(),
    };
    let missing = |field| glimpse.missing(field);
    let image_id = name(ami_id.clone()).ok_or_else(|| missing("amiId"))?;
    let bucket = name(bucket.clone()).ok_or_else(|| missing("bucket"))?;
    let started_at =
        task_start_time.as_ref().and_then(timestamp).ok_or_else(|| missing("taskStartTime"))?;
    let state = name(store_task_state.clone()).ok_or_else(|| missing("storeTaskState"))?;
    let subject = Subject {
        image_id: Some(image_id),
        bucket: Some(bucket),
        object_key: name(item.s3object_key),
        ..Subject::default()
    };
    Ok(Task {
        progress_percent: item.progress_percentage.and_then(percent),
        started_at: Some(started_at),
        failure: failure(None, item.store_task_failure_reason),
        ..Task::new(Kind::StoreImage, subject, State::from(state))
    })
}
