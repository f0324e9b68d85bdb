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

/// Of an answer no more is read than this, in bytes.
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
        let on_this_machine = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
        if !text.starts_with("https://")
            && !on_this_machine.iter().any(|start| text.starts_with(start))
        {
            return Err("holds no URL that begins with https://");
        }
        // The request knows best what a URL is.
        HttpRequest::new(SdkBody::empty()).set_uri(text).map_err(|_| "holds no valid URL")?;
        Ok(Self(text.to_owned()))
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
        while let Some(piece) = body.next().await {
            bytes.extend(piece.map_err(|error| chain(&error))?);
            if bytes.len() > LONGEST_BODY {
                break;
            }
        }
        bytes.truncate(LONGEST_BODY);
        Ok(Answer {
            status: answer.status().as_u16(),
            retry_after: header,
            body: url.taken_out_of(&String::from_utf8_lossy(&bytes)),
        })
    }
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
