//! The payload of a Slack incoming webhook: a fallback text, and Block Kit blocks in an attachment
//! that carries the outcome's colour.

use serde_json::{Value, json};

use super::alarm::Alarm;
use super::escape::{code, defuse, line, slack as escape};
use super::story::{Step, Story, Tone, Why};
use super::text::truncate;
use crate::event::Event;

/// Slack takes 3,000 characters in a section; escaping makes five of one.
const LONGEST_SECTION: usize = 2_900;

/// Slack takes 2,000 characters in a field.
const LONGEST_FIELD: usize = 1_900;

/// A chat shows no more of one text; the email has all of it.
const LONGEST_REASON: usize = 1_200;

/// The payload about an event.
#[must_use]
pub fn payload(event: &Event) -> Value {
    let signed = format!("amiwatch, event `{}`", event.id);
    of_story(&Story::of(event), event.detail.progress_percent, &signed)
}

/// The payload about an alarm.
#[must_use]
pub fn alarm(alarm: &Alarm) -> Value {
    of_story(&alarm.story(), None, "amiwatch, alarm")
}

fn of_story(story: &Story, percent: Option<u8>, signed: &str) -> Value {
    let header = defuse(&story.subject);
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": header, "emoji": false}}),
        section(&story.headline.text(|name| code(&truncate(name, 200)))),
    ];
    blocks.extend(percent.map(progress));
    let fields: Vec<Value> = story
        .facts
        .iter()
        .map(|fact| mrkdwn(&fit(fact.label, &code(&fact.value))))
        .take(10)
        .collect();
    blocks.push(json!({"type": "section", "fields": fields}));
    blocks.extend(story.why.as_ref().map(|why| section(&reason(why))));
    let next = &story.next;
    blocks.push(json!({"type": "divider"}));
    blocks.push(section(&format!("*What to do next*\n{}", next.meaning)));
    blocks.extend(next.steps.iter().map(say));
    let buttons: Vec<Value> = story
        .links
        .iter()
        .enumerate()
        .map(|(index, link)| {
            json!({
                "type": "button",
                "action_id": format!("open-{index}"),
                "text": {"type": "plain_text", "text": link.label, "emoji": false},
                "url": link.url,
            })
        })
        .collect();
    if !buttons.is_empty() {
        blocks.push(json!({"type": "actions", "elements": buttons}));
    }
    blocks.push(json!({
        "type": "context",
        "elements": [mrkdwn(signed)],
    }));
    json!({
        "text": first_line(story),
        "attachments": [{"color": colour(story.tone), "blocks": blocks}],
    })
}

/// The text above the blocks, which notifications show too. Slack reads markup in it, and makes links of
/// what looks like a host; with webhooks it heeds no `parse`, so that only a code span helps.
fn first_line(story: &Story) -> String {
    line(&story.subject, &story.subject_names)
}

/// A payload that is nothing but a text, for when the other one is refused.
#[must_use]
pub fn minimal(event: &Event) -> Value {
    json!({"text": format!("{} (amiwatch, event {})", first_line(&Story::of(event)), event.id)})
}

/// The same of an alarm.
#[must_use]
pub fn minimal_alarm(alarm: &Alarm) -> Value {
    json!({"text": format!("{} (amiwatch, alarm)", first_line(&alarm.story()))})
}

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "#2eb67d",
        Tone::Bad => "#e01e5a",
        Tone::Warning => "#ecb22e",
        Tone::Neutral => "#36c5f0",
    }
}

/// `verbatim` keeps Slack from looking for names and addresses in the text.
fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text)})
}

fn fit(label: &str, value: &str) -> String {
    truncate(&format!("*{label}*\n{value}"), LONGEST_FIELD)
}

fn progress(percent: u8) -> Value {
    let full = usize::from(percent.min(100)) / 10;
    let bar = format!("{}{}", "\u{2588}".repeat(full), "\u{2591}".repeat(10 - full));
    json!({"type": "context", "elements": [mrkdwn(&format!("{bar} {percent}%"))]})
}

fn reason(why: &Why) -> String {
    match why.given().map(|reason| truncate(&defuse(reason), LONGEST_REASON)) {
        Some(reason) if !reason.is_empty() => format!("*Why it failed*\n{}", code(&reason)),
        _ => "*Why it failed*\nEC2 gave no reason.".to_owned(),
    }
}

fn say(step: &Step) -> Value {
    let shown = match &step.command {
        // A backtick would end the block, and a longer command would lose its end.
        Ok(command) if !command.contains('`') && escape(command).len() < LONGEST_SECTION - 400 => {
            format!("```{}```", escape(command))
        }
        Ok(_) => "The email of this notification has the command.".to_owned(),
        Err(_) => step.excuse().unwrap_or_default().to_owned(),
    };
    section(&format!("{}\n{shown}", escape(step.say)))
}
