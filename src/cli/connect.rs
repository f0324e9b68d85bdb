//! From the AWS configuration of the user to the SDK's, with our time-outs and retries.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ec2::config::ProvideCredentials;

use super::CliError;
use super::args::WhereArgs;
use crate::aws::clients::{endpoint_url, with_bounds};
use crate::aws::ec2::Ec2Tasks;
use crate::place::is_region_code;

/// A connection to AWS as the user has set it up.
pub(super) struct Connection {
    pub(super) sdk: SdkConfig,
    pub(super) regions: Vec<String>,
}

pub(super) fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Connection {
    pub(super) async fn open(args: &WhereArgs) -> Result<Self, CliError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(crate::aws::clients::http_client());
        if let Some(profile) = &args.profile {
            loader = loader.profile_name(profile);
        }
        let found = loader.load().await;
        let regions = match args.regions.as_slice() {
            [] => found.region().map(|region| vec![region.to_string()]).ok_or_else(|| {
                CliError::new("no Region: give --region, or set AWS_REGION, or one in the profile")
            })?,
            regions => regions.to_vec(),
        };
        if let Some(region) = regions.iter().find(|region| !is_region_code(region)) {
            return Err(CliError(format!(
                "--region {region}: no Region code; write one such as us-east-1"
            )));
        }
        Ok(Self { sdk: with_bounds(found.into_builder()).build(), regions })
    }

    pub(super) fn ec2(&self) -> Ec2Tasks {
        Ec2Tasks::new(&self.sdk, endpoint_url("EC2", &from_env))
    }

    /// The account: as given; else, where the access key id is an account id, as simulators have
    /// it, that; else STS is asked.
    pub(super) async fn account(&self, given: Option<&str>) -> Result<String, CliError> {
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(given) = given {
            return if is_account(given) {
                Ok(given.to_owned())
            } else {
                Err(CliError(format!("--account {given}: write the 12 digits of the account id")))
            };
        }
        let credentials = match self.sdk.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.map_err(|error| {
                CliError(format!("no credentials: {error}; log in, or name a --profile"))
            })?,
            None => return Err(CliError::new("no credentials; log in, or name a --profile")),
        };
        if is_account(credentials.access_key_id()) {
            return Ok(credentials.access_key_id().to_owned());
        }
        let mut config = aws_sdk_sts::config::Builder::from(&self.sdk);
        if let Some(url) = endpoint_url("STS", &from_env) {
            config = config.endpoint_url(url);
        }
        let identity = aws_sdk_sts::Client::from_conf(config.build())
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| {
                let error = aws_sdk_sts::error::DisplayErrorContext(error);
                CliError(format!("STS does not tell the account ({error}); give --account"))
            })?;
        identity.account.ok_or_else(|| CliError::new("STS told no account; give --account"))
    }
}
