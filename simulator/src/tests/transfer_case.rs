//! A kind of import or export task, as its tests see it.

use super::*;
use crate::Transfer;
use crate::transfer::kind::Paging;

/// A kind, as a caller sees it.
pub(super) struct TransferCase {
    pub(super) list: &'static str,
    /// The parameter for ids, and the element that holds one.
    pub(super) ids: &'static str,
    pub(super) id: &'static str,
    pub(super) state: &'static str,
    /// The parameter for filters.
    pub(super) filters: &'static str,
    pub(super) paging: Paging,
    pub(super) prefix: &'static str,
    /// Ids of no task, and their errors.
    pub(super) unknown: [(&'static str, &'static str); 2],
    pub(super) cancel: &'static str,
    pub(super) ending: &'static str,
    pub(super) ended: &'static str,
    pub(super) add: fn(&World, Transfer) -> crate::TaskId,
}

/// All pages of a listing, page by page, as ids.
pub(super) fn pages(world: &World, case: &TransferCase, fields: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let reply = call(world, &format!("{}{fields}{token}", case.list));
        assert_eq!(reply.status, 200, "{}", text(&reply));
        pages.push(all(&reply, case.id));
        match all(&reply, "nextToken").pop() {
            Some(next) => token = format!("&NextToken={next}"),
            None => return pages,
        }
    }
}

impl TransferCase {
    /// A world in which this kind has as many tasks, of ten minutes each.
    pub(super) fn world(&self, count: usize, settings: Settings) -> World {
        let world = world_with(settings);
        for number in 0..count {
            let id = format!("{}{number}z", self.prefix);
            (self.add)(&world, Transfer::new(id, world.now(), minutes(10)));
        }
        world
    }

    /// The states of the tasks of a listing, but for those of what they make.
    pub(super) fn states(&self, reply: &Reply) -> Vec<String> {
        let tasks =
            text(reply).replace("<snapshotDetailSet>", "\0").replace("</snapshotDetailSet>", "\0");
        let outside: String = tasks.split('\0').step_by(2).collect();
        within(&outside, self.state)
    }

    pub(super) fn list(&self, world: &World) -> Vec<String> {
        self.states(&call(world, self.list))
    }
}
