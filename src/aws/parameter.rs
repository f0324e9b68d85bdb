//! A secret in Systems Manager Parameter Store.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use aws_types::SdkConfig;

use super::error::reason;

/// One parameter. Parameter Store would also give a secret of Secrets Manager, by the name
/// `/aws/reference/secretsmanager/<name>`, but the template's roles have no right to read one.
#[derive(Debug)]
pub struct Parameter {
    client: Client,
    name: String,
}

/// A parameter that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the parameter {name} cannot be read: {reason}")]
pub struct ParameterError {
    pub(super) name: String,
    pub(super) reason: String,
}

impl Parameter {
    /// Names a parameter.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>, name: impl Into<String>) -> Self {
        let mut builder = aws_sdk_ssm::config::Builder::from(config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), name: name.into() }
    }

    /// The parameter's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads its value, in the clear.
    ///
    /// # Errors
    /// It is not there, is not ours to read, or SSM cannot be reached.
    pub async fn read(&self) -> Result<String, ParameterError> {
        let fail = |reason: String| ParameterError { name: self.name.clone(), reason };
        let answer =
            self.client.get_parameter().name(&self.name).with_decryption(true).send().await;
        let answer = answer.map_err(|error| match error.as_service_error() {
            Some(GetParameterError::ParameterNotFound(_)) => fail(
                "there is none; make it with `aws ssm put-parameter --type SecureString`".into(),
            ),
            _ => fail(reason(&error)),
        })?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        value.ok_or_else(|| fail("SSM answered without its value".into()))
    }
}
