//! Makes EC2's answers safe to parse, between the HTTP client and the SDK.
//!
//! The SDK's XML reader takes an answer that stops in the middle for a whole one, without the items
//! and the page token that are missing: tasks would seem to have vanished. And it refuses a whole
//! page for one character reference that is no character, such as half a surrogate pair in one
//! task's failure reason.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

/// What stands for a character that is none: U+FFFD, as Unicode has it.
const REPLACEMENT: &str = "\u{fffd}";

/// An HTTP client whose XML answers are whole and hold only characters that XML allows.
#[derive(Debug)]
pub(super) struct SafeXmlClient(pub(super) SharedHttpClient);

impl HttpClient for SafeXmlClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(SafeXml(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct SafeXml(SharedHttpConnector);

impl HttpConnector for SafeXml {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            let bytes = ByteStream::new(body)
                .collect()
                .await
                .map_err(|error| ConnectorError::io(error.into()))?
                .into_bytes();
            if answer.status().is_success() && !is_whole(&bytes) {
                // As an error of the connection it is tried again.
                return Err(ConnectorError::io("EC2's answer ends in the middle".into()));
            }
            *answer.body_mut() = match safe(&bytes) {
                Some(text) => SdkBody::from(text),
                None => SdkBody::from(bytes),
            };
            Ok(answer)
        })
    }
}

/// Every answer of EC2 is one element whose name ends in `Response`.
fn is_whole(body: &[u8]) -> bool {
    body.trim_ascii_end().ends_with(b"Response>")
}

/// The answer with what is no character replaced; `None` where there is nothing to replace.
fn safe(body: &[u8]) -> Option<String> {
    let is_bad = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let text = String::from_utf8_lossy(body);
    let has_reference = text.contains("&#");
    if matches!(text, Cow::Borrowed(_)) && !has_reference && !body.iter().any(is_bad) {
        return None;
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find("&#") {
        let (before, reference) = rest.split_at(at);
        safe.push_str(before);
        let Some((name, after)) = reference.split_once(';') else {
            safe.push_str(reference);
            rest = "";
            break;
        };
        match character(name.trim_start_matches("&#")) {
            Some(_) => safe.extend([name, ";"]),
            None => safe.push_str(REPLACEMENT),
        }
        rest = after;
    }
    safe.push_str(rest);
    let is_bad = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
    Some(safe.replace(is_bad, REPLACEMENT))
}

/// The character that a reference's digits name, where XML allows it.
fn character(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(number).filter(|c| *c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_no_character_are_replaced_and_the_others_stay() {
        let safe = |text: &str| safe(text.as_bytes());
        assert_eq!(safe("<a>plain</a>"), None);
        assert_eq!(safe("<a>&#65;&#x42;&amp;</a>").as_deref(), Some("<a>&#65;&#x42;&amp;</a>"));
        for bad in ["&#xD800;", "&#xDFFF;", "&#0;", "&#x1;", "&#1114112;", "&#;", "&#nonsense;"] {
            assert_eq!(safe(&format!("a{bad}b")).as_deref(), Some("a\u{fffd}b"), "{bad}");
        }
        assert_eq!(safe("a\u{1}b").as_deref(), Some("a\u{fffd}b"));
        assert_eq!(safe("a&#65").as_deref(), Some("a&#65"));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(safe(b"a\xffb").as_deref(), Some("a\u{fffd}b"));
    }

    #[test]
    fn an_answer_is_whole_when_its_element_is_closed() {
        assert!(is_whole(b"<DescribeBundleTasksResponse></DescribeBundleTasksResponse>\n"));
        assert!(!is_whole(b"<DescribeBundleTasksResponse><requestId>1</reques"));
        assert!(!is_whole(b""));
    }
}
