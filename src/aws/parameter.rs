//! A secret in Systems Manager Parameter Store.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use aws_types::SdkConfig;

use super::error::reason_of;

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
        let read = value(&self.client, &self.name, "SecureString").await;
        read.map_err(|reason| ParameterError { name: self.name.clone(), reason })
    }
}

/// Reads one value, in the clear. Where there is none, it is said how to make one of this type.
pub(super) async fn value(client: &Client, name: &str, kind: &str) -> Result<String, String> {
    let call = client.get_parameter().name(name).with_decryption(true);
    let answer = call.send().await.map_err(|error| match error.as_service_error() {
        Some(GetParameterError::ParameterNotFound(_)) => {
            format!("there is none; make it with `aws ssm put-parameter --type {kind}`")
        }
        _ => reason_of("SSM", &error),
    })?;
    let value = answer.parameter.and_then(|parameter| parameter.value);
    value.ok_or_else(|| "SSM answered without its value".to_owned())
}
