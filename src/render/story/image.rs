//! What an AMI is called in texts: by its name and its id, where the name says more.

use super::sentence::Sentence;
use crate::event::Event;

/// The AMI's name. EC2 names an imported AMI like the import, which says nothing more.
pub(super) fn name(event: &Event) -> Option<&str> {
    let name = event.detail.image_name.as_deref()?;
    (name != event.detail.subject.name() && !name.trim().is_empty()).then_some(name)
}

/// `web-golden-2026-11 (ami-0123456789abcdef0)`, or the id alone.
pub(super) fn label(event: &Event) -> Option<String> {
    let id = event.detail.subject.image_id.clone()?;
    Some(match name(event) {
        Some(name) => format!("{name} ({id})"),
        None => id,
    })
}

impl Sentence {
    /// Goes on with the AMI.
    pub(super) fn image(self, event: &Event) -> Self {
        let id = event.detail.subject.image_id.as_deref().unwrap_or_default();
        match name(event) {
            Some(name) => self.name(name).say(" (").name(id).say(")"),
            None => self.name(id),
        }
    }
}
