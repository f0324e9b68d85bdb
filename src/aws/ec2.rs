//! EC2's listings of store-image tasks and bundle tasks.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_sdk_ec2::Client;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;

use super::clients::{http_client, in_region};
use super::ec2_body::SafeXmlClient;
use super::ec2_convert;
use super::ec2_pages::PageSize;
use super::error::reason;
use crate::place::Place;
use crate::ports::{ListError, Page, TaskSource};
use crate::task::Kind;

/// The error codes with which EC2 refuses a page token.
const TOKEN_REFUSED: [&str; 2] = ["InvalidNextToken", "InvalidPaginationToken"];

/// EC2 in every Region asked for, over one HTTP client.
#[derive(Debug)]
pub struct Ec2Tasks {
    config: SdkConfig,
    endpoint_url: Option<String>,
    clients: Mutex<HashMap<String, Client>>,
    page_sizes: Mutex<HashMap<String, PageSize>>,
}

impl Ec2Tasks {
    /// Lists with this configuration, in the Region of each place.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>) -> Self {
        let inner = config.http_client().unwrap_or_else(http_client);
        let config = config.clone().into_builder().http_client(SafeXmlClient(inner)).build();
        Self { config, endpoint_url, clients: Mutex::default(), page_sizes: Mutex::default() }
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

    fn page_size(&self, region: &str, token: Option<&str>) -> i32 {
        let mut sizes = self.page_sizes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let size = sizes.entry(region.to_owned()).or_default();
        if token.is_none() { size.first() } else { size.next() }
    }
}

impl TaskSource for Ec2Tasks {
    async fn list(
        &self,
        place: &Place,
        kind: Kind,
        token: Option<&str>,
    ) -> Result<Page, ListError> {
        let client = self.client(&place.region);
        match kind {
            Kind::StoreImage => {
                let answer = client
                    .describe_store_image_tasks()
                    .max_results(self.page_size(&place.region, token))
                    .set_next_token(token.map(str::to_owned))
                    .send()
                    .await
                    .map_err(|error| failed("DescribeStoreImageTasks", place, &error))?;
                Ok(ec2_convert::store_image_page(answer))
            }
            Kind::Bundle => {
                let answer = client
                    .describe_bundle_tasks()
                    .send()
                    .await
                    .map_err(|error| failed("DescribeBundleTasks", place, &error))?;
                Ok(ec2_convert::bundle_page(answer))
            }
        }
    }
}

fn failed<E, R>(operation: &'static str, place: &Place, error: &SdkError<E, R>) -> ListError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    ListError {
        operation,
        region: place.region.clone(),
        reason: reason(error),
        token_refused: error.code().is_some_and(|code| TOKEN_REFUSED.contains(&code)),
    }
}
