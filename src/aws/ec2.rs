//! EC2's listings of store-image tasks and bundle tasks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::Builder;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;

use super::clients::{ATTEMPTS, http_client, in_region, retries};
use super::ec2_body::SafeXmlClient;
use super::ec2_convert;
use super::error::reason_of;
use crate::place::Place;
use crate::ports::{ListError, Page, PageAt, TaskSource};
use crate::task::Kind;

/// EC2 in every Region asked for, over one HTTP client.
#[derive(Debug)]
pub struct Ec2Tasks {
    config: SdkConfig,
    endpoint_url: Option<String>,
    clients: Mutex<HashMap<String, Client>>,
}

impl Ec2Tasks {
    /// Lists with this configuration, in the Region of each place.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>) -> Self {
        let inner = config.http_client().unwrap_or_else(http_client);
        let config = config.clone().into_builder().http_client(SafeXmlClient(inner)).build();
        Self { config, endpoint_url, clients: Mutex::default() }
    }

    fn client(&self, region: &str) -> Client {
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        clients
            .entry(region.to_owned())
            .or_insert_with(|| {
                let config = in_region(&self.config, region);
                let mut builder = aws_sdk_ec2::config::Builder::from(&config);
                if let Some(url) = &self.endpoint_url {
                    builder = builder.endpoint_url(url);
                }
                Client::from_conf(builder.build())
            })
            .clone()
    }
}

impl TaskSource for Ec2Tasks {
    async fn list(
        &self,
        place: &Place,
        kind: Kind,
        at: PageAt<'_>,
        calls_max: u32,
    ) -> Result<Page, ListError> {
        let client = self.client(&place.region);
        let calls = Calls::default();
        let bounds = bounds(calls_max);
        let page = match kind {
            Kind::StoreImage => {
                let size = at.page_size();
                let mut list = client
                    .describe_store_image_tasks()
                    .max_results(size)
                    .set_next_token(at.token().map(str::to_owned))
                    .customize()
                    .interceptor(calls.clone());
                if let Some(bounds) = bounds {
                    list = list.config_override(bounds);
                }
                match list.send().await {
                    Ok(answer) => ec2_convert::store_image_page(answer, size).map_err(Failed::from),
                    Err(error) => Err(Failed::of(&error, at)),
                }
            }
            Kind::Bundle => {
                let mut list =
                    client.describe_bundle_tasks().customize().interceptor(calls.clone());
                if let Some(bounds) = bounds {
                    list = list.config_override(bounds);
                }
                match list.send().await {
                    Ok(answer) => ec2_convert::bundle_page(answer).map_err(Failed::from),
                    Err(error) => Err(Failed::of(&error, PageAt::WHOLE)),
                }
            }
        };
        match page {
            Ok(page) => Ok(Page { calls: calls.made(), ..page }),
            Err(Failed { reason, token_refused }) => Err(ListError {
                operation: operation(kind),
                region: place.region.clone(),
                reason,
                token_refused,
                calls: calls.made(),
            }),
        }
    }
}

fn operation(kind: Kind) -> &'static str {
    match kind {
        Kind::StoreImage => "DescribeStoreImageTasks",
        Kind::Bundle => "DescribeBundleTasks",
    }
}

/// Why a page was not read.
struct Failed {
    reason: String,
    token_refused: bool,
}

impl Failed {
    /// Whatever EC2 finds invalid in a request for a further page is its token: the first page was
    /// asked for alike.
    fn of<E>(error: &SdkError<E, HttpResponse>, at: PageAt<'_>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let is_invalid = error.code().is_some_and(|code| code.starts_with("Invalid"));
        Self { reason: reason_of("EC2", error), token_refused: at.token().is_some() && is_invalid }
    }
}

impl From<&str> for Failed {
    fn from(reason: &str) -> Self {
        Self { reason: reason.to_owned(), token_refused: false }
    }
}

/// Fewer tries than all calls have; none where those are few enough.
fn bounds(calls_max: u32) -> Option<Builder> {
    (calls_max < ATTEMPTS)
        .then(|| aws_sdk_ec2::Config::builder().retry_config(retries(calls_max.max(1))))
}

/// Counts the calls that one request takes.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<AtomicU32>);

impl Calls {
    fn made(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for Calls {
    fn name(&self) -> &'static str {
        "Calls"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
