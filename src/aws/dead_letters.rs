//! A queue for what cannot be delivered.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_types::SdkConfig;

use super::error::reason;

/// A dead-letter queue.
#[derive(Debug)]
pub struct DeadLetters {
    client: Client,
    queue_url: String,
}

impl DeadLetters {
    /// Names a queue by its URL.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        endpoint_url: Option<String>,
        queue_url: impl Into<String>,
    ) -> Self {
        let mut builder = aws_sdk_sqs::config::Builder::from(config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), queue_url: queue_url.into() }
    }

    /// Keeps a message as it came, so that it can be sent again as it is; who refused it, and why,
    /// are its attributes.
    ///
    /// # Errors
    /// The queue did not take it.
    pub async fn keep(&self, text: &str, refused_by: &str, why: &str) -> Result<(), String> {
        let attribute = |value: &str| {
            MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| error.to_string())
        };
        let answer = self
            .client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(text)
            .message_attributes("refusedBy", attribute(refused_by)?)
            .message_attributes("reason", attribute(why)?)
            .send()
            .await
            .map_err(|error| {
                format!("the dead-letter queue did not take it: {}", reason(&error))
            })?;
        match answer.message_id().filter(|id| !id.trim().is_empty()) {
            Some(_) => Ok(()),
            None => Err("the dead-letter queue answered without a MessageId".to_owned()),
        }
    }
}
