//! `DescribeBundleTasks`.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{BundleTask, BundleTaskState};
use futures_util::future::BoxFuture;

use super::ask::Ask;
use super::call::{Bounded, Call, Elements, Failed, sent};
use super::convert::{Glimpse, cursor, failure, name, page, percent_text, timestamp};
use crate::ports::{Page, Rejected};
use crate::task::{Kind, State, Subject, Task};

/// How bundle tasks are listed.
pub(super) const CALL: Call = Call {
    elements: Elements {
        secrets: &["AWSAccessKeyId", "uploadPolicy", "uploadPolicySignature"],
        times: &["startTime", "updateTime"],
        numbers: &[],
    },
    list,
};

/// EC2 gives this listing whole, in one page.
fn list<'a>(
    client: &'a Client,
    ask: Ask<'a>,
    bounded: Bounded,
) -> BoxFuture<'a, Result<Page, Failed>> {
    let list = client
        .describe_bundle_tasks()
        .set_bundle_ids(ask.ids())
        .set_filters(ask.filters())
        .set_dry_run(ask.dry_run());
    Box::pin(async move {
        let answer = sent(bounded.apply(list.customize()).send().await, ask)?;
        page(answer.bundle_tasks, "bundleInstanceTasksSet", cursor(None, ask.at), task)
    })
}

fn task(item: BundleTask) -> Result<Task, Rejected> {
    // Only bucket and prefix are taken out of the storage location: the rest of it is secrets.
    let (bucket, prefix) = item
        .storage
        .and_then(|storage| storage.s3)
        .map(|s3| (s3.bucket, s3.prefix))
        .unwrap_or_default();
    let glimpse = Glimpse {
        kind: Kind::Bundle,
        what: "bundle task",
        id: item.bundle_id.as_deref(),
        state: item.state.as_ref().map(BundleTaskState::as_str),
        bucket: bucket.as_deref(),
        started_at: item.start_time.as_ref(),
    };
    let id = name(item.bundle_id.clone()).ok_or_else(|| glimpse.missing("bundleId"))?;
    let state = item.state.as_ref().map(|state| state.as_str().to_owned());
    let state = name(state).ok_or_else(|| glimpse.missing("state"))?;
    let subject = Subject {
        task_id: Some(id),
        instance_id: name(item.instance_id),
        bucket: name(bucket.clone()),
        prefix: name(prefix),
        ..Subject::default()
    };
    Ok(Task {
        progress_percent: item.progress.as_deref().and_then(percent_text),
        started_at: item.start_time.as_ref().and_then(timestamp),
        updated_at: item.update_time.as_ref().and_then(timestamp),
        failure: item.bundle_task_error.and_then(|error| failure(error.code, error.message)),
        ..Task::new(Kind::Bundle, subject, State::from(state))
    })
}
