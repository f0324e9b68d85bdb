//! The webhook itself: one HTTP POST. Its URL is a secret: whoever has it can post.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::answer::Answer;
use crate::aws::network::Network;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// Of an answer no more is kept than this, in bytes, and little more is read.
const LONGEST_BODY: usize = 4 * 1024;

/// A part of a URL's path or query that is at least this long is taken for secret by itself. Slack's
/// token has 24 characters, the signature of a Teams URL 43.
const SECRET_PART: usize = 16;

/// A webhook's URL. It is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl std::fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookUrl(secret)")
    }
}

impl WebhookUrl {
    /// Takes an HTTPS URL; a plain one only on this machine, for tests.
    ///
    /// # Errors
    /// What is wrong, without the text itself.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_safe = scheme == "https" || (scheme == "http" && is_of_this_machine(authority));
        // What stands before an `@` looks like the host, and is none. No webhook has it.
        if authority.contains('@') {
            return Err("holds a URL with a user before its host; leave the user out");
        }
        if !is_safe {
            return Err("holds no URL that begins with https://");
        }
        // The request knows best what a URL is.
        HttpRequest::new(SdkBody::empty()).set_uri(text).map_err(|_| "holds no valid URL")?;
        Ok(Self(text.to_owned()))
    }

    /// The beginning of an answer, without what makes the URL a secret. Where the answer goes on, its
    /// end here may be the beginning of a secret, which nobody would recognize; it is left out.
    fn beginning_of(&self, answer: &[u8], goes_on: bool) -> String {
        let mut text = self.taken_out_of(&String::from_utf8_lossy(answer));
        let certain = if goes_on { text.len().saturating_sub(self.0.len()) } else { text.len() };
        text.truncate(text.floor_char_boundary(certain.min(LONGEST_BODY)));
        text
    }

    /// The text without what makes the URL a secret: an answer may repeat the address that was
    /// called, whole or in parts, and what is left of the answer is logged.
    fn taken_out_of(&self, text: &str) -> String {
        let after_scheme = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let path = after_scheme.find('/').and_then(|at| after_scheme.get(at..));
        let path = path.filter(|path| path.len() > 1).unwrap_or_default();
        let parts = path.split(['/', '?', '&', '=']).filter(|part| part.len() >= SECRET_PART);
        let mut text = text.to_owned();
        for secret in std::iter::once(path).chain(parts).filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, "[...]");
        }
        text
    }
}

/// Posts messages.
#[derive(Debug)]
pub struct Hook {
    connector: SharedHttpConnector,
    attempt: Duration,
}

impl Hook {
    /// A client whose attempts take no longer than this.
    #[must_use]
    pub fn new(attempt: Duration, network: &Network) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
        Self { connector: SharedHttpConnector::new(network.connector(&settings)), attempt }
    }

    /// Posts a message once.
    ///
    /// # Errors
    /// There was no answer, or not in time. The message may have arrived all the same.
    pub async fn post(&self, url: &WebhookUrl, message: String) -> Result<Answer, String> {
        match tokio::time::timeout(self.attempt, self.send(url, message)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} seconds", self.attempt.as_secs_f64())),
        }
    }

    async fn send(&self, url: &WebhookUrl, message: String) -> Result<Answer, String> {
        let mut request = HttpRequest::new(SdkBody::from(message));
        request.set_method("POST").map_err(|error| error.to_string())?;
        request.set_uri(url.0.as_str()).map_err(|_| "its URL is not valid".to_owned())?;
        request.headers_mut().insert("content-type", "application/json; charset=utf-8");
        let mut answer = self.connector.call(request).await.map_err(|error| chain(&error))?;
        let header = answer.headers().get("retry-after").map(str::to_owned);
        let mut body = ByteStream::new(std::mem::replace(answer.body_mut(), SdkBody::taken()));
        let mut bytes = Vec::new();
        let mut goes_on = false;
        while let Some(piece) = body.next().await {
            bytes.extend(piece.map_err(|error| chain(&error))?);
            goes_on = bytes.len() > LONGEST_BODY + url.0.len();
            if goes_on {
                break;
            }
        }
        Ok(Answer {
            status: answer.status().as_u16(),
            retry_after: header,
            body: url.beginning_of(&bytes, goes_on),
        })
    }
}

