//! From the SDK's types to ours, once. A missing field is named; the secrets that EC2 lists with a
//! bundle task are not taken over; texts without bound are cut.
//!
//! EC2 sends some elements empty where it has nothing to say, such as `storeTaskFailureReason` of a
//! completed task. So an empty or blank text is an absent one, in every field: see [`said`].

use aws_sdk_ec2::operation::describe_bundle_tasks::DescribeBundleTasksOutput;
use aws_sdk_ec2::operation::describe_store_image_tasks::DescribeStoreImageTasksOutput;
use aws_sdk_ec2::types::{BundleTask, StoreImageTaskResult};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::ports::{Page, Rejected};
use crate::record::{Cursor, Torn};
use crate::task::{Failure, Kind, Phase, State, Subject, Task};

/// The longest failure reason that is kept, in characters. EC2's own are a sentence or two; the
/// bound keeps records under DynamoDB's 400 KB and messages under SNS's 256 KB whatever comes.
const REASON_MAX_CHARS: usize = 4_000;

/// The longest name (bucket, key, prefix, id, state) that is kept, in characters: S3 keys have at
/// most 1,024 bytes.
const NAME_MAX_CHARS: usize = 1_024;

/// `page_size` is the one that was asked for.
pub(super) fn store_image_page(
    answer: DescribeStoreImageTasksOutput,
    page_size: i32,
) -> Result<Page, &'static str> {
    let items = answer.store_image_task_results;
    let items = items.ok_or("EC2 answered without storeImageTaskResultSet")?;
    let token = said(answer.next_token);
    let next = token.map(|token| Cursor { token, page_size });
    let mut page = Page { next, ..Page::default() };
    for item in items {
        match store_image(item) {
            Ok(task) => page.tasks.push(task),
            Err(rejected) => page.rejected.push(rejected),
        }
    }
    Ok(page)
}

pub(super) fn bundle_page(answer: DescribeBundleTasksOutput) -> Result<Page, &'static str> {
    let items = answer.bundle_tasks.ok_or("EC2 answered without bundleInstanceTasksSet")?;
    let mut page = Page::default();
    for item in items {
        match bundle(item) {
            Ok(task) => page.tasks.push(task),
            Err(rejected) => page.rejected.push(rejected),
        }
    }
    Ok(page)
}

fn store_image(item: StoreImageTaskResult) -> Result<Task, Rejected> {
    let described = describe("store-image task of", item.ami_id.as_deref(), item.bucket.as_deref());
    let may_run = may_run(
        Kind::StoreImage,
        item.ami_id.as_deref(),
        item.store_task_state.as_deref(),
        item.bucket.as_deref(),
        item.task_start_time.as_ref(),
    );
    let missing = |field: &str| missing(&described, field, may_run.clone());
    let image_id = name(item.ami_id).ok_or_else(|| missing("amiId"))?;
    let bucket = name(item.bucket).ok_or_else(|| missing("bucket"))?;
    let started_at = item
        .task_start_time
        .as_ref()
        .and_then(timestamp)
        .ok_or_else(|| missing("taskStartTime"))?;
    let state = name(item.store_task_state).ok_or_else(|| missing("storeTaskState"))?;
    Ok(Task {
        subject: Subject::StoreImage { image_id, object_key: name(item.s3object_key) },
        bucket: Some(bucket),
        state: State::from_wire(Kind::StoreImage, &state),
        progress_percent: item.progress_percentage.and_then(percent),
        started_at: Some(started_at),
        updated_at: None,
        failure: failure(None, item.store_task_failure_reason),
    })
}

fn bundle(item: BundleTask) -> Result<Task, Rejected> {
    // Only bucket and prefix are taken out of the storage location: the rest of it is secrets.
    let (bucket, prefix) = item
        .storage
        .and_then(|storage| storage.s3)
        .map(|s3| (s3.bucket, s3.prefix))
        .unwrap_or_default();
    let described = describe("bundle task", item.bundle_id.as_deref(), bucket.as_deref());
    let may_run = may_run(
        Kind::Bundle,
        item.bundle_id.as_deref(),
        item.state.as_ref().map(aws_sdk_ec2::types::BundleTaskState::as_str),
        bucket.as_deref(),
        item.start_time.as_ref(),
    );
    let missing = |field: &str| missing(&described, field, may_run.clone());
    let bundle_id = name(item.bundle_id).ok_or_else(|| missing("bundleId"))?;
    let state = item.state.map(|state| state.as_str().to_owned());
    let state = name(state).ok_or_else(|| missing("state"))?;
    Ok(Task {
        subject: Subject::Bundle {
            bundle_id,
            instance_id: name(item.instance_id),
            prefix: name(prefix),
        },
        bucket: name(bucket),
        state: State::from_wire(Kind::Bundle, &state),
        progress_percent: item.progress.as_deref().and_then(percent_text),
        started_at: item.start_time.as_ref().and_then(timestamp),
        updated_at: item.update_time.as_ref().and_then(timestamp),
        failure: item.bundle_task_error.and_then(|error| failure(error.code, error.message)),
    })
}

fn describe(what: &str, id: Option<&str>, bucket: Option<&str>) -> String {
    let id = id.filter(|id| !is_blank(id)).unwrap_or("(no id)");
    match bucket.filter(|bucket| !is_blank(bucket)) {
        Some(bucket) => format!("{what} {id} in bucket {bucket}"),
        None => format!("{what} {id}"),
    }
}

/// What could be read of an item that cannot be read as a task, unless it says that it ended.
fn may_run(
    kind: Kind,
    id: Option<&str>,
    state: Option<&str>,
    bucket: Option<&str>,
    started_at: Option<&DateTime>,
) -> Option<Torn> {
    let text = |text: &str| name(Some(text.to_owned()));
    let state = state.map(|state| State::from_wire(kind, state));
    if state.is_some_and(|state| state.phase() != Phase::Running) {
        return None;
    }
    Some(Torn {
        id: id.and_then(text)?,
        bucket: bucket.and_then(text),
        started_at: started_at.and_then(timestamp),
    })
}

fn missing(item: &str, field: &str, may_run: Option<Torn>) -> Rejected {
    Rejected {
        may_run,
        item: cut(item.to_owned(), NAME_MAX_CHARS),
        reason: format!("EC2 listed it without {field}; it is passed over until EC2 lists that"),
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// What EC2 said, if it said anything.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !is_blank(text))
}

fn name(text: Option<String>) -> Option<String> {
    said(text).map(|text| cut(text, NAME_MAX_CHARS))
}

/// A failure says something: an error element that holds nothing is none.
fn failure(code: Option<String>, message: Option<String>) -> Option<Failure> {
    let message = said(message).map(|message| cut(message, REASON_MAX_CHARS));
    let failure = Failure { code: name(code), message };
    (failure.code.is_some() || failure.message.is_some()).then_some(failure)
}

fn cut(text: String, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        None => text,
        Some((end, _)) => {
            let (kept, rest) = text.split_at(end);
            format!("{kept} [... {} characters more]", rest.chars().count())
        }
    }
}

fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let whole = Timestamp::from_second(time.secs()).ok()?;
    // EC2 gives milliseconds; what is finer would make another task of the same one.
    let millis = i64::from(time.subsec_nanos() / 1_000_000);
    Timestamp::from_millisecond(whole.as_millisecond().saturating_add(millis)).ok()
}

fn percent(number: i32) -> Option<u8> {
    u8::try_from(number).ok().filter(|percent| *percent <= 100)
}

/// `20%`
fn percent_text(text: &str) -> Option<u8> {
    text.trim().trim_end_matches('%').trim().parse().ok().and_then(percent)
}
