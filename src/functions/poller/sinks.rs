//! The function's sinks behind one port.

use crate::aws::event_bridge::EventBus;
use crate::aws::sns::SnsTopic;
use crate::event::Event;
use crate::ports::{Notifier, PublishError, Published};
use crate::record::Sink;

/// The sinks that are configured.
#[derive(Debug, Default)]
pub struct Sinks {
    /// An SNS topic.
    pub sns: Option<SnsTopic>,
    /// An EventBridge event bus.
    pub event_bridge: Option<EventBus>,
}

impl Notifier for Sinks {
    fn sinks(&self) -> Vec<Sink> {
        let sns = self.sns.as_ref().map(|_| Sink::Sns);
        let event_bridge = self.event_bridge.as_ref().map(|_| Sink::EventBridge);
        sns.into_iter().chain(event_bridge).collect()
    }

    async fn publish(&self, sink: Sink, event: &Event) -> Result<Published, PublishError> {
        match (sink, &self.sns, &self.event_bridge) {
            (Sink::Sns, Some(topic), _) => topic.publish(event).await,
            (Sink::EventBridge, _, Some(bus)) => bus.put(event).await,
            (sink, _, _) => {
                Err(PublishError::Unavailable { sink, reason: "it is not configured".into() })
            }
        }
    }
}
