//! The forms in which the function can be invoked.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::dispatched::Dispatched;
use super::selection::Selection;
use super::stored::Stored;
use crate::place::is_region_code;
use crate::render::text::clipped;
use crate::rules;
use crate::task::Kind;

/// Of what was given no more characters are repeated.
const LONGEST_QUOTED: usize = 500;

/// What an invocation asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Poll every configured target: a schedule's or a rule's event, with the time for which it was due.
    Everything(Option<Timestamp>),
    /// Poll some of them: by hand.
    Some(Selection),
    /// Poll what each record names, a target or an account's share of a fan-out: from SQS.
    Queue(Vec<QueueRecord>),
}

/// One record of an SQS batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueRecord {
    /// The message's id, by which a failure is reported.
    pub message_id: String,
    /// What the body asks for, or why it asks for nothing.
    pub body: Result<QueueBody, String>,
}

/// What an SQS record asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueBody {
    /// A target of this account.
    Target(QueueTarget),
    /// An account's share of a fan-out.
    Dispatched(Dispatched),
}

/// The target that an SQS record names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueTarget {
    /// The Region's code.
    pub region: String,
    /// The kind.
    pub kind: Kind,
    /// The object of a stored AMI that has just been created there, where that is why.
    #[serde(default)]
    pub stored: Option<Stored>,
}

/// An invocation that asks for nothing that amiwatch does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the invocation {0}; nothing was done")]
pub struct RequestError(String);

impl Request {
    /// Reads the payload of an invocation.
    ///
    /// # Errors
    /// It is no object, or one of our forms with something wrong in it.
    pub fn parse(payload: &Value) -> Result<Self, RequestError> {
        let Some(object) = payload.as_object() else {
            return Err(RequestError(format!(
                "is {}; send a JSON object, such as {{}} or {{\"poll\": {{\"regions\": [\"us-east-1\"]}}}}",
                described(payload)
            )));
        };
        if let Some(poll) = object.get("poll") {
            if let Some(other) = object.keys().find(|key| *key != "poll") {
                return Err(RequestError(format!(
                    "has \"{}\" beside \"poll\"; leave it out",
                    quoted(other)
                )));
            }
            let selection: Selection = serde_json::from_value(poll.clone()).map_err(|error| {
                RequestError(format!(
                    "has a \"poll\" that cannot be read ({}); write \
                     {{\"poll\": {{\"regions\": [\"us-east-1\"], \"kinds\": [\"store-image\"]}}}}",
                    quoted(&error.to_string())
                ))
            })?;
            if let Some(account) = selection.accounts.iter().find(|it| !rules::is_account(it)) {
                return Err(RequestError(format!(
                    "names \"{}\", which is no account id of 12 digits",
                    quoted(account)
                )));
            }
            if let Some(region) = selection.regions.iter().find(|region| !is_region_code(region)) {
                return Err(RequestError(format!(
                    "names \"{}\", which is no Region code such as us-east-1",
                    quoted(region)
                )));
            }
            return Ok(Self::Some(selection));
        }
        match object.get("Records").and_then(Value::as_array) {
            Some(records) if records.iter().any(is_from_queue) => {
                records.iter().map(queue_record).collect::<Result<_, _>>().map(Self::Queue)
            }
            _ => Ok(Self::Everything(due(payload))),
        }
    }
}

/// When an event was due, as EventBridge's rules and the schedule say it.
fn due(event: &Value) -> Option<Timestamp> {
    event.get("time").and_then(Value::as_str)?.parse().ok()
}

fn is_from_queue(record: &Value) -> bool {
    record.get("eventSource").and_then(Value::as_str) == Some("aws:sqs")
}

fn queue_record(record: &Value) -> Result<QueueRecord, RequestError> {
    let message_id = record
        .get("messageId")
        .and_then(Value::as_str)
        .ok_or_else(|| RequestError("has an SQS record without \"messageId\"".into()))?;
    let body = record.get("body").and_then(Value::as_str).unwrap_or_default();
    let body = queue_body(body).map_err(|fault| format!("SQS message {message_id} {fault}"));
    Ok(QueueRecord { message_id: message_id.to_owned(), body })
}

fn queue_body(body: &str) -> Result<QueueBody, String> {
    let unreadable = |error: serde_json::Error| {
        format!(
            "has a body that cannot be read ({}); write \
             {{\"region\": \"us-east-1\", \"kind\": \"store-image\"}}",
            quoted(&error.to_string())
        )
    };
    let value: Value = serde_json::from_str(body).map_err(unreadable)?;
    let (body, regions) = if value.get("tick").is_some() {
        let dispatched: Dispatched = serde_json::from_value(value).map_err(unreadable)?;
        rules::account(&dispatched.account)
            .map_err(|fault| format!("names no account: {}", quoted(&fault)))?;
        let regions = dispatched.regions.clone();
        (QueueBody::Dispatched(dispatched), regions)
    } else {
        let target: QueueTarget = serde_json::from_value(value).map_err(unreadable)?;
        let regions = vec![target.region.clone()];
        (QueueBody::Target(target), regions)
    };
    match regions.iter().find(|region| !is_region_code(region)) {
        None => Ok(body),
        Some(region) => {
            Err(format!("names \"{}\", which is no Region code such as us-east-1", quoted(region)))
        }
    }
}

/// What was given, as far as it helps to find it: an answer and a log line have their limits.
fn quoted(given: &str) -> String {
    clipped(given, LONGEST_QUOTED)
}

fn described(payload: &Value) -> &'static str {
    match payload {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
