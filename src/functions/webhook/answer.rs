//! What a webhook's answer means: pure.

use std::time::Duration;

/// How much of an answer's text is kept: Slack's are a word or two.
const LONGEST_TEXT: usize = 200;

/// What a webhook answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The beginning of the body.
    pub body: String,
}

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The message was taken.
    Delivered,
    /// It may be taken later; not before this time has passed, where the webhook names one.
    Later {
        /// How long the webhook asks to wait.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// The message's form was refused; a simpler one may be taken.
    RefusedForm(String),
    /// It will never be taken here.
    Refused(String),
}

impl Answer {
    /// Judges by the status. Slack refuses a payload with 400 `invalid_payload`, a webhook that may
    /// not post with 403, one that is gone with 404 `no_service` or 410, and slows down with 429.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.status {
            200..=299 => Verdict::Delivered,
            400 | 413 => Verdict::RefusedForm(self.reason()),
            408 | 425 | 429 | 500..=599 => {
                Verdict::Later { after: self.retry_after(), reason: self.reason() }
            }
            _ => Verdict::Refused(self.reason()),
        }
    }

    fn reason(&self) -> String {
        let text = crate::render::text::plain(&self.body);
        let text = crate::render::text::truncate(&text, LONGEST_TEXT);
        if text.is_empty() {
            format!("HTTP {}", self.status)
        } else {
            format!("HTTP {}: {text}", self.status)
        }
    }

    /// In seconds. The header may also hold a date, which neither Slack nor Teams sends: the pause
    /// is our own then.
    fn retry_after(&self) -> Option<Duration> {
        self.retry_after.as_ref()?.trim().parse().ok().map(Duration::from_secs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, retry_after: Option<&str>, body: &str) -> Verdict {
        let retry_after = retry_after.map(str::to_owned);
        Answer { status, retry_after, body: body.to_owned() }.verdict()
    }

    #[test]
    fn what_slack_and_teams_answer_is_taken_as_they_document_it() {
        for (status, body) in [(200, "ok"), (202, "")] {
            assert_eq!(verdict(status, None, body), Verdict::Delivered);
        }
        assert_eq!(
            verdict(400, None, "invalid_payload"),
            Verdict::RefusedForm("HTTP 400: invalid_payload".into())
        );
        for (status, body) in [
            (403, "action_prohibited"),
            (404, "no_service"),
            (410, "channel_is_archived"),
            (301, "moved"),
        ] {
            assert_eq!(
                verdict(status, None, body),
                Verdict::Refused(format!("HTTP {status}: {body}"))
            );
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(verdict(status, None, ""), Verdict::Later { after: None, .. }));
        }
    }

    #[test]
    fn a_pause_is_read_in_seconds_and_anything_else_is_left_to_us() {
        for (header, expected) in [
            ("30", Some(Duration::from_secs(30))),
            (" 1 ", Some(Duration::from_secs(1))),
            ("Wed, 25 Nov 2026 07:28:00 GMT", None),
            ("-1", None),
            ("", None),
        ] {
            let Verdict::Later { after, .. } = verdict(429, Some(header), "") else {
                panic!("{header} is no refusal")
            };
            assert_eq!(after, expected, "{header}");
        }
    }

    #[test]
    fn an_answers_text_is_one_harmless_short_line() {
        let Verdict::Refused(reason) = verdict(404, None, &"<p>\u{202e}no\n\n".repeat(500)) else {
            panic!("refused")
        };
        assert!(reason.starts_with("HTTP 404: <p>no <p>no") && reason.len() < 300, "{reason}");
        assert_eq!(verdict(404, None, "\n"), Verdict::Refused("HTTP 404".into()));
    }
}
