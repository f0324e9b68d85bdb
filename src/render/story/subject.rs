//! The subject line: outcome, what and where, in a form that SNS never refuses.

use super::words::Words;
use crate::event::{Event, Outcome};
use crate::render::text::{ascii_subject, shorten};

/// SNS takes fewer than 100 characters.
pub const LONGEST: usize = 99;

/// Room for an id and more than EC2's longest, so that only nonsense is shortened.
const LONGEST_NAME: usize = 28;

/// At most 99 characters of printable ASCII on one line, starting with a letter.
pub(super) fn line(event: &Event, words: &Words) -> String {
    let subject = &event.detail.subject;
    let end = format!(" ({})", name(&event.region));
    let start = format!("{}: {} {}", word(event.detail.outcome), words.noun, name(subject.name()));
    let beside = (words.beside)(subject).map_or_else(String::new, |(joint, what)| {
        let room = LONGEST.saturating_sub(start.len() + joint.len() + end.len());
        format!("{joint}{}", shorten(&or_unknown(ascii_subject(what)), room))
    });
    format!("{start}{beside}{end}")
}

/// The names from outside that the line holds.
pub(super) fn names(event: &Event, words: &Words) -> Vec<String> {
    let subject = &event.detail.subject;
    let beside = (words.beside)(subject).map(|(_, name)| name.to_owned());
    [subject.name().to_owned(), event.region.clone()].into_iter().chain(beside).collect()
}

/// The outcome as a sentence begins with it.
#[must_use]
pub fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "Completed",
        Outcome::Failed => "Failed",
        Outcome::Cancelled => "Cancelled",
        Outcome::Vanished => "Vanished",
        Outcome::Stalled => "Stalled",
        Outcome::Started => "Started",
    }
}

fn name(text: &str) -> String {
    shorten(&or_unknown(ascii_subject(text)), LONGEST_NAME)
}

fn or_unknown(text: String) -> String {
    if text.is_empty() { "unknown".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{sample, subject};
    use crate::task::Kind;

    #[test]
    fn the_subject_says_outcome_what_and_where() {
        assert_eq!(
            subject(&sample::event(Kind::StoreImage, Outcome::Completed)),
            "Completed: AMI store ami-0123456789abcdef0 to my-bucket (us-east-1)"
        );
        assert_eq!(
            subject(&sample::event(Kind::Bundle, Outcome::Failed)),
            "Failed: bundle bun-c1a540a8 of i-12345678 (us-east-1)"
        );
    }

    #[test]
    fn a_long_bucket_gives_way_and_the_region_stays() {
        let mut event = sample::event(Kind::StoreImage, Outcome::Completed);
        event.region = "us-gov-west-1".into();
        event.detail.subject.bucket = Some("b".repeat(63));
        let line = subject(&event);
        assert_eq!(line.len(), LONGEST);
        assert!(line.ends_with("bbb (us-gov-west-1)") && line.contains("b...b"), "{line}");
    }
}
