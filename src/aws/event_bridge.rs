//! Putting events on an EventBridge event bus: the event that EC2 never sent.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use futures_util::future::BoxFuture;

use super::clients::{in_region, patient};
use super::error::reason;
use crate::event::Event;
use crate::ports::{PublishError, Published, Sink};
use crate::record::SinkName;

/// The error codes that say that the entry itself is at fault: an entry's own, and the call's.
const REFUSED: [&str; 4] =
    ["InvalidArgument", "MalformedDetail", "ValidationException", "ValidationError"];

/// EventBridge takes resources of at most so many characters.
const LONGEST_RESOURCE: usize = 2_048;

/// The name of the sink.
pub const NAME: SinkName = SinkName::new("event-bridge");

/// An EventBridge event bus.
#[derive(Debug)]
pub struct EventBus {
    client: Client,
    /// Name or ARN.
    bus: String,
}

impl EventBus {
    /// Puts events on this bus, by name or ARN.
    #[must_use]
    pub fn new(config: &SdkConfig, endpoint_url: Option<String>, bus: impl Into<String>) -> Self {
        let bus = bus.into();
        let config = match bus.split(':').nth(3) {
            Some(region) => in_region(config, region),
            None => config.clone(),
        };
        let config = patient(&config);
        let mut builder = aws_sdk_eventbridge::config::Builder::from(&config);
        if let Some(url) = endpoint_url {
            builder = builder.endpoint_url(url);
        }
        Self { client: Client::from_conf(builder.build()), bus }
    }

    /// Puts one event. EventBridge gives it an id, time and account of its own; ours is in
    /// `detail.id`.
    ///
    /// # Errors
    /// EventBridge refuses the entry, which an answer of HTTP 200 may hide, or cannot be used now.
    async fn put(&self, event: &Event) -> Result<Published, PublishError> {
        let (unavailable, refused) = (PublishError::Unavailable, PublishError::Refused);
        let detail = detail(event).map_err(|error| refused(error.to_string()))?;
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(&event.source)
            .detail_type(&event.detail_type)
            .time(DateTime::from_secs(event.time.as_second()))
            .set_resources(Some(resources(event)))
            .detail(detail)
            .build();
        let answer = self.client.put_events().entries(entry).send().await.map_err(|error| {
            let is_refusal = error.code().is_some_and(|code| REFUSED.contains(&code));
            if is_refusal { refused(reason(&error)) } else { unavailable(reason(&error)) }
        })?;
        let Some(entry) = answer.entries().first() else {
            return Err(unavailable("PutEvents answered without an entry".into()));
        };
        let is_said = |text: &str| !text.trim().is_empty();
        match entry.error_code().filter(|code| is_said(code)) {
            None if entry.event_id().is_some_and(is_said) => Ok(Published::InFull),
            None => Err(unavailable("PutEvents answered without an EventId".into())),
            Some(code) => {
                let reason = format!("{code}: {}", entry.error_message().unwrap_or("no message"));
                Err(if REFUSED.contains(&code) { refused(reason) } else { unavailable(reason) })
            }
        }
    }
}

impl Sink for EventBus {
    fn name(&self) -> SinkName {
        NAME
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.put(event))
    }
}

fn resources(event: &Event) -> Vec<String> {
    event.resources.iter().filter(|arn| arn.chars().count() <= LONGEST_RESOURCE).cloned().collect()
}

/// The event's detail with what EventBridge's envelope would lose: our id, and the account and
/// Region of the task, which need not be those of the bus.
fn detail(event: &Event) -> Result<String, serde_json::Error> {
    let mut detail = serde_json::to_value(&event.detail)?;
    if let Some(fields) = detail.as_object_mut() {
        fields.insert("id".into(), event.id.to_string().into());
        fields.insert("account".into(), event.account.clone().into());
        fields.insert("region".into(), event.region.clone().into());
    }
    serde_json::to_string(&detail)
}
