//! What a stack made, by the names in `template.yaml`.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::Client;

use super::finding::Finding;
use crate::aws::error::reason;
use crate::cli::connect::Connection;

/// The resources of a stack: what AWS calls each, by its name in the template.
pub(super) struct Stack(BTreeMap<String, String>);

impl Stack {
    pub(super) async fn read(connection: &Connection, name: &str) -> Result<Self, Finding> {
        let mut config = aws_sdk_cloudformation::config::Builder::from(&connection.sdk);
        if let Some(url) = connection.endpoint("CLOUDFORMATION") {
            config = config.endpoint_url(url);
        }
        let answer = Client::from_conf(config.build())
            .describe_stack_resources()
            .stack_name(name)
            .send()
            .await
            .map_err(|error| {
                let region = connection.sdk.region().map_or("this Region", AsRef::as_ref);
                Finding::refused(
                    format!("stack {name}"),
                    format!("DescribeStackResources in {region}: {}", reason(&error)),
                    "name the stack and its Region as `sam list stack-outputs` does, and permit \
                     cloudformation:DescribeStackResources",
                )
            })?;
        let resources = answer.stack_resources.unwrap_or_default().into_iter();
        let named = resources
            .filter_map(|it| Some((it.logical_resource_id?, it.physical_resource_id?)))
            .collect();
        Ok(Self(named))
    }

    /// What AWS calls a resource, where the stack has it.
    pub(super) fn get(&self, logical: &str) -> Option<&str> {
        self.0.get(logical).map(String::as_str)
    }
}
