//! The custom notification of Amazon Q Developer in chat applications. What departs from its
//! schema, Amazon Q drops without a word.

use serde_json::{Map, Value, json};

use super::escape::{code, defuse, inert, line, tame};
use super::story::{Step, Story};
use super::text::truncate;
use crate::event::Event;

/// A chat shows no more of one text; the email has all of it.
const LONGEST_REASON: usize = 700;

/// A description has 8,000 characters at most, and up to six facts hold names from outside, of any
/// length. An S3 URI may have 1,100; the context has all of it.
const LONGEST_FACT: usize = 800;

/// The notification.
#[must_use]
pub fn notification(event: &Event) -> Value {
    let story = Story::of(event);
    json!({
        "version": "1.0",
        "source": "custom",
        "id": event.id,
        "content": {
            "textType": "client-markdown",
            "title": line(&story.subject, &story.subject_names),
            "description": description(&story),
            "nextSteps": story.next.steps.iter().map(say).collect::<Vec<_>>(),
            "keywords": keywords(event, &story),
        },
        "metadata": {
            "threadId": event.detail.task,
            "summary": defuse(&story.subject),
            "eventType": inert(&truncate(&event.detail_type, 100)),
            "relatedResources": resources(event),
            "additionalContext": context(event),
        },
    })
}

fn resources(event: &Event) -> Vec<String> {
    event.resources.iter().map(|arn| tame(arn)).filter(|arn| !arn.is_empty()).collect()
}

fn description(story: &Story) -> String {
    let mut paragraphs = vec![story.headline.text(|name| inert(&truncate(name, 200)))];
    if let Some(why) = &story.why {
        let reason = why.given().map(defuse).filter(|reason| !reason.is_empty());
        paragraphs.push(match reason {
            Some(reason) => format!("*Reason:* {}", code(&truncate(&reason, LONGEST_REASON))),
            None => "*Reason:* EC2 gave none.".to_owned(),
        });
    }
    let lines = story.facts.iter().map(|fact| {
        // Our own words need no code span, and have characters that inert() wraps. A time does need
        // it: what stands between two of its colons may be the name of a workspace's own emoji.
        let value = if fact.is_ours {
            fact.value.clone()
        } else {
            inert(&truncate(&fact.value, LONGEST_FACT))
        };
        format!("*{}:* {value}", fact.label)
    });
    paragraphs.push(lines.collect::<Vec<_>>().join("\n"));
    paragraphs.push(story.next.meaning.to_owned());
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

fn keywords(event: &Event, story: &Story) -> Vec<String> {
    let detail = &event.detail;
    let named = |name: &str| inert(&truncate(name, 100));
    vec![
        "amiwatch".to_owned(),
        detail.kind.to_string(),
        detail.outcome.to_string(),
        named(&story.name),
        named(&event.region),
    ]
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
