//! The message for a Microsoft Teams workflow: an Adaptive Card.

use serde_json::{Value, json};

use super::alarm::Alarm;
use super::escape::defuse;
use super::story::{Story, Tone, subject};
use super::text::{shorten, truncate};
use crate::event::Event;

/// What Teams takes, in bytes of JSON.
pub const LARGEST: usize = 28 * 1024;

/// How much of an event a card shows, from all to what always fits.
const DETAILS: [Detail; 3] = [
    Detail { reason: 2_000, value: 1_500, commands: true },
    Detail { reason: 1_000, value: 300, commands: false },
    Detail { reason: 200, value: 60, commands: false },
];

#[derive(Clone, Copy)]
struct Detail {
    reason: usize,
    value: usize,
    commands: bool,
}

/// The message about an event, never larger than 28 KB.
#[must_use]
pub fn message(event: &Event) -> Value {
    of_story(&Story::of(event), &format!("amiwatch, event {}", event.id))
}

/// The message about an alarm.
#[must_use]
pub fn alarm(alarm: &Alarm) -> Value {
    of_story(&alarm.story(), "amiwatch, alarm")
}

fn of_story(story: &Story, signed: &str) -> Value {
    let mut message = Value::Null;
    for detail in DETAILS {
        message = with(story, signed, detail);
        if message.to_string().len() <= LARGEST {
            break;
        }
    }
    message
}

fn with(story: &Story, signed: &str, detail: Detail) -> Value {
    let mut body = vec![json!({
        "type": "Container",
        "style": style(story.tone),
        "bleed": true,
        "items": [text(&[run(&defuse(&story.subject)).bold().large()])],
    })];
    body.push(text(&[run(&story.headline.text(|name| shorten(&defuse(name), 64)))]));
    body.extend(story.facts.iter().map(|fact| {
        let value = truncate(&defuse(&fact.value), detail.value);
        text(&[run(&format!("{}: ", fact.label)).bold(), run(&value)]).tight()
    }));
    if let Some(why) = &story.why {
        let reason = why.given().map(|reason| truncate(&defuse(reason), detail.reason));
        let reason = reason.filter(|reason| !reason.is_empty());
        body.push(text(&[run("Why it failed").bold()]));
        body.push(text(&[run(reason.as_deref().unwrap_or("EC2 gave no reason."))]).tight());
    }
    let next = &story.next;
    body.push(text(&[run("What to do next").bold()]));
    body.push(text(&[run(next.meaning)]).tight());
    for step in &next.steps {
        body.push(text(&[run(step.say)]));
        let shown = match &step.command {
            Ok(command) if detail.commands && defuse(command) == *command => {
                text(&[run(command).monospace()])
            }
            Ok(_) => text(&[run("The email of this notification has the command.")]),
            Err(_) => text(&[run(step.excuse().unwrap_or_default())]),
        };
        body.push(shown.tight());
    }
    body.push(text(&[run(signed).small()]));
    let actions: Vec<Value> = story
        .links
        .iter()
        .map(|link| json!({"type": "Action.OpenUrl", "title": link.label, "url": link.url}))
        .collect();
    card(&story.subject, &body, &actions)
}

/// A message with one line, for when the other one is refused.
#[must_use]
pub fn minimal(event: &Event) -> Value {
    let line = format!("{} (amiwatch, event {})", defuse(&subject(event)), event.id);
    card(&subject(event), &[text(&[run(&line)])], &[])
}

/// The same of an alarm.
#[must_use]
pub fn minimal_alarm(alarm: &Alarm) -> Value {
    let subject = alarm.story().subject;
    let line = format!("{} (amiwatch, alarm)", defuse(&subject));
    card(&subject, &[text(&[run(&line)])], &[])
}

fn card(subject: &str, body: &[Value], actions: &[Value]) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "fallbackText": defuse(subject),
                "msteams": {"width": "Full"},
                "body": body,
                "actions": actions,
            },
        }],
    })
}

fn style(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "attention",
        Tone::Warning => "warning",
        Tone::Neutral => "accent",
    }
}

/// A paragraph of text runs, in which Teams reads no markup, unlike in a text block.
fn text(runs: &[Value]) -> Value {
    json!({"type": "RichTextBlock", "inlines": runs})
}

fn run(text: &str) -> Value {
    json!({"type": "TextRun", "text": text})
}

/// The few looks that the card uses.
trait Look: Sized {
    fn with(self, key: &str, value: &str) -> Self;

    fn bold(self) -> Self {
        self.with("weight", "Bolder")
    }

    fn large(self) -> Self {
        self.with("size", "Large")
    }

    fn small(self) -> Self {
        self.with("size", "Small")
    }

    fn monospace(self) -> Self {
        self.with("fontType", "Monospace")
    }

    fn tight(self) -> Self {
        self.with("spacing", "Small")
    }
}

impl Look for Value {
    fn with(mut self, key: &str, value: &str) -> Self {
        if let Some(object) = self.as_object_mut() {
            object.insert(key.to_owned(), value.into());
        }
        self
    }
}
