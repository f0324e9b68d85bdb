//! The subject line: outcome, what and where, in a form that SNS never refuses.

use super::text::{ascii_subject, shorten};
use crate::event::{Event, EventSubject, Outcome};

/// SNS takes fewer than 100 characters.
pub const LONGEST: usize = 99;

/// Room for an id and more than EC2's longest, so that only nonsense is shortened.
const LONGEST_NAME: usize = 28;

/// At most 99 characters of printable ASCII on one line, starting with a letter.
#[must_use]
pub fn subject(event: &Event) -> String {
    let region = name(&event.region);
    let end = format!(" ({region})");
    let (start, place) = match &event.detail.subject {
        EventSubject::StoreImage { image_id, .. } => {
            let start = format!("{}: AMI store {}", word(event.detail.outcome), name(image_id));
            (start, event.detail.bucket.as_deref().map(|bucket| (" to ", bucket)))
        }
        EventSubject::Bundle { bundle_id, instance_id, .. } => {
            let start = format!("{}: bundle {}", word(event.detail.outcome), name(bundle_id));
            (start, instance_id.as_deref().map(|instance| (" of ", instance)))
        }
    };
    let place = place.map_or_else(String::new, |(joint, what)| {
        let room = LONGEST.saturating_sub(start.len() + joint.len() + end.len());
        format!("{joint}{}", shorten(&or_unknown(ascii_subject(what)), room))
    });
    format!("{start}{place}{end}")
}

/// The outcome as a sentence begins with it.
#[must_use]
pub fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "Completed",
        Outcome::Failed => "Failed",
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
    use crate::render::sample;
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
        event.detail.bucket = Some("b".repeat(63));
        let line = subject(&event);
        assert_eq!(line.len(), LONGEST);
        assert!(line.ends_with("bbb (us-gov-west-1)") && line.contains("b...b"), "{line}");
    }
}
