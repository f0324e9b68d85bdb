//! The SDK's configuration from what Lambda puts into the environment.

use aws_credential_types::Credentials;
use aws_sdk_sns::config::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;

use super::environment::Lookup;
use crate::aws::clients::with_bounds;
use crate::aws::network::Network;

/// Lambda's credentials stay valid for as long as the environment lives, so that no provider chain
/// is needed. That there are any is checked with the rest of the configuration.
pub(super) fn sdk_config(
    home_region: &str,
    use_fips: bool,
    network: &Network,
    lookup: Lookup<'_>,
) -> SdkConfig {
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .use_fips(use_fips)
        .region(Region::new(home_region.to_owned()));
    let text = |name: &str| lookup(name).filter(|text| !text.trim().is_empty());
    if let (Some(id), Some(secret)) = (text("AWS_ACCESS_KEY_ID"), text("AWS_SECRET_ACCESS_KEY")) {
        let token = text("AWS_SESSION_TOKEN");
        let credentials = Credentials::new(id, secret, token, None, "environment");
        builder = builder.credentials_provider(SharedCredentialsProvider::new(credentials));
    }
    with_bounds(builder, network.client()).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fips_endpoints_are_called_where_they_are_asked_for() {
        let keys = |name: &str| name.starts_with("AWS_").then(|| "key".to_owned());
        let config = |fips| sdk_config("us-gov-west-1", fips, &Network::default(), &keys);
        assert_eq!([true, false].map(|it| config(it).use_fips()), [Some(true), Some(false)]);
    }
}
