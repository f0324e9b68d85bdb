//! What a webhook's answer means: pure.

use std::time::Duration;

use super::app::App;

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

/// Words in an answer that ask for another try, all in lower case: Slack's, and those of Microsoft
/// Teams and the gateways before it.
const BUSY: [&str; 12] = [
    "rate_limit",
    "ratelimit",
    "rate limit",
    "too many requests",
    "toomanyrequests",
    "throttl",
    "rollup_error",
    "internal_error",
    "fatal_error",
    "request_timeout",
    "service_unavailable",
    "service unavailable",
];

/// Words in an answer that find fault with the message's form.
const BAD_FORM: [&str; 11] = [
    "invalid_payload",
    "invalid_blocks",
    "invalid_attachments",
    "invalid_json",
    "no_text",
    "missing_text",
    "msg_too_long",
    "msg_blocks_too_long",
    "too_many_attachments",
    "too large",
    "toolarge",
];

/// What may stand before a status that an answer names, as in `HTTP error 429` or
/// `"statusCode": 429`.
const BEFORE_A_STATUS: [&str; 6] = ["error", "code", "status", "http", "statuscode", "errorcode"];

impl Answer {
    /// Judges by status and body. The status alone is not enough: Teams accepts a request with HTTP
    /// 200 and then names, in the body, the failure that followed; and a proxy's sign-in page comes
    /// with HTTP 200 too.
    ///
    /// Slack refuses a payload with 400 `invalid_payload`, a webhook that may not post with 403, one
    /// that is gone with 404 `no_service` or 410, and slows down with 429.
    #[must_use]
    pub fn verdict(&self, app: App) -> Verdict {
        let named = match self.status {
            200..=299 if self.is_yes(app) => return Verdict::Delivered,
            200..=299 | 400 => self.named_status(),
            _ => None,
        };
        let later = || Verdict::Later { after: self.retry_after(), reason: self.reason(app) };
        match named.unwrap_or(self.status) {
            400 | 413 => Verdict::RefusedForm(self.reason(app)),
            408 | 425 | 429 | 500..=599 => later(),
            _ => Verdict::Refused(self.reason(app)),
        }
    }

    /// Slack answers `ok` when it has posted, and nothing else. A workflow of Teams answers with an
    /// empty body; a connector, its predecessor, with `1`.
    fn is_yes(&self, app: App) -> bool {
        match app {
            App::Slack => self.body.trim() == "ok",
            App::Teams => matches!(self.body.trim(), "" | "1"),
        }
    }

    /// The HTTP status that the body names, in figures or in words. A web page is not read: what it
    /// says is meant for a person.
    fn named_status(&self) -> Option<u16> {
        if self.is_web_page() {
            return None;
        }
        let text = self.body.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let figures = words.windows(2).find_map(|pair| match pair {
            [before, status] if BEFORE_A_STATUS.contains(before) => {
                status.parse().ok().filter(|status| (400..=599).contains(status))
            }
            _ => None,
        });
        let says = |known: &[&str]| known.iter().any(|word| text.contains(word));
        figures.or_else(|| says(&BUSY).then_some(429)).or_else(|| says(&BAD_FORM).then_some(400))
    }

    fn is_web_page(&self) -> bool {
        crate::aws::foreign::is_web_page(self.body.as_bytes())
    }

