//! What a webhook is told.

use crate::event::Event;
use crate::render::alarm::Alarm;
use crate::render::text::clipped;

/// CloudWatch's names of alarms have 255 characters at most.
const LONGEST_NAME: usize = 255;

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
            Self::Alarm(alarm) => write!(f, "alarm {}", clipped(&alarm.alarm_name, LONGEST_NAME)),
        }
    }
}
