//! Makes EC2's answers safe to parse, between the HTTP client and the SDK.
//!
//! The SDK's XML reader takes an answer that stops in the middle for a whole one, without the items
//! and the page token that are missing: tasks would seem to have vanished. What else it would
//! stumble over is in [`super::xml`].

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::call::Elements;
use super::xml::{is_whole, safe};
use crate::aws::foreign;

/// An HTTP client whose XML answers are whole, and hold no secret and nothing that no reader takes.
#[derive(Debug)]
pub(super) struct SafeXmlClient {
    pub(super) inner: SharedHttpClient,
    pub(super) elements: Arc<[Elements]>,
}

impl HttpClient for SafeXmlClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(SafeXml {
            inner: self.inner.http_connector(settings, components),
            elements: Arc::clone(&self.elements),
        })
    }
}

#[derive(Debug)]
struct SafeXml {
    inner: SharedHttpConnector,
    elements: Arc<[Elements]>,
}

impl HttpConnector for SafeXml {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.inner.call(request);
        let elements = Arc::clone(&self.elements);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            let bytes = ByteStream::new(body)
                .collect()
                .await
                .map_err(|error| ConnectorError::io(error.into()))?
                .into_bytes();
            // As an error of the connection it is tried again. An error status needs nothing here:
            // the SDK tells by the status whether to try again, and finds no code in the body.
            if answer.status().is_success() && !is_whole(&bytes) {
                let fault = match foreign::described(&bytes) {
                    "XML" => "EC2's answer ends in the middle".to_owned(),
                    what => format!(
                        "HTTP {} with {what}, which is no answer of EC2; {}",
                        answer.status().as_u16(),
                        foreign::WAY_OUT
                    ),
                };
                return Err(ConnectorError::io(fault.into()));
            }
            *answer.body_mut() = match safe(&bytes, &elements) {
                Some(text) => SdkBody::from(text),
                None => SdkBody::from(bytes),
            };
            Ok(answer)
        })
    }
}
