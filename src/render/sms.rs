//! The text message: 140 characters of ASCII, so that it is one message on any phone.

use super::story::{reason, subject};
use super::text::{ascii_subject, duration};
use crate::event::{Event, Outcome};

/// What SNS sends as one text message, whatever the alphabet.
pub const LONGEST: usize = 140;

/// Fewer characters of a reason say nothing.
const SHORTEST_REASON: usize = 16;

/// At most 140 characters of printable ASCII.
#[must_use]
pub fn sms(event: &Event) -> String {
    let mut text = subject(event);
    let more = match event.detail.outcome {
        Outcome::Completed => {
            event.detail.duration_seconds.map(|it| format!(". Took {}", duration(it)))
        }
        Outcome::Failed | Outcome::Blind => {
            reason(event).map(|reason| format!(". {}", ascii_subject(&reason)))
        }
        Outcome::Stalled => event.detail.progress_percent.map(|it| format!(". Still at {it}%")),
        Outcome::Vanished => Some(". EC2 no longer lists it".to_owned()),
        Outcome::Started | Outcome::Cancelled | Outcome::Seeing => None,
    };
    let more = more.unwrap_or_default();
    let room = LONGEST.saturating_sub(text.len());
    if more.len() <= room {
        text.push_str(&more);
    } else if room >= SHORTEST_REASON {
        text.extend(more.chars().take(room - 3));
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;
    use crate::task::Kind;

    #[test]
    fn a_long_reason_is_cut_to_fit() {
        let mut event = sample::event(Kind::StoreImage, Outcome::Failed);
        if let Some(failure) = &mut event.detail.failure {
            failure.message = Some("word ".repeat(900));
        }
        let text = sms(&event);
        assert_eq!(text.len(), LONGEST);
        assert!(text.ends_with("..."), "{text}");
    }
}
