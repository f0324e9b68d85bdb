//! Puts the names of AMIs into what is about to be told.
//!
//! The id of an event does not depend on them, and no event waits for them longer than the one call
//! takes: what EC2 does not tell in time stays null.

use std::collections::BTreeSet;

use super::tell::Telling;
use super::{Run, Step};
use crate::event::Event;
use crate::place::Place;
use crate::ports::NAMES_AT_ONCE;

impl Run<'_> {
    /// Asks once for the names of all AMIs in what waits to be told, oldest event first.
    pub(super) async fn name_images(&self, place: &Place, waiting: &mut [Telling]) {
        let Some(source) = &self.poller.names else { return };
        let mut images = BTreeSet::new();
        let ours = waiting.iter().filter(|one| !self.is_held_by_other(&one.known.value));
        for image in ours.flat_map(Telling::events).filter_map(unnamed) {
            if images.len() == NAMES_AT_ONCE {
                break;
            }
            images.insert(image.to_owned());
        }
        if images.is_empty() || !self.has_time(Step::Name) {
            return;
        }
        match source.names(place, &images).await {
            Ok(names) => {
                for event in waiting.iter_mut().flat_map(Telling::events_mut) {
                    let name = unnamed(event).and_then(|image| names.get(image)).cloned();
                    event.detail.image_name = event.detail.image_name.take().or(name);
                }
            }
            Err(error) => tracing::warn!("{error}; the events go out without them"),
        }
    }
}

/// The AMI of an event that does not say yet what it is called.
fn unnamed(event: &Event) -> Option<&str> {
    let detail = &event.detail;
    detail.subject.image_id.as_deref().filter(|_| detail.image_name.is_none())
}
