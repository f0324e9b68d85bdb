//! Which profile of the AWS configuration is used, and its credentials: as the AWS CLI chooses them.
//!
//! A profile that is typed names the account, so keys in the environment do not count. One that a
//! variable names is a default, and keys in the environment win over it. A profile that is named and
//! does not exist is an error in both cases.

use std::borrow::Cow;
use std::path::PathBuf;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{self, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::CliError;
use super::environment::{from_env, path_from_env};

/// What the AWS CLI reads, in its order.
const VARIABLES: [&str; 2] = ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"];

const DEFAULT: &str = "default";

/// Settings that say where a profile's credentials come from.
const CREDENTIALS: [&str; 10] = [
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "source_profile",
    "sso_account_id",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// The profile in use.
pub(super) struct Profile {
    name: String,
    is_typed: bool,
    files: EnvConfigFiles,
    set: ProfileSet,
}

impl Profile {
    /// Reads the configuration files and finds the profile in them.
    pub(super) async fn find(typed: Option<&str>) -> Result<Self, CliError> {
        let by_variable = || VARIABLES.into_iter().find_map(|name| Some((name, from_env(name)?)));
        let named = match typed {
            Some(name) => Some(("--profile", name.to_owned())),
            None => by_variable(),
        };
        let (fs, env, files) = (Fs::real(), Env::real(), files());
        let name = named.as_ref().map_or(DEFAULT, |(_, name)| name).to_owned();
        let set = profile::load(&fs, &env, &files, Some(Cow::Owned(name.clone()))).await.map_err(
            |error| {
                let error =
                    aws_smithy_types::error::display::DisplayErrorContext(&error).to_string();
                CliError(format!("cannot read the AWS configuration: {error}; mend the file"))
            },
        )?;
        if let Some((by, name)) = &named
            && set.get_profile(name).is_none()
        {
            let mut known: Vec<&str> = set.profiles().collect();
            known.sort_unstable();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(CliError(format!(
                "{by} {name}: the AWS configuration has no such profile; it has {known}. Name one of \
                 them, or make it with `aws configure --profile NAME`"
            )));
        }
        Ok(Self { name, is_typed: typed.is_some(), files, set })
    }

    /// Its name, `default` where none is named.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its name, unless it is the one that is used without being named.
    pub(super) fn named(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| *name != DEFAULT)
    }

    /// Whether it was named on the command line.
    pub(super) fn is_typed(&self) -> bool {
        self.is_typed
    }

    /// The files that it was read from.
    pub(super) fn files(&self) -> EnvConfigFiles {
        self.files.clone()
    }

    /// A setting of the profile. Empty is not set.
    pub(super) fn get(&self, setting: &str) -> Option<&str> {
        self.set.get(setting).filter(|value| !value.is_empty())
    }

    /// The credentials of a profile that was typed. One that says nothing of credentials has those
    /// of the machine, as where a role is attached to it; one that does has no others.
    pub(super) fn credentials(&self, config: &ProviderConfig) -> Option<SharedCredentialsProvider> {
        if !self.is_typed {
            return None;
        }
        if CREDENTIALS.iter().any(|setting| self.get(setting).is_some()) {
            #[allow(deprecated, reason = "the new name of the files' type is not taken yet")]
            let of_profile = ProfileFileCredentialsProvider::builder()
                .configure(config)
                .profile_files(self.files())
                .profile_name(&self.name)
                .build();
            return Some(SharedCredentialsProvider::new(of_profile));
        }
        let container = EcsCredentialsProvider::builder().configure(config).build();
        let instance = ImdsCredentialsProvider::builder().configure(config).build();
        let machine = CredentialsProviderChain::first_try("container", container)
            .or_else("instance", instance);
        Some(SharedCredentialsProvider::new(machine))
    }
}

/// The usual files, also where the variable that may name another is set to nothing.
fn files() -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder();
    if is_set_to_nothing("AWS_CONFIG_FILE") {
        if let Some(path) = usual("config") {
            files = files.with_file(EnvConfigFileKind::Config, path);
        }
    } else {
        files = files.include_default_config_file(true);
    }
    if is_set_to_nothing("AWS_SHARED_CREDENTIALS_FILE") {
        if let Some(path) = usual("credentials") {
            files = files.with_file(EnvConfigFileKind::Credentials, path);
        }
    } else {
        files = files.include_default_credentials_file(true);
    }
    files.build()
}

fn is_set_to_nothing(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value.is_empty())
}

/// The file of this name in the usual folder, where there is one.
fn usual(name: &str) -> Option<PathBuf> {
    let home = path_from_env("HOME").or_else(|| path_from_env("USERPROFILE"))?;
    Some(home.join(".aws").join(name)).filter(|path| path.is_file())
}
