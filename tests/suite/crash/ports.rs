//! The ports of a poll, each behind the fuse.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::event::Event;
use amiwatch::place::Place;
use amiwatch::ports::{
    Guard, ImageNames, Item, ListError, NamesError, Page, PageAt, PublishError, Published, Put,
    Saved, Sink, Store, StoreError, TaskSource,
};
use amiwatch::record::{Record, SinkName};
use amiwatch::task::Kind;
use futures_util::future::BoxFuture;

use super::{Ear, Gated};

impl TaskSource for Gated<Ec2Tasks> {
    fn list<'a>(
        &'a self,
        place: &'a Place,
        kind: Kind,
        at: PageAt<'a>,
        calls_max: u32,
    ) -> BoxFuture<'a, Result<Page, ListError>> {
        Box::pin(self.fuse.gate("list", self.port.list(place, kind, at, calls_max)))
    }
}

impl ImageNames for Gated<Ec2Tasks> {
    fn names<'a>(
        &'a self,
        place: &'a Place,
        images: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, NamesError>> {
        Box::pin(self.fuse.gate("name", self.port.names(place, images)))
    }
}

impl Store for Gated<Arc<dyn Store>> {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(self.fuse.gate("read", self.port.range(place, from, to, limit)))
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        Box::pin(self.fuse.gate("read by name", self.port.get(place, keys)))
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let name = match serde_json::from_str::<Record>(&put.body) {
            Err(_) => "save ledger",
            Ok(record) if record.outbox.is_empty() && put.expected > 0 => "ack",
            Ok(_) => "save",
        };
        Box::pin(self.fuse.gate(name, self.port.put(place, put)))
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        Box::pin(self.fuse.gate("save settled", self.port.put_new(place, guard, new)))
    }
}

impl Sink for Gated<Ear> {
    fn name(&self) -> SinkName {
        self.port.sink.clone()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        let hear = async {
            self.port.told.lock().unwrap().push((self.name(), event.clone()));
            Ok(Published::InFull)
        };
        Box::pin(self.fuse.gate("publish", hear))
    }
}
