//! The custom notification of Amazon Q Developer in chat applications. What departs from its
//! schema, Amazon Q drops without a word.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::escape::{code, defuse, inert, tame};
use super::facts::{facts, headline, reason};
use super::next::{Step, next};
use super::subject::subject;
use super::text::truncate;
use crate::event::{Event, EventSubject, Outcome};

/// The namespace of thread ids. Changing it would tear a task's messages into two threads.
const THREAD_NAMESPACE: Uuid = Uuid::from_u128(0x2c8e_41d7_90b3_5a6f_b1d4_7e02_c95a_38f6);

/// A chat shows no more of one text; the email has all of it.
const LONGEST_REASON: usize = 700;

/// A description has 8,000 characters at most, and up to six facts hold names from outside, of any
/// length. An S3 URI may have 1,100; the context has all of it.
const LONGEST_FACT: usize = 800;

/// The notification.
#[must_use]
pub fn notification(event: &Event) -> Value {
    json!({
        "version": "1.0",
        "source": "custom",
        "id": event.id,
        "content": {
            "textType": "client-markdown",
            "title": title(event),
            "description": description(event),
            "nextSteps": next(event).steps.iter().map(say).collect::<Vec<_>>(),
            "keywords": keywords(event),
        },
        "metadata": {
            "threadId": thread_id(event),
            "summary": defuse(&subject(event)),
            "eventType": inert(&truncate(&event.detail_type, 100)),
            "relatedResources": resources(event),
            "additionalContext": context(event),
        },
    })
}

fn resources(event: &Event) -> Vec<String> {
    event.resources.iter().map(|arn| tame(arn)).filter(|arn| !arn.is_empty()).collect()
}

/// The same for all that is told of one task, and for no other task.
#[must_use]
pub fn thread_id(event: &Event) -> String {
    let detail = &event.detail;
    let task = match &detail.subject {
        EventSubject::StoreImage { image_id, .. } => {
            // A prefix of length keeps two names from running into one.
            let bucket = detail.bucket.as_deref().unwrap_or_default();
            let start = detail.started_at.map_or_else(String::new, |at| format!("{at:.3}"));
            format!("{}/{}/{image_id}/{bucket}", start, image_id.len())
        }
        EventSubject::Bundle { bundle_id, .. } => bundle_id.clone(),
    };
    let name = format!("{}/{}/{}/{task}", event.account, event.region, detail.kind);
    Uuid::new_v5(&THREAD_NAMESPACE, name.as_bytes()).to_string()
}

fn title(event: &Event) -> String {
    // A name with a dot in it could pass for the address of a site.
    let line = subject(event);
    let outside = [
        event.detail.bucket.as_deref(),
        match &event.detail.subject {
            EventSubject::StoreImage { image_id, .. } => Some(image_id.as_str()),
            EventSubject::Bundle { bundle_id, .. } => Some(bundle_id.as_str()),
        },
        match &event.detail.subject {
            EventSubject::StoreImage { .. } => None,
            EventSubject::Bundle { instance_id, .. } => instance_id.as_deref(),
        },
        Some(event.region.as_str()),
    ];
    if outside.into_iter().flatten().all(|name| inert(name) == name) { line } else { code(&line) }
}

fn description(event: &Event) -> String {
    let mut paragraphs = vec![headline(event, |name| inert(&truncate(name, 200)))];
    if event.detail.outcome == Outcome::Failed {
        let reason = reason(event).map(|reason| defuse(&reason)).filter(|it| !it.is_empty());
        paragraphs.push(match reason {
            Some(reason) => format!("*Reason:* {}", code(&truncate(&reason, LONGEST_REASON))),
            None => "*Reason:* EC2 gave none.".to_owned(),
        });
    }
    let lines = facts(event).into_iter().map(|fact| {
        let value = fact.value;
        // Our own words need no code span, and have characters that inert() wraps. A time does need
        // it: what stands between two of its colons may be the name of a workspace's own emoji.
        let own = matches!(fact.label, "Took" | "Progress");
        format!(
            "*{}:* {}",
            fact.label,
            if own { value } else { inert(&truncate(&value, LONGEST_FACT)) }
        )
    });
    paragraphs.push(lines.collect::<Vec<_>>().join("\n"));
    paragraphs.push(next(event).meaning.to_owned());
    paragraphs.join("\n\n")
}

fn say(step: &Step) -> String {
    let shown = match &step.command {
        Ok(command) if defuse(command) == *command => {
            format!("`{command}`")
        }
        Ok(_) => "The email of this notification has the command: a name in it holds characters \
                  that a chat would change."
            .to_owned(),
        Err(_) => step.excuse().unwrap_or_default().to_owned(),
    };
    format!("{} {shown}", step.say)
}

fn keywords(event: &Event) -> Vec<String> {
    let detail = &event.detail;
    let mut words =
        vec!["amiwatch".to_owned(), detail.kind.to_string(), detail.outcome.to_string()];
    match &detail.subject {
        EventSubject::StoreImage { image_id, .. } => words.push(inert(&truncate(image_id, 100))),
        EventSubject::Bundle { bundle_id, .. } => words.push(inert(&truncate(bundle_id, 100))),
    }
    words.push(inert(&truncate(&event.region, 100)));
    words
}

/// Every field of the event's detail as text, null left out, for custom actions to pick from.
fn context(event: &Event) -> Map<String, Value> {
    let mut context = Map::new();
    context.insert("account".to_owned(), tame(&event.account).into());
    context.insert("region".to_owned(), tame(&event.region).into());
    let detail = serde_json::to_value(&event.detail).unwrap_or_default();
    for (key, value) in detail.as_object().into_iter().flatten() {
        match value {
            Value::String(text) if !tame(text).is_empty() => {
                context.insert(key.clone(), tame(text).into());
            }
            Value::Number(number) => {
                context.insert(key.clone(), number.to_string().into());
            }
            _ => {}
        }
    }
    if let Some(failure) = &event.detail.failure {
        for (key, text) in [("failureCode", &failure.code), ("failureMessage", &failure.message)] {
            if let Some(text) = text {
                let text = truncate(&defuse(text), LONGEST_REASON);
                context.insert(key.to_owned(), code(&text).into());
            }
        }
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::task::Kind;

    #[test]
    fn all_outcomes_of_one_task_share_a_thread_and_two_tasks_do_not() {
        for kind in Kind::ALL {
            let first = thread_id(&sample::event(kind, Outcome::Started));
            for outcome in Outcome::ALL {
                assert_eq!(thread_id(&sample::event(kind, outcome)), first);
            }
        }
        let mut other = sample::event(Kind::StoreImage, Outcome::Started);
        let before = thread_id(&other);
        other.detail.bucket = Some("other".into());
        assert_ne!(thread_id(&other), before);
    }
}
