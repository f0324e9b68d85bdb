//! Elements that the items of several kinds have.

use super::plan::{Standing, Transfer};
use crate::xml::Element;

/// An element where there is something to hold.
pub(crate) fn given(name: &str, text: Option<&str>) -> Option<Element> {
    text.map(|text| Element::text(name, text))
}

/// `progress`, a bare number, and `statusMessage`; both only where EC2 says any.
pub(crate) fn course(at: &Standing) -> impl Iterator<Item = Element> {
    let progress = at.status.progress.map(|percent| percent.to_string());
    let message = at.status.message.as_deref();
    [given("progress", progress.as_deref()), given("statusMessage", message)].into_iter().flatten()
}

/// `description` and `tagSet`, where the task has any.
pub(crate) fn labels(transfer: &Transfer) -> impl Iterator<Item = Element> {
    let tag = |(key, value): &(String, String)| {
        let fields =
            vec![Element::text("key", key.as_str()), Element::text("value", value.as_str())];
        Element::parent("item", fields)
    };
    let tags: Vec<Element> = transfer.tags.iter().map(tag).collect();
    let tags = (!tags.is_empty()).then(|| Element::parent("tagSet", tags));
    [given("description", transfer.description.as_deref()), tags].into_iter().flatten()
}
