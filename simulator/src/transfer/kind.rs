//! What tells a kind of import or export task from the others.

use std::fmt::Debug;

use jiff::Timestamp;

use super::plan::{Standing, Transfer};
use super::words::Words;
use crate::error::ApiError;
use crate::room::Held;
use crate::status::TaskStatus;
use crate::xml::Element;

/// A kind of import or export task: its ids, its listing, and its words.
#[derive(Debug)]
pub(crate) struct TransferKind {
    /// What its tasks' ids begin with.
    pub(crate) prefix: &'static str,
    /// The action that lists it.
    pub(crate) listing: &'static str,
    /// The element that holds the listing's items.
    pub(crate) set: &'static str,
    /// The listing's parameter for ids.
    pub(crate) ids: &'static str,
    /// The listing's parameter for filters.
    pub(crate) filters: &'static str,
    /// The filters that there are.
    pub(crate) filter_names: &'static [&'static str],
    /// How the listing is cut into pages.
    pub(crate) paging: Paging,
    /// What an id is answered with that names none of its tasks.
    pub(crate) unknown: fn(&str) -> ApiError,
    /// The action that cancels its tasks.
    pub(crate) cancel: &'static str,
    /// The type of resource that its tasks are where they are given tags.
    pub(crate) resource: &'static str,
    pub(crate) words: Words,
}

/// How a listing is cut into pages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Paging {
    /// One answer holds everything.
    None,
    /// `MaxResults` has no documented bound, or this one.
    Pages(Option<usize>),
}

/// A task of such a kind.
pub(crate) trait Transferred: Debug + Send {
    fn kind(&self) -> &'static TransferKind;
    fn transfer(&self) -> &Transfer;
    fn transfer_mut(&mut self) -> &mut Transfer;

    /// What its item in the listing of its kind holds.
    fn fields(&self, at: &Standing) -> Vec<Element>;

    /// What the answer of the call holds that starts it.
    fn answer(&self, at: &Standing) -> Vec<Element> {
        self.fields(at)
    }

    /// What its item holds in a listing; none where that does not show it.
    fn item_of(&self, listing: &str, at: &Standing) -> Option<Vec<Element>> {
        (listing == self.kind().listing).then(|| self.fields(at))
    }

    /// The AMI that it has made.
    fn image_made(&self, _: &Standing) -> Option<&str> {
        None
    }

    /// What EC2 says of it at `now`.
    fn at(&self, now: Timestamp) -> Standing {
        self.transfer().at(&self.kind().words, now)
    }
}

impl Held for Box<dyn Transferred> {
    fn fix(&mut self, status: Option<TaskStatus>, now: Timestamp) {
        self.transfer_mut().fixed = status.map(|status| (status, now));
    }
}
