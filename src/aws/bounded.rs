//! An HTTP client whose answers have a bound: whoever answers in AWS's place could else fill the memory
//! for as long as a call may take.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;

use super::foreign;

/// What an answer may have, in megabytes. EC2's largest pages have about one, DynamoDB's answers 16 at most.
const LARGEST_MB: usize = 32;

/// The same client, with a bound on what it reads of an answer. The answer is read whole before it is
/// given on: no call here reads one as a stream.
pub(super) fn bounded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded(client))
}

#[derive(Debug)]
struct Bounded(SharedHttpClient);

impl HttpClient for Bounded {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(BoundedConnector(self.0.http_connector(settings, components)))
    }

    // With this the inner client sets up TLS at the start.
    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.0, components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.0, components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

#[derive(Debug)]
struct BoundedConnector(SharedHttpConnector);

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            *answer.body_mut() = SdkBody::from(read(body).await?);
            Ok(answer)
        })
    }
}

async fn read(body: SdkBody) -> Result<Vec<u8>, ConnectorError> {
    let mut body = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| ConnectorError::io(error.into()))?;
        if bytes.len() + piece.len() > LARGEST_MB * 1024 * 1024 {
            let fault = format!(
                "the answer has more than {LARGEST_MB} MB, and none of AWS's has; {}",
                foreign::WAY_OUT
            );
            // Not of a kind that is tried again: the next answer would be as large.
            return Err(ConnectorError::other(fault.into(), None));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::error::chain;

    #[tokio::test]
    async fn an_answer_is_read_up_to_the_limit_and_one_over_it_is_an_error_that_names_it() {
        let largest = vec![b'x'; LARGEST_MB * 1024 * 1024];
        assert_eq!(read(SdkBody::from(largest.clone())).await.unwrap().len(), largest.len());
        assert!(read(SdkBody::empty()).await.unwrap().is_empty());
        let mut larger = largest;
        larger.push(b'x');
        let error = read(SdkBody::from(larger)).await.unwrap_err();
        assert!(!error.is_io() && !error.is_timeout(), "it is not tried again");
        let text = chain(&error);
        assert!(text.contains("more than 32 MB") && text.contains("HTTPS_PROXY"), "{text}");
    }
}
