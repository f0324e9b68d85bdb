//! What all conversions from the SDK's types to ours have in common. A missing field is named; texts
//! without bound are cut.
//!
//! EC2 sends some elements empty where it has nothing to say, such as `storeTaskFailureReason` of a
//! completed task. So an empty or blank text is an absent one, in every field: see [`said`].

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::call::Failed;
use crate::ports::{Page, PageAt, Rejected};
use crate::record::{Cursor, Torn};
use crate::task::{Failure, Kind, Phase, Task};

/// The longest failure reason that is kept, in characters. EC2's own are a sentence or two; the
/// bound keeps records under DynamoDB's 400 KB and messages under SNS's 256 KB whatever comes.
const REASON_MAX_CHARS: usize = 4_000;

/// The longest name (bucket, key, prefix, id, state) that is kept, in characters: S3 keys have at
/// most 1,024 bytes.
const NAME_MAX_CHARS: usize = 1_024;

/// A page of what could be read and what could not; `set` is the element that holds the items.
pub(super) fn page<I>(
    items: Option<Vec<I>>,
    set: &str,
    next: Option<Cursor>,
    read: impl Fn(I) -> Result<Task, Rejected>,
) -> Result<Page, Failed> {
    let mut page = Page { next, ..Page::default() };
    for item in items.ok_or_else(|| format!("EC2 answered without {set}"))? {
        match read(item) {
            Ok(task) => page.tasks.push(task),
            Err(rejected) => page.rejected.push(rejected),
        }
    }
    Ok(page)
}

/// Where the next page begins, if EC2 says so.
pub(super) fn cursor(token: Option<String>, at: PageAt<'_>) -> Option<Cursor> {
    said(token).map(|token| Cursor { token, page_size: at.page_size() })
}

/// What of an item can be read even where the rest cannot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glimpse<'a> {
    /// The kind, and what a person calls such a task: `store-image task of`.
    pub(super) kind: Kind,
    pub(super) what: &'static str,
    /// What the task is called by.
    pub(super) id: Option<&'a str>,
    pub(super) state: Option<&'a str>,
    pub(super) bucket: Option<&'a str>,
    pub(super) started_at: Option<&'a DateTime>,
}

impl Glimpse<'_> {
    /// An item that lacks a field without which it cannot be told from others or judged.
    pub(super) fn missing(self, field: &str) -> Rejected {
        Rejected {
            item: cut(self.described(), NAME_MAX_CHARS),
            reason: format!(
                "EC2 listed it without {field}; it is passed over until EC2 lists that"
            ),
            may_run: self.may_run(),
        }
    }

    fn described(self) -> String {
        let id = self.id.filter(|id| !is_blank(id)).unwrap_or("(no id)");
        match self.bucket.filter(|bucket| !is_blank(bucket)) {
            Some(bucket) => format!("{} {id} in bucket {bucket}", self.what),
            None => format!("{} {id}", self.what),
        }
    }

    /// What could be read of it, unless it says that it ended.
    fn may_run(self) -> Option<Torn> {
        let text = |text: &str| name(Some(text.to_owned()));
        let phase = self.state.and_then(|state| self.kind.identity().documented(state));
        if phase.is_some_and(|phase| phase != Phase::Running) {
            return None;
        }
        Some(Torn {
            id: self.id.and_then(text)?,
            bucket: self.bucket.and_then(text),
            started_at: self.started_at.and_then(timestamp),
        })
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// What EC2 said, if it said anything.
pub(super) fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !is_blank(text))
}

pub(super) fn name(text: Option<String>) -> Option<String> {
    said(text).map(|text| cut(text, NAME_MAX_CHARS))
}

/// A failure says something: an error element that holds nothing is none.
pub(super) fn failure(code: Option<String>, message: Option<String>) -> Option<Failure> {
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

pub(super) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let whole = Timestamp::from_second(time.secs()).ok()?;
    // EC2 gives milliseconds; what is finer would make another task of the same one.
    let millis = i64::from(time.subsec_nanos() / 1_000_000);
    Timestamp::from_millisecond(whole.as_millisecond().saturating_add(millis)).ok()
}

pub(super) fn percent(number: i32) -> Option<u8> {
    u8::try_from(number).ok().filter(|percent| *percent <= 100)
}

/// `20%`
pub(super) fn percent_text(text: &str) -> Option<u8> {
    text.trim().trim_end_matches('%').trim().parse().ok().and_then(percent)
}
