//! The email: plain text, 72 columns, for somebody who was woken up by it.

use super::story::{Story, Why};
use super::text::{plain, plain_lines, shorten, truncate, wrap};
use crate::event::Event;

/// Lines are no wider, but for commands, links, URIs and ARNs, which are never broken.
pub const WIDTH: usize = 72;

/// EC2's reasons are cut to 4,000 characters where they come in; this is for events from elsewhere.
const LONGEST_REASON: usize = 8_000;

/// The width of the labels' column.
const LABEL: usize = 14;

/// The text of the email.
#[must_use]
pub fn email(event: &Event) -> String {
    let story = Story::of(event);
    let mut lines = wrap(&story.headline.text(name), WIDTH, "", "");
    lines.push(String::new());
    for fact in &story.facts {
        let first = format!("{:<LABEL$}", format!("{}:", fact.label));
        if fact.value.starts_with("s3://") {
            lines.push(format!("{first}{}", fact.value));
        } else {
            lines.extend(wrap(&fact.value, WIDTH, &first, &" ".repeat(LABEL)));
        }
    }
    lines.push(format!("{:<LABEL$}{}", "Event:", event.id));
    if let Some(why) = &story.why {
        heading(&mut lines, "Why it failed, in the words of EC2");
        lines.extend(quoted_reason(why));
    }
    let next = &story.next;
    heading(&mut lines, "What to do next");
    lines.extend(wrap(next.meaning, WIDTH, "", ""));
    let numbered = next.steps.len() > 1;
    for (index, step) in next.steps.iter().enumerate() {
        lines.push(String::new());
        let (first, rest) =
            if numbered { (format!("{}. ", index + 1), "   ") } else { (String::new(), "") };
        lines.extend(wrap(step.say, WIDTH, &first, rest));
        match &step.command {
            Ok(command) => lines.push(format!("{rest}  {command}")),
            Err(_) => lines.extend(wrap(step.excuse().unwrap_or_default(), WIDTH, rest, rest)),
        }
    }
    let places = &story.links;
    if !places.is_empty() {
        heading(&mut lines, "In the AWS console");
        lines.extend(
            places.iter().flat_map(|link| [format!("{}:", link.label), format!("  {}", link.url)]),
        );
    }
    lines.push(String::new());
    lines.push("-- ".to_owned());
    lines.extend(wrap(&signature(&story), WIDTH, "", ""));
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn heading(lines: &mut Vec<String>, title: &str) {
    lines.push(String::new());
    lines.push(title.to_owned());
    lines.push("-".repeat(title.len()));
}

/// As quoted mail, so that nothing in it can pass for our own words.
fn quoted_reason(why: &Why) -> Vec<String> {
    let reason = why.given().map(|reason| truncate(reason, LONGEST_REASON));
    match reason.map(|reason| plain_lines(&reason)) {
        Some(lines) if !lines.is_empty() => {
            lines.iter().flat_map(|line| wrap(line, WIDTH, "> ", "> ")).collect()
        }
        _ => vec!["EC2 gave no reason.".to_owned()],
    }
}

fn signature(story: &Story) -> String {
    format!("Sent by amiwatch, which watches the {} of this account.", story.tasks)
}

fn name(text: &str) -> String {
    let text = shorten(&plain(text), 64);
    if text.is_empty() { "unknown".to_owned() } else { text }
}
