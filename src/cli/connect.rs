//! From the AWS configuration of the user to the SDK's, with our time-outs and retries.

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_ec2::config::ProvideCredentials;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use super::CliError;
use super::args::WhereArgs;
use super::environment::from_env;
use super::profile::Profile;
use crate::aws::clients::{endpoint_url, with_bounds};
use crate::aws::ec2::Ec2Tasks;
use crate::aws::error::{credentials_fault, reason_of};
use crate::aws::network::Network;
use crate::rules;

/// A connection to AWS as the user has set it up.
pub(super) struct Connection {
    pub(super) sdk: SdkConfig,
    /// The Regions asked for, each once.
    pub(super) regions: Vec<String>,
    /// Proxies and certificates.
    pub(super) network: Network,
    profile: Profile,
}

/// Proxies and certificates, from the environment and the profile.
fn network(profile: &Profile) -> Result<Network, CliError> {
    let bundle = profile.get("ca_bundle").map(|file| (file, profile.name()));
    // Here an empty variable says something: `http_proxy=` switches `HTTP_PROXY` off.
    let lookup = |name: &str| std::env::var(name).ok();
    Network::from_lookup(&lookup, bundle).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        CliError(faults.join("; "))
    })
}

impl Connection {
    pub(super) async fn open(args: &WhereArgs) -> Result<Self, CliError> {
        check_endpoints()?;
        let profile = Profile::find(args.profile.as_deref()).await?;
        let network = network(&profile)?;
        let http = network.client_for_credentials();
        let known = ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .into_iter()
            .find_map(from_env)
            .or_else(|| profile.get("region").map(str::to_owned))
            .or_else(|| args.regions.first().cloned())
            .map(Region::new);
        let config = ProviderConfig::without_region().with_http_client(http.clone());
        let instance = ImdsRegionProvider::builder().configure(&config).build();
        let region = RegionProviderChain::first_try(known).or_else(instance).region().await;
        #[allow(deprecated, reason = "the new name of the files' type is not taken yet")]
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .region(RegionProviderChain::first_try(region.clone()))
            .profile_files(profile.files())
            .profile_name(profile.name());
        if let Some(credentials) = profile.credentials(&config.with_region(region.clone())) {
            loader = loader.credentials_provider(credentials);
        }
        let found = loader.load().await;
        let mut regions: Vec<String> = Vec::new();
        for region in &args.regions {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        if regions.is_empty() {
            let region = region.ok_or_else(|| {
                CliError::new("no Region: give --region, or set AWS_REGION, or one in the profile")
            })?;
            let text = rules::region(region.as_ref()).map_err(|error| {
                CliError(format!("the Region of the AWS configuration: {error}"))
            })?;
            regions.push(text);
        }
        let sdk = with_bounds(without_empty(found, &profile), network.client()).build();
        Ok(Self { sdk, regions, network, profile })
    }

    pub(super) fn ec2(&self) -> Ec2Tasks {
        Ec2Tasks::new(&self.sdk, self.endpoint("EC2"))
    }

    /// The endpoint that the environment sets for a service; the SDK itself knows the profile's.
    pub(super) fn endpoint(&self, service: &str) -> Option<String> {
        if ignores_endpoints(&self.profile) { None } else { endpoint_url(service, &from_env) }
    }

    /// The account: as given; else, where the access key id is an account id, as simulators have
    /// it, that; else STS is asked. A profile that is typed names the account, so the variable does
    /// not count then.
    pub(super) async fn account(&self, typed: Option<&str>) -> Result<String, CliError> {
        if let Some(typed) = typed {
            return Ok(typed.to_owned());
        }
        if let Some(set) = from_env("AMIWATCH_ACCOUNT").filter(|_| !self.profile.is_typed()) {
            return rules::account(&set)
                .map_err(|error| CliError(format!("AMIWATCH_ACCOUNT is wrong: {error}")));
        }
        let credentials = match self.sdk.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.map_err(|error| {
                let error = credentials_fault(&error, self.profile.named());
                CliError(format!("no credentials: {error}"))
            })?,
            None => return Err(CliError::new("no credentials; log in, or name a --profile")),
        };
        if rules::is_account(credentials.access_key_id()) {
            return Ok(credentials.access_key_id().to_owned());
        }
        let mut config = aws_sdk_sts::config::Builder::from(&self.sdk);
        if let Some(url) = self.endpoint("STS") {
            config = config.endpoint_url(url);
        }
        let identity = aws_sdk_sts::Client::from_conf(config.build())
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| {
                let why = reason_of("STS", &error);
                CliError(format!("STS does not tell the account ({why}); give --account"))
            })?;
        identity.account.ok_or_else(|| CliError::new("STS told no account; give --account"))
    }
}

/// Refuses endpoints in the environment that are none, before anything is called.
fn check_endpoints() -> Result<(), CliError> {
    let is_endpoint = |name: &str| name.starts_with("AWS_ENDPOINT_URL");
    // What is no text is no endpoint of ours.
    let texts = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    for (name, value) in texts.filter(|(name, _)| is_endpoint(name)) {
        let value = value.trim();
        if !value.is_empty() && !value.starts_with("http://") && !value.starts_with("https://") {
            return Err(CliError(format!(
                "{name} is \"{value}\": write it with its scheme, such as http://127.0.0.1:4570"
            )));
        }
    }
    Ok(())
}

/// Whether endpoints of the environment and of the profile do not count.
fn ignores_endpoints(profile: &Profile) -> bool {
    from_env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        .or_else(|| profile.get("ignore_configured_endpoint_urls").map(str::to_owned))
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// To the SDK, a variable that is set to nothing hides the profile's setting.
fn without_empty(found: SdkConfig, profile: &Profile) -> aws_types::sdk_config::Builder {
    let is_missing = found.endpoint_url().is_none_or(str::is_empty);
    let services = NonEmpty(found.clone());
    let mut builder = found.into_builder();
    if is_missing && !ignores_endpoints(profile) {
        builder.set_endpoint_url(profile.get("endpoint_url").map(str::to_owned));
    }
    builder.service_config(services)
}

/// The settings of single services, without those that are set to nothing.
#[derive(Debug)]
struct NonEmpty(SdkConfig);

impl LoadServiceConfig for NonEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }
}
