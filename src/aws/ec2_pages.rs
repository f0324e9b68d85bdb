//! How many store-image tasks to ask for in one call.
//!
//! Reading an answer is most of what a quiet poll costs, and it grows with the page. The window that
//! a poll has to see holds about 40 tasks, unless many started within an hour.

/// The most tasks that EC2 gives a page.
const WHOLE: i32 = 200;

/// Tasks in a first page: more than twice the usual window.
const HEAD: i32 = 100;

/// So many polls take whole first pages after one to which a head was too small: where many tasks
/// started within an hour, a second call is made about once in as many polls.
const WHOLE_FOR_POLLS: u32 = 30;

/// The page sizes of one Region's listings.
#[derive(Debug, Default)]
pub(super) struct PageSize {
    /// Calls of the listing under way, or of the last one.
    calls: u32,
    whole_for: u32,
}

impl PageSize {
    /// For the first page of a listing.
    pub(super) fn first(&mut self) -> i32 {
        // Of more than two calls a sweep was the reason, which says nothing of the next head.
        if self.calls == 2 {
            self.whole_for = WHOLE_FOR_POLLS;
        }
        self.calls = 1;
        if self.whole_for == 0 {
            return HEAD;
        }
        self.whole_for -= 1;
        WHOLE
    }

    /// For a page behind a token.
    pub(super) fn next(&mut self) -> i32 {
        self.calls += 1;
        WHOLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_small_while_it_is_enough_and_what_follows_it_is_whole() {
        let mut size = PageSize::default();
        assert_eq!([size.first(), size.first()], [HEAD, HEAD]);
        assert_eq!([size.next(), size.next()], [WHOLE, WHOLE]);
        assert_eq!(size.first(), HEAD, "after a sweep");
    }

    #[test]
    fn a_head_that_was_too_small_is_whole_for_a_while() {
        let mut size = PageSize::default();
        size.first();
        size.next();
        for _ in 0..WHOLE_FOR_POLLS {
            assert_eq!(size.first(), WHOLE);
        }
        assert_eq!(size.first(), HEAD);
    }
}
