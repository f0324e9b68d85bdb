//! Reads a listing page after page: to its end, or as far as it is wanted.

use std::collections::HashSet;
use std::time::Duration;

use crate::aws::clients::ATTEMPTS;
use crate::aws::ec2::{Ask, Ec2Tasks, Filter};
use crate::place::Place;
use crate::ports::{PageAt, Rejected};
use crate::record::Cursor;
use crate::task::{Kind, Task};

/// A listing has at most this many pages: 200 tasks each. Guards against tokens that never end.
const PAGES_MAX: usize = 1_000;

/// What was read of a listing, and what was not.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) tasks: Vec<Task>,
    pub(super) rejected: Vec<Rejected>,
    /// Whether it was read to its end.
    pub(super) is_complete: bool,
    /// Why it was not read as far as it was wanted.
    pub(super) failure: Option<String>,
    /// Where it goes on, where no more was wanted.
    pub(super) next: Option<String>,
    /// The calls that it took.
    pub(super) calls: u32,
}

/// How much of a listing is wanted. By default all of it, at once.
#[derive(Clone, Copy)]
pub(super) struct Extent<'a> {
    pub(super) ids: &'a [String],
    pub(super) filters: &'a [Filter],
    pub(super) starting_token: Option<&'a str>,
    pub(super) max_items: Option<usize>,
    /// Whether the tasks that were read are enough.
    pub(super) is_enough: &'a (dyn Fn(&[Task]) -> bool + Send + Sync),
    /// So many pages are read at once, and before each further one there is a pause.
    pub(super) pace: Option<(usize, Duration)>,
}

impl Default for Extent<'_> {
    fn default() -> Self {
        Self {
            ids: &[],
            filters: &[],
            starting_token: None,
            max_items: None,
            is_enough: &|_| false,
            pace: None,
        }
    }
}

/// Reads a listing to its end, or as far as it goes.
pub(super) async fn all_pages(source: &Ec2Tasks, place: &Place, kind: Kind) -> Listing {
    pages(source, place, kind, Extent::default()).await
}

/// Reads a listing as far as it is wanted.
pub(super) async fn pages(
    source: &Ec2Tasks,
    place: &Place,
    kind: Kind,
    extent: Extent<'_>,
) -> Listing {
    let mut listing = Listing::default();
    let starts_at = |token: &str| Cursor { token: token.to_owned(), page_size: PageAt::LARGEST };
    let mut from: Option<Cursor> = extent.starting_token.map(starts_at);
    let mut tokens: HashSet<String> = HashSet::new();
    for number in 0..PAGES_MAX {
        if let Some((_, pause)) = extent.pace.filter(|(at_once, _)| number >= *at_once) {
            tokio::time::sleep(pause).await;
        }
        let left = extent.max_items.map(|most| most.saturating_sub(listing.tasks.len()));
        let page_size = left.and_then(|left| i32::try_from(left).ok()).unwrap_or(PageAt::LARGEST);
        let page_size = page_size.min(PageAt::LARGEST);
        if let Some(cursor) = &mut from {
            cursor.page_size = page_size;
        }
        let at = from.as_ref().map_or(PageAt::First { page_size }, PageAt::Next);
        let ask = Ask { at, ids: extent.ids, filters: extent.filters, is_dry_run: false };
        let page = match source.ask(place, kind, ask, ATTEMPTS).await {
            Ok(page) => page,
            Err(error) => {
                listing.calls += error.calls;
                listing.failure = Some(error.to_string());
                return listing;
            }
        };
        listing.calls += page.calls;
        listing.tasks.extend(page.tasks);
        listing.rejected.extend(page.rejected);
        let Some(next) = page.next else {
            listing.is_complete = true;
            // A listing without pages gives more than was wanted.
            listing.tasks.truncate(extent.max_items.unwrap_or(usize::MAX));
            return listing;
        };
        if extent.max_items.is_some_and(|most| listing.tasks.len() >= most) {
            listing.next = Some(next.token);
            return listing;
        }
        if (extent.is_enough)(&listing.tasks) {
            return listing;
        }
        if !tokens.insert(next.token.clone()) {
            let region = &place.region;
            listing.failure = Some(format!(
                "the {kind} tasks in {region}: EC2 gave the same page token twice, so that the listing \
                 would never end; what stands before it is listed; try again later"
            ));
            return listing;
        }
        from = Some(next);
    }
    listing.failure = Some(format!(
        "the {kind} tasks in {}: EC2 gave {PAGES_MAX} pages and no end; try again later",
        place.region
    ));
    listing
}