    fn reason(&self, app: App) -> String {
        let text = crate::render::text::plain(&self.body);
        let text = crate::render::text::truncate(&text, LONGEST_TEXT);
        let text = if self.is_web_page() { "a web page".to_owned() } else { text };
        let is_success = (200..=299).contains(&self.status);
        let text = if is_success && text.is_empty() { "an empty body".to_owned() } else { text };
        let status = self.status;
        match (is_success, app) {
            (false, _) if text.is_empty() => format!("HTTP {status}"),
            (false, _) => format!("HTTP {status}: {text}"),
            (true, App::Slack) => {
                format!("HTTP {status} with {text}, but Slack answers \"ok\" when it has posted")
            }
            (true, App::Teams) => format!(
                "HTTP {status} with {text}, but Teams answers with an empty body or \"1\" when it \
                 has accepted a message"
            ),
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

    fn verdict(app: App, status: u16, retry_after: Option<&str>, body: &str) -> Verdict {
        let retry_after = retry_after.map(str::to_owned);
        Answer { status, retry_after, body: body.to_owned() }.verdict(app)
    }

    const TEAMS_429: &str = "Webhook message delivery failed with error: Microsoft Teams endpoint \
        returned HTTP error 429 with ContextId tcid=0,server=DM3PEPF00009DEA,cv=w.0..";

    #[test]
    fn what_slack_and_teams_answer_is_taken_as_they_document_it() {
        for (app, status, body) in [
            (App::Slack, 200, "ok"),
            (App::Slack, 200, "ok\n"),
            (App::Teams, 202, ""),
            (App::Teams, 200, "1"),
            (App::Teams, 200, " \r\n"),
        ] {
            assert_eq!(verdict(app, status, None, body), Verdict::Delivered, "{app} {body}");
        }
        assert_eq!(
            verdict(App::Slack, 400, None, "invalid_payload"),
            Verdict::RefusedForm("HTTP 400: invalid_payload".into())
        );
        for (status, body) in [
            (403, "action_prohibited"),
            (404, "no_service"),
            (410, "channel_is_archived"),
            (301, "moved"),
        ] {
            assert_eq!(
                verdict(App::Slack, status, None, body),
                Verdict::Refused(format!("HTTP {status}: {body}"))
            );
        }
        for status in [408, 429, 500, 502, 503, 504] {
            let verdict = verdict(App::Slack, status, None, "");
            assert!(matches!(verdict, Verdict::Later { after: None, .. }));
        }
    }

    #[test]
    fn a_success_whose_body_is_no_yes_is_none() {
        let page = "<!DOCTYPE html>\n<html><title>Sign in</title>HTTP error 429</html>";
        for app in [App::Slack, App::Teams] {
            for body in [page, "\n<HTML><body>", "{\"error\": \"nope\"}", "<p>hello</p>", "okay"] {
                let verdict = verdict(app, 200, None, body);
                assert!(matches!(verdict, Verdict::Refused(_)), "{app} {body}: {verdict:?}");
            }
        }
        for body in
            ["", "OK", "1", "{\"ok\": false, \"error\": \"no_service\"}", "channel_not_found"]
        {
            let verdict = verdict(App::Slack, 200, None, body);
            assert!(matches!(verdict, Verdict::Refused(_)), "{body}: {verdict:?}");
        }
        for body in ["ok", "0", "11"] {
            let verdict = verdict(App::Teams, 200, None, body);
            assert!(matches!(verdict, Verdict::Refused(_)), "{body}: {verdict:?}");
        }
    }

    #[test]
    fn a_body_that_asks_for_another_try_or_another_form_gets_it_whatever_the_status() {
        for status in [200, 202, 400] {
            for body in [
                TEAMS_429,
                "Microsoft Teams endpoint returned HTTP error 503 with ContextId 1",
                "{\"error\": {\"code\": \"429\", \"message\": \"slow down\"}}",
                "{\"statusCode\": 500}",
                "{\"error\": {\"code\": \"TooManyRequests\"}}",
                "rate_limited",
                "{\"ok\": false, \"error\": \"ratelimited\"}",
            ] {
                let verdict = verdict(App::Teams, status, Some("7"), body);
                let after = Some(Duration::from_secs(7));
                let is_later = matches!(&verdict, Verdict::Later { after: it, .. } if *it == after);
                assert!(is_later, "{status} {body}: {verdict:?}");
            }
            for body in [
                "Microsoft Teams endpoint returned HTTP error 413 with ContextId 1",
                "{\"ok\": false, \"error\": \"invalid_blocks\"}",
                "no_text",
                "Request Entity Too Large",
            ] {
                let verdict = verdict(App::Slack, status, None, body);
                assert!(matches!(verdict, Verdict::RefusedForm(_)), "{status} {body}: {verdict:?}");
            }
            let body = "Microsoft Teams endpoint returned HTTP error 404 with ContextId 1";
            let verdict = verdict(App::Teams, status, None, body);
            assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
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
            let Verdict::Later { after, .. } = verdict(App::Slack, 429, Some(header), "") else {
                panic!("{header} is no refusal")
            };
            assert_eq!(after, expected, "{header}");
        }
    }

    #[test]
    fn an_answers_text_is_one_harmless_short_line() {
        let body = "<p>\u{202e}no\n\n".repeat(500);
        let Verdict::Refused(reason) = verdict(App::Slack, 404, None, &body) else {
            panic!("refused")
        };
        assert!(reason.starts_with("HTTP 404: <p>no <p>no") && reason.len() < 300, "{reason}");
        let silent = verdict(App::Slack, 404, None, "\n");
        assert_eq!(silent, Verdict::Refused("HTTP 404".into()));
        let page = "<html><a href='https://login.example/?next=secret'>sign in</a></html>";
        let Verdict::Refused(reason) = verdict(App::Slack, 200, None, page) else {
            panic!("refused")
        };
        assert!(reason.contains("a web page") && !reason.contains("secret"), "{reason}");
    }
}
