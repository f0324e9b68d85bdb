//! From the AWS configuration of the user to the SDK's, with our time-outs and retries.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ec2::config::ProvideCredentials;
use aws_types::os_shim_internal::{Env, Fs};

use super::CliError;
use super::args::WhereArgs;
use crate::aws::clients::{endpoint_url, with_bounds};
use crate::aws::ec2::Ec2Tasks;
use crate::aws::error::credentials_fault;
use crate::aws::network::Network;
use crate::place::is_region_code;

/// A connection to AWS as the user has set it up.
pub(super) struct Connection {
    pub(super) sdk: SdkConfig,
    pub(super) regions: Vec<String>,
    /// The profile that is used, where one is named.
    profile: Option<String>,
}

pub(super) fn from_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The profile that is named by `--profile`, else by `AWS_PROFILE`.
fn profile_name(given: Option<&str>) -> Option<String> {
    let given = given.map(str::to_owned).or_else(|| from_env("AWS_PROFILE"));
    given.filter(|name| !name.trim().is_empty())
}

/// Proxies and certificates, from the environment and the profile.
async fn network(profile: Option<&str>) -> Result<Network, CliError> {
    let name = profile_name(profile).unwrap_or_else(|| "default".to_owned());
    // A configuration that cannot be read is reported by whoever needs something from it.
    #[allow(
        clippy::default_trait_access,
        reason = "the type's name is deprecated where it is public"
    )]
    let files = Default::default();
    let bundle =
        aws_config::profile::load(&Fs::real(), &Env::real(), &files, Some(name.clone().into()))
            .await
            .ok()
            .and_then(|profile| profile.get("ca_bundle").map(str::to_owned));
    let bundle = bundle.as_deref().map(|file| (file, name.as_str()));
    Network::from_lookup(&from_env, bundle).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        CliError(faults.join("; "))
    })
}

impl Connection {
    pub(super) async fn open(args: &WhereArgs) -> Result<Self, CliError> {
        let network = network(args.profile.as_deref()).await?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(network.client_for_credentials());
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
        Ok(Self {
            sdk: with_bounds(found.into_builder(), network.client()).build(),
            regions,
            profile: profile_name(args.profile.as_deref()),
        })
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
                let error = credentials_fault(&error, self.profile.as_deref());
                CliError(format!("no credentials: {error}"))
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
