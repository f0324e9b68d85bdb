//! Texts in Systems Manager Parameter Store: of one parameter, or of all under a path.

use std::collections::BTreeMap;

use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::Parameter;
use aws_types::SdkConfig;

use super::error::reason_of;
use super::parameter::{ParameterError, value};

/// Parameter Store gives no more on a page.
const PAGE_SIZE: i32 = 10;

/// At most this many pages are read: a guard against tokens that never end.
const PAGES_MAX: usize = 200;

/// One parameter, or all under a path, however deep.
#[derive(Debug)]
pub struct Parameters {
    client: Client,
    name: String,
}

impl Parameters {
    /// Names a parameter, or with a `/` at its end a path.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>, name: impl Into<String>) -> Self {
        let mut builder = aws_sdk_ssm::config::Builder::from(config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), name: name.into() }
    }

    /// Reads names and values, by name.
    ///
    /// # Errors
    /// There is none, one is not ours to read, or SSM cannot be reached.
    pub async fn read(&self) -> Result<Vec<(String, String)>, ParameterError> {
        let read = if let Some(path) = path(&self.name) {
            self.of_path(path).await
        } else {
            let value = value(&self.client, &self.name, "String").await;
            value.map(|value| vec![(self.name.clone(), value)])
        };
        read.map_err(|reason| ParameterError { name: self.name.clone(), reason })
    }

    async fn of_path(&self, path: &str) -> Result<Vec<(String, String)>, String> {
        let mut values = BTreeMap::new();
        let mut token: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let call = self
                .client
                .get_parameters_by_path()
                .path(path)
                .recursive(true)
                .with_decryption(true)
                .max_results(PAGE_SIZE)
                .set_next_token(token.take());
            let answer = call.send().await.map_err(|error| reason_of("SSM", &error))?;
            for parameter in answer.parameters.unwrap_or_default() {
                let (name, value) = named(parameter)?;
                values.insert(name, value);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        if token.is_some() {
            // A part of the targets would say that the others are not to be polled.
            return Err(format!("there are more than {PAGES_MAX} pages of parameters under it"));
        }
        if values.is_empty() {
            return Err(format!(
                "there is none under it; make one with `aws ssm put-parameter --type String --name \
                 {}/NAME`",
                path.trim_end_matches('/')
            ));
        }
        Ok(values.into_iter().collect())
    }
}

/// The path as Parameter Store takes it, where the name is one.
fn path(name: &str) -> Option<&str> {
    let path = name.strip_suffix('/')?;
    Some(if path.is_empty() { "/" } else { path })
}

fn named(parameter: Parameter) -> Result<(String, String), String> {
    let name = parameter.name.ok_or("SSM answered with a parameter without its name")?;
    match parameter.value {
        Some(value) => Ok((name, value)),
        None => Err(format!("SSM answered without the value of {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_slash_at_its_end_is_a_path() {
        for (name, expected) in [
            ("/amiwatch/targets", None),
            ("targets", None),
            ("/amiwatch/targets/", Some("/amiwatch/targets")),
            ("/", Some("/")),
        ] {
            assert_eq!(path(name), expected, "{name}");
        }
    }

    #[test]
    fn a_parameter_without_its_value_is_an_error_that_names_it() {
        let parameter = Parameter::builder().name("/a/b").build();
        assert!(named(parameter).unwrap_err().contains("/a/b"));
        let parameter = Parameter::builder().name("/a/b").value("text").build();
        assert_eq!(named(parameter), Ok(("/a/b".to_owned(), "text".to_owned())));
    }
}
