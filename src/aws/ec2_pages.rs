//! How many store-image tasks to ask for in one call.
//!
//! Reading an answer is most of what a quiet poll costs, and it grows with the page. The window that
//! a poll has to see holds about 20 tasks, unless many started within an hour. A listing goes on with
//! the page size that it began with: EC2 does not say that a token may be used with another one.

/// The most tasks that EC2 gives a page.
const WHOLE: i32 = 200;

/// Tasks in a first page: more than twice the usual window.
const HEAD: i32 = 50;

/// So many polls take whole first pages after one to which a head was too small: where many tasks
/// started within an hour, a second call is made about once in as many polls.
const WHOLE_FOR_POLLS: u32 = 30;

/// The page sizes of one Region's listings.
#[derive(Debug)]
pub(super) struct PageSize {
    /// Pages of the listing under way, or of the last one.
    pages: u32,
    whole_for: u32,
}

impl Default for PageSize {
    /// The first listing of a process may be the first of all, which is read to its end.
    fn default() -> Self {
        Self { pages: 0, whole_for: 1 }
    }
}

impl PageSize {
    /// For the first page of a listing.
    pub(super) fn first(&mut self) -> i32 {
        // Of more than two pages a sweep was the reason, which says nothing of the next head.
        if self.pages == 2 {
            self.whole_for = WHOLE_FOR_POLLS;
        }
        self.pages = 1;
        if self.whole_for == 0 {
            return HEAD;
        }
        self.whole_for -= 1;
        WHOLE
    }

    /// Notes a page behind the first.
    pub(super) fn note_next(&mut self) {
        self.pages += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_of_a_process_is_whole_and_then_a_head_is_enough() {
        let mut size = PageSize::default();
        assert_eq!([size.first(), size.first(), size.first()], [WHOLE, HEAD, HEAD]);
        size.note_next();
        size.note_next();
        assert_eq!(size.first(), HEAD, "after a sweep");
    }

    #[test]
    fn a_head_that_was_too_small_is_whole_for_a_while() {
        let mut size = PageSize::default();
        size.first();
        size.first();
        size.note_next();
        for _ in 0..WHOLE_FOR_POLLS {
            assert_eq!(size.first(), WHOLE);
        }
        assert_eq!(size.first(), HEAD);
    }
}
