//! The function's configuration.

use crate::aws::network::Network;
use crate::functions::environment::{ConfigError, Environment, Lookup};
use crate::rules;
use crate::webhook::App;

/// The function's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `AMIWATCH_WEBHOOK`: whose webhook it is.
    pub app: App,
    /// `AMIWATCH_WEBHOOK_PARAMETER`: the Parameter Store parameter that holds the webhook's URL.
    pub parameter: String,
    /// `AMIWATCH_DEAD_LETTERS_URL`: the queue that keeps what the webhook refuses.
    pub dead_letters_url: String,
    /// `AWS_REGION`: the function's own Region.
    pub home_region: String,
    /// `AWS_USE_FIPS_ENDPOINT`: whether AWS is called at its FIPS endpoints.
    pub use_fips: bool,
    /// Proxies and certificates.
    pub network: Network,
}

impl Config {
    /// Reads the configuration; `lookup` is the environment.
    ///
    /// # Errors
    /// All faults together.
    pub fn from_lookup(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let mut environment = Environment::new(lookup);
        let home_region = environment.home_region();
        let app = environment.required("AMIWATCH_WEBHOOK", "write slack or teams");
        let app = app.parse().unwrap_or_else(|error| {
            environment.fault("AMIWATCH_WEBHOOK", format_args!("is wrong: {error}"));
            App::Slack
        });
        let parameter = environment
            .required("AMIWATCH_WEBHOOK_PARAMETER", "set it to a Parameter Store parameter's name");
        if rules::parameter(&parameter).is_err() {
            // Not repeated: it may be the URL, with or without its scheme, which is a secret.
            environment.fault(
                "AMIWATCH_WEBHOOK_PARAMETER",
                "holds no name of a parameter; put the webhook's URL into a SecureString parameter, \
                 and write its name here, such as /amiwatch/slack",
            );
        }
        let dead_letters_url =
            environment.required("AMIWATCH_DEAD_LETTERS_URL", "set it to the URL of an SQS queue");
        environment.credentials();
        let use_fips = environment.flag("AWS_USE_FIPS_ENDPOINT");
        let network = environment.network();
        environment.finish(Self {
            app,
            parameter,
            dead_letters_url,
            home_region,
            use_fips,
            network,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
        })
    }

    #[test]
    fn every_variable_is_read() {
        let config = read(&[
            ("AWS_REGION", "eu-west-1"),
            ("AMIWATCH_WEBHOOK", "teams"),
            ("AMIWATCH_WEBHOOK_PARAMETER", "/amiwatch/teams"),
            ("AMIWATCH_DEAD_LETTERS_URL", "https://queue"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        assert_eq!(
            config,
            Ok(Config {
                app: App::Teams,
                parameter: "/amiwatch/teams".into(),
                dead_letters_url: "https://queue".into(),
                home_region: "eu-west-1".into(),
                use_fips: true,
                network: Network::default(),
            })
        );
    }

    #[test]
    fn all_faults_are_reported_together_and_a_url_in_place_of_its_name_is_not_repeated() {
        for url in ["https://hooks.example/T0/secret", "hooks.example/T0/secret"] {
            let error =
                read(&[("AMIWATCH_WEBHOOK", "discord"), ("AMIWATCH_WEBHOOK_PARAMETER", url)])
                    .unwrap_err()
                    .to_string();
            for name in [
                "AWS_REGION",
                "AMIWATCH_WEBHOOK ",
                "AMIWATCH_WEBHOOK_PARAMETER",
                "AMIWATCH_DEAD_LETTERS_URL",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
            ] {
                assert!(error.contains(name), "{name}: {error}");
            }
            assert!(error.contains("discord") && !error.contains("secret"), "{error}");
        }
    }
}
