//! One HTTP client and one set of time-outs and retries for all SDK clients.

use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::{Builder, SharedAsyncSleep};

use super::bounded::bounded;
use crate::ports::CALL_LONGEST;

/// How long one attempt of a call may take. EC2's listings of 200 tasks take well under a second.
pub(super) const ATTEMPT: Duration = Duration::from_secs(3);

/// How long a call may take with its retries.
pub const CALL: Duration = CALL_LONGEST;

const _: () = assert!(CONNECT.as_secs() < ATTEMPT.as_secs() && ATTEMPT.as_secs() < CALL.as_secs());

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(2);

/// Attempts of a call, the first included.
pub const ATTEMPTS: u32 = 3;

/// What TLS is made with: ring, or with the feature `fips` the validated module of AWS-LC.
#[cfg(not(feature = "fips"))]
pub(super) const TLS: tls::Provider = tls::Provider::Rustls(CryptoMode::Ring);
#[cfg(feature = "fips")]
pub(super) const TLS: tls::Provider = tls::Provider::Rustls(CryptoMode::AwsLcFips);

/// An HTTP client without proxies, which trusts what the system trusts. Every SDK client shares one:
/// TLS is set up once, at the start, when Lambda gives a function a whole processor.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().tls_provider(TLS).build_https()
}

/// So many attempts, the first included, with the SDK's pauses between them.
#[must_use]
pub fn retries(attempts: u32) -> RetryConfig {
    RetryConfig::standard().with_max_attempts(attempts)
}

/// Sets what all clients have in common: HTTP client, time-outs, retries, the size of an answer. The
/// client is the one of a [`Network`](super::network::Network), or [`http_client`] where nothing but this
/// machine is called.
#[must_use]
pub fn with_bounds(builder: Builder, http_client: SharedHttpClient) -> Builder {
    builder
        .http_client(bounded(http_client))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT)
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(CALL)
                .build(),
        )
        .retry_config(retries(ATTEMPTS))
}

/// For a call that must not be made twice where its answer is late: an attempt may take as long as
/// the call. What SNS or EventBridge answers with an error is still tried again.
#[must_use]
pub fn patient(config: &SdkConfig) -> SdkConfig {
    let known = config.timeout_config();
    let timeouts = known.map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
    let timeouts = timeouts.operation_attempt_timeout(CALL).operation_timeout(CALL).build();
    config.clone().into_builder().timeout_config(timeouts).build()
}

/// The endpoint that the environment sets for a service, as every AWS SDK reads it:
/// `AWS_ENDPOINT_URL_<SERVICE>`, else `AWS_ENDPOINT_URL`.
#[must_use]
pub fn endpoint_url(service: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    [format!("AWS_ENDPOINT_URL_{service}"), "AWS_ENDPOINT_URL".to_owned()].iter().find_map(|name| {
        lookup(name).map(|url| url.trim().to_owned()).filter(|url| !url.is_empty())
    })
}

/// The same configuration for another Region.
#[must_use]
pub fn in_region(config: &SdkConfig, region: &str) -> SdkConfig {
    config.clone().into_builder().region(Region::new(region.to_owned())).build()
}
