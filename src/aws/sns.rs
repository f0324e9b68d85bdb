//! Publishing to an SNS topic.

use aws_sdk_sns::Client;
use aws_sdk_sns::operation::publish::PublishError as SnsError;
use aws_sdk_sns::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;

use super::clients::{CALL, in_region, patient};
use super::error::reason;
use crate::event::Event;
use crate::ports::{PublishError, Published, Sink};
use crate::record::SinkName;
use crate::render::{self, ChatChannel, SnsMessage};

/// The name of the sink.
pub const NAME: SinkName = SinkName::new("sns");

/// An SNS topic.
#[derive(Debug)]
pub struct SnsTopic {
    client: Client,
    topic_arn: String,
    chat: ChatChannel,
}

impl SnsTopic {
    /// Publishes to this topic, in the Region that its ARN names.
    #[must_use]
    pub fn new(
        config: &SdkConfig,
        endpoint_url: Option<String>,
        topic_arn: impl Into<String>,
        chat: ChatChannel,
    ) -> Self {
        let topic_arn = topic_arn.into();
        let config = match topic_arn.split(':').nth(3) {
            Some(region) => in_region(config, region),
            None => config.clone(),
        };
        let config = patient(&config);
        let mut builder = aws_sdk_sns::config::Builder::from(&config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), topic_arn, chat }
    }

    /// Publishes an event; if SNS refuses its message for good, the minimal form of it.
    ///
    /// # Errors
    /// SNS refuses also the minimal form, or cannot be used now.
    async fn published(&self, event: &Event) -> Result<Published, PublishError> {
        // Both forms together take no longer than a call.
        match tokio::time::timeout(CALL, self.in_some_form(event)).await {
            Ok(published) => published,
            Err(_) => Err(PublishError::Unavailable("no answer in time".to_owned())),
        }
    }

    async fn in_some_form(&self, event: &Event) -> Result<Published, PublishError> {
        let refused = match self.send(render::sns(event, self.chat)).await {
            Ok(Sent::Taken) => return Ok(Published::InFull),
            Ok(Sent::Unsure) => return Err(PublishError::Unavailable(NO_MESSAGE_ID.to_owned())),
            Err(error) if is_refusal_of_message(&error) => reason(&error),
            Err(error) => return Err(PublishError::Unavailable(reason(&error))),
        };
        tracing::error!(account = event.account, region = event.region, id = %event.id,
            "SNS refused the message of event {} and gets its minimal form: {refused}", event.id);
        match self.send(render::minimal_for(event, self.chat)).await {
            Ok(Sent::Taken) => Ok(Published::Minimal),
            Ok(Sent::Unsure) => Err(PublishError::Unavailable(NO_MESSAGE_ID.to_owned())),
            Err(error) if is_refusal_of_message(&error) => {
                Err(PublishError::Refused(reason(&error)))
            }
            Err(error) => Err(PublishError::Unavailable(reason(&error))),
        }
    }

    async fn send(&self, message: SnsMessage) -> Result<Sent, SdkError<SnsError, HttpResponse>> {
        let mut publish = self
            .client
            .publish()
            .topic_arn(&self.topic_arn)
            .subject(message.subject)
            .message(message.message)
            .message_structure("json");
        for (name, value) in message.attributes {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(SdkError::construction_failure)?;
            publish = publish.message_attributes(name, value);
        }
        let answer = publish.send().await?;
        let has_id = answer.message_id().is_some_and(|id| !id.trim().is_empty());
        Ok(if has_id { Sent::Taken } else { Sent::Unsure })
    }
}

/// What an answer without an error says.
enum Sent {
    /// SNS has the message.
    Taken,
    /// The answer names no message, as SNS's own always does.
    Unsure,
}

const NO_MESSAGE_ID: &str = "SNS answered without a MessageId";

impl Sink for SnsTopic {
    fn name(&self) -> SinkName {
        NAME
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.published(event))
    }
}

/// Whether SNS refuses what the message holds, not who sends it, where to, or how often.
fn is_refusal_of_message<R>(error: &SdkError<SnsError, R>) -> bool {
    let of_topic = error.message().is_some_and(|message| message.contains("TopicArn"));
    !of_topic
        && matches!(
            error.as_service_error(),
            Some(
                SnsError::InvalidParameterException(_)
                    | SnsError::InvalidParameterValueException(_)
                    | SnsError::ValidationException(_)
            )
        )
}
