//! What AMIs are called, by one `DescribeImages`.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use aws_smithy_types::timeout::TimeoutConfig;
use futures_util::future::BoxFuture;

use super::Ec2Tasks;
use super::convert;
use crate::aws::clients::retries;
use crate::aws::error::reason_of;
use crate::place::Place;
use crate::ports::{ImageNames, NAMES_AT_ONCE, NAMES_LONGEST, NamesError};

impl ImageNames for Ec2Tasks {
    fn names<'a>(
        &'a self,
        place: &'a Place,
        images: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, NamesError>> {
        Box::pin(self.image_names(place, images))
    }
}

impl Ec2Tasks {
    async fn image_names(
        &self,
        place: &Place,
        images: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, String>, NamesError> {
        let ids = images.iter().take(NAMES_AT_ONCE).cloned().collect();
        let timeouts = TimeoutConfig::builder().operation_timeout(NAMES_LONGEST).build();
        let bounds =
            aws_sdk_ec2::Config::builder().timeout_config(timeouts).retry_config(retries(1));
        let answer = self
            .client(place)
            .describe_images()
            // Asked for by id, one that is gone would spoil the answer for all.
            .filters(Filter::builder().name("image-id").set_values(Some(ids)).build())
            .include_deprecated(true)
            .include_disabled(true)
            .customize()
            .config_override(bounds)
            .send()
            .await
            .map_err(|error| NamesError {
                images: images.len(),
                region: place.region.clone(),
                reason: reason_of("EC2", &error),
                source: Some(error.into()),
            })?;
        let found = answer.images.unwrap_or_default().into_iter();
        Ok(found.filter_map(|image| Some((image.image_id?, convert::name(image.name)?))).collect())
    }
}
