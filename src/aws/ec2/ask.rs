//! What is asked of a listing, in the parameters that all of them have.

use aws_sdk_ec2::types::Filter as Ec2Filter;

use crate::ports::PageAt;

/// A filter of a listing: of its values any may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// EC2's name of it.
    pub name: String,
    /// The values.
    pub values: Vec<String>,
}

/// What is asked of a listing.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The page.
    pub at: PageAt<'a>,
    /// Only tasks of these ids; all where empty.
    pub ids: &'a [String],
    /// Only tasks for which all of these hold.
    pub filters: &'a [Filter],
    /// Asks only whether it is permitted.
    pub is_dry_run: bool,
}

impl<'a> Ask<'a> {
    /// A page of everything.
    #[must_use]
    pub fn page(at: PageAt<'a>) -> Self {
        Self { at, ids: &[], filters: &[], is_dry_run: false }
    }

    /// EC2 takes no size of a page together with ids.
    pub(super) fn page_size(&self) -> Option<i32> {
        self.ids.is_empty().then(|| self.at.page_size())
    }

    pub(super) fn token(&self) -> Option<String> {
        self.at.token().map(str::to_owned)
    }

    pub(super) fn ids(&self) -> Option<Vec<String>> {
        (!self.ids.is_empty()).then(|| self.ids.to_vec())
    }

    pub(super) fn filters(&self) -> Option<Vec<Ec2Filter>> {
        let filters = self.filters.iter().map(|Filter { name, values }| {
            Ec2Filter::builder().name(name).set_values(Some(values.clone())).build()
        });
        (!self.filters.is_empty()).then(|| filters.collect())
    }

    pub(super) fn dry_run(&self) -> Option<bool> {
        self.is_dry_run.then_some(true)
    }
}