/// Whether a URL's authority is a port of this machine.
fn is_of_this_machine(authority: &str) -> bool {
    authority.rsplit_once(':').is_some_and(|(host, port)| {
        ["127.0.0.1", "[::1]", "localhost"].contains(&host) && port.parse::<u16>().is_ok()
    })
}

/// An error with its causes. None of the HTTP client's holds more of a URL than its host.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_leaves_this_machine_and_an_error_keeps_the_secret() {
        for good in [
            "https://hooks.slack.com/services/T0/B0/x",
            " https://a.b/c?d=e ",
            "http://127.0.0.1:1/x",
            "http://[::1]:1/x",
            "http://localhost:1",
            // Those of Teams look so.
            "https://a.webhook.office.com/webhookb2/1@2/IncomingWebhook/3",
        ] {
            assert!(WebhookUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hooks.slack.com/secret",
            "http://hooks.slack.com/secret",
            "ftp://secret",
            "https://sec ret/",
        ] {
            let error = WebhookUrl::parse(bad).unwrap_err();
            assert!(!error.contains("secret") && error.contains("URL"), "{error}");
        }
    }

    #[test]
    fn no_user_before_the_host_makes_it_look_like_this_machine() {
        for bad in [
            "http://127.0.0.1:1@secret.example/",
            "http://localhost:1@secret.example",
            "http://[::1]:1@secret.example?x",
            "https://hooks.slack.com@secret.example/",
            "https://user:secret@hooks.slack.com/",
            "http://127.0.0.1:1.secret.example/",
            "http://localhost.secret.example:1/",
            "http://127.0.0.1/secret",
        ] {
            let error = WebhookUrl::parse(bad).unwrap_err();
            assert!(!error.contains("secret") && error.contains("URL"), "{bad}: {error}");
        }
    }

    #[test]
    fn no_part_of_the_url_is_left_where_an_answer_is_cut() {
        let secret = "abcdefghijklmnopqrstuvwx";
        let url = WebhookUrl::parse(&format!("https://a.b/w/{secret}")).unwrap();
        for before in (LONGEST_BODY - 30)..(LONGEST_BODY + 60) {
            let answer = format!("{}{}{secret} and more", "x".repeat(before), url.0);
            for cut in (before..answer.len()).map(|end| &answer.as_bytes()[..end]) {
                let goes_on = cut.len() > LONGEST_BODY + url.0.len();
                let kept = url.beginning_of(cut, goes_on);
                assert!(kept.len() <= LONGEST_BODY);
                assert!(!goes_on || !kept.contains("abc"), "{before}: {kept}");
            }
        }
        // What was taken out makes room for what comes after it.
        let answer = format!("{}{}", secret.repeat(300), &secret[..20]);
        assert!(!url.beginning_of(answer.as_bytes(), true).contains("abc"));
        assert_eq!(url.beginning_of(format!("{secret}é").as_bytes(), false), "[...]é");
    }

    #[test]
    fn an_answer_that_repeats_the_url_is_kept_without_it() {
        let text = "https://a.b/w/T0/B0/abcdefghijklmnopqrstuvwx?sig=ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        let url = WebhookUrl::parse(text).unwrap();
        for answer in [text, &text.replace('/', "\\/"), &text.replace('&', "&amp;")] {
            let kept = url.taken_out_of(&format!("no {answer} here"));
            assert!(kept.starts_with("no ") && kept.ends_with(" here"), "{kept}");
            assert!(!kept.contains("abcdefgh") && !kept.contains("ABCDEFGH"), "{kept}");
        }
        assert_eq!(WebhookUrl::parse("https://a.b").unwrap().taken_out_of("/ok"), "/ok");
    }

    #[test]
    fn a_url_is_not_shown() {
        let url = WebhookUrl::parse("https://hooks.slack.com/services/secret").unwrap();
        assert_eq!(format!("{url:?}"), "WebhookUrl(secret)");
    }
}
