//! What a webhook is told.

use crate::event::Event;
use crate::render::alarm::Alarm;

/// What a webhook is told: what became of a task or a target, or that amiwatch itself is in trouble.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// An event.
    Event(&'a Event),
    /// An alarm that changed its state.
    Alarm(&'a Alarm),
}

impl std::fmt::Display for News<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Event(event) => write!(f, "event {}", event.id),
            Self::Alarm(alarm) => write!(f, "alarm {}", alarm.alarm_name),
        }
    }
}
