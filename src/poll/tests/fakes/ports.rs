//! One poller's ways into the world: EC2, the store, a sink and the clock, effect by effect.

use std::collections::{BTreeMap, BTreeSet};
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::{Crash, Inner, Port, Waiting, title};
use crate::event::Event;
use crate::place::Place;
use crate::ports::{
    Clock, Guard, ImageNames, Item, ListError, NamesError, Page, PageAt, PublishError, Published,
    Put, Saved, Sink, Store, StoreError, TaskSource,
};
use crate::record::{Cursor, Record, Sight, SinkName};
use crate::store::codec;
use crate::task::Kind;

impl Port {
    pub(in crate::poll::tests) async fn effect<R: Send + std::fmt::Debug>(
        &self,
        name: String,
        run: impl FnOnce(&mut Inner) -> R + Send,
    ) -> R {
        let mut ticket = None;
        std::future::poll_fn(|context| self.admit(&mut ticket, &name, context)).await;
        let (result, died) = {
            let mut inner = self.world.lock();
            let result = run(&mut inner);
            if let Some((_, act)) = inner.meanwhile.take_if(|(after, _)| *after == name) {
                act(&mut inner);
            }
            let takes = inner.effect_takes;
            inner.now += takes;
            let died = inner.crash == Some((inner.effects, Crash::After));
            if died {
                inner.dead = true;
                inner.died_at = Some(name.clone());
            }
            if inner.stepped {
                let heard = format!("{name}: {result:?}");
                inner.heard.entry(self.who).or_default().push(heard);
            }
            inner.log.push(name);
            (result, died)
        };
        if died {
            std::future::pending::<()>().await;
        }
        result
    }

    fn admit(&self, ticket: &mut Option<u64>, name: &str, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.world.lock();
        if inner.dead {
            return Poll::Pending;
        }
        if inner.stepped {
            if ticket.is_some() && inner.granted == *ticket {
                inner.granted = None;
                return Poll::Ready(());
            }
            if ticket.is_none() {
                inner.tickets += 1;
                *ticket = Some(inner.tickets);
                let (ticket, waker) = (inner.tickets, context.waker().clone());
                inner.waiting.push(Waiting { ticket, who: self.who, name: name.into(), waker });
            }
            return Poll::Pending;
        }
        inner.effects += 1;
        if inner.crash == Some((inner.effects, Crash::Before)) {
            inner.dead = true;
            inner.died_at = Some(name.to_owned());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn down(operation: &str) -> StoreError {
        let store = "the table".to_owned();
        let (operation, reason) = (operation.to_owned(), "is down".to_owned());
        StoreError { operation, store, reason, refused: false, source: None }
    }
}

impl Clock for Port {
    fn now(&self) -> Timestamp {
        self.world.lock().now
    }
}

impl TaskSource for Port {
    fn list<'a>(
        &'a self,
        place: &'a Place,
        kind: Kind,
        at: PageAt<'a>,
        _: u32,
    ) -> BoxFuture<'a, Result<Page, ListError>> {
        Box::pin(self.list_page(place, kind, at))
    }
}

impl ImageNames for Port {
    fn names<'a>(
        &'a self,
        place: &'a Place,
        images: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, NamesError>> {
        let asked: Vec<&str> = images.iter().map(String::as_str).collect();
        let name = format!("name {} in {}", asked.join(" "), place.region);
        Box::pin(self.effect(name, move |inner| {
            if inner.names_denied {
                let (region, reason) = (place.region.clone(), "UnauthorizedOperation".to_owned());
                return Err(NamesError { images: images.len(), region, reason, source: None });
            }
            let known = inner.image_names.iter().flatten();
            let wanted = known.filter(|(id, _)| images.contains(*id));
            Ok(wanted.map(|(id, name)| (id.clone(), name.clone())).collect())
        }))
    }
}

impl Port {
    async fn list_page(
        &self,
        place: &Place,
        kind: Kind,
        at: PageAt<'_>,
    ) -> Result<Page, ListError> {
        let token = at.token();
        let asked = usize::try_from(at.page_size()).unwrap();
        let region = place.region.clone();
        let from = token.map_or(String::new(), |token| format!(" from {token}"));
        self.effect(format!("list {region} {kind}{from}"), |inner| {
            let fail = |reason: &str, token_refused| ListError {
                operation: "DescribeStoreImageTasks",
                region: region.clone(),
                reason: reason.to_owned(),
                token_refused,
                calls: 1,
                throttled: 0,
                source: None,
            };
            if inner.broken_regions.contains(&region) {
                return Err(fail("RequestLimitExceeded", false));
            }
            if token.is_some() && inner.refuse_tokens {
                return Err(fail("InvalidPaginationToken", true));
            }
            if token.is_some() && inner.broken_pages {
                return Err(fail("InternalError", false));
            }
            let Some(listing) = inner.listings.get(&(region.clone(), kind)) else {
                return Ok(Page { calls: 1, ..Page::default() });
            };
            // A token names what is left, so that tasks that come on top shift nothing.
            let items = &listing.items;
            let left = token.map_or(items.len(), |token| token.parse().unwrap());
            let begin = items.len().saturating_sub(left);
            let size = if kind == Kind::Bundle { usize::MAX } else { listing.page_size.min(asked) };
            let end = begin.saturating_add(size).min(items.len());
            let mut page = Page { calls: 1, ..Page::default() };
            for item in &items[begin..end] {
                match item {
                    Ok(task) => page.tasks.push(task.clone()),
                    Err(rejected) => page.rejected.push(rejected.clone()),
                }
            }
            let token = match token {
                Some(token) if inner.same_token => token.to_owned(),
                _ => (items.len() - end).to_string(),
            };
            page.next = (end < items.len()).then_some(Cursor { token, page_size: at.page_size() });
            Ok(page)
        })
        .await
    }
}

impl Port {
    async fn read(
        &self,
        name: String,
        place: &Place,
        wanted: impl Fn(&str) -> bool + Send,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        self.effect(name.clone(), |inner| {
            let is_range = name.starts_with("read between");
            if inner.table_down || (is_range && inner.no_range_reads) {
                return Err(Self::down(&name));
            }
            let items = inner.found(place, wanted, limit);
            inner.records_read += items.iter().filter(|item| !item.key.starts_with('~')).count();
            Ok(items)
        })
        .await
    }
}

impl Store for Port {
    fn range<'a>(
        &'a self,
        place: &'a Place,
        from: &'a str,
        to: &'a str,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        let between = if to.starts_with('~') { "" } else { "between " };
        let name = format!("read {between}{}", place.region);
        Box::pin(self.read(name, place, move |key| (from..=to).contains(&key), limit))
    }

    fn get<'a>(
        &'a self,
        place: &'a Place,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Item>, StoreError>> {
        let name = match keys {
            [key] => format!("read {key}"),
            keys => format!("read {} by name", keys.len()),
        };
        let wanted = move |key: &str| keys.iter().any(|wanted| wanted == key);
        Box::pin(self.read(name, place, wanted, usize::MAX))
    }

    fn put<'a>(
        &'a self,
        place: &'a Place,
        put: &'a Put,
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let name = what(put);
        let begun = self.now();
        Box::pin(async move {
            self.effect(name.clone(), |inner| {
                let is_record = !put.key.starts_with('~');
                if is_record && inner.is_late(begun) {
                    inner.late_acks += usize::from(name.starts_with("ack"));
                    return Err(Self::down(&name));
                }
                if inner.table_down {
                    return Err(Self::down(&name));
                }
                Ok(inner.put(place, put))
            })
            .await
        })
    }

    fn put_new<'a>(
        &'a self,
        place: &'a Place,
        guard: Guard<'a>,
        new: &'a [Put],
    ) -> BoxFuture<'a, Result<Saved, StoreError>> {
        let name = format!("save {} together", new.len());
        Box::pin(async move {
            self.effect(name.clone(), |inner| {
                if inner.table_down || inner.no_batch_writes {
                    return Err(Self::down(&name));
                }
                if inner.version(place, guard.key) != guard.expected {
                    return Ok(Saved::Conflict);
                }
                for put in new {
                    // What is stored already stays as it is.
                    inner.put(place, put);
                }
                Ok(Saved::Written)
            })
            .await
        })
    }
}

/// What a write does, in the words of a poll.
fn what(put: &Put) -> String {
    let expected = put.expected;
    if let Some(kind) = codec::ledger_of(&put.key) {
        return format!("ledger {kind} over {expected}");
    }
    if put.key.starts_with("~sight") {
        let sight: Sight = serde_json::from_str(&put.body).unwrap();
        let acks =
            sight.outbox.is_empty() && sight.told.last().is_some_and(|it| !it.sinks.is_empty());
        let step = if acks && sight.lease.is_none() { "ack" } else { "save" };
        return format!("{step} sight of {} over {expected}", sight.kind);
    }
    let record: Record = serde_json::from_str(&put.body).unwrap();
    let acks = record.outbox.is_empty() && expected > 0;
    let gives_back = expected > 0 && !acks && record.lease.is_none();
    let step = match (acks, gives_back) {
        (true, _) => "ack",
        (_, true) => "give back",
        _ => "save",
    };
    format!("{step} {} over {expected}", record.task.name())
}

/// One sink of the world.
#[derive(Debug)]
pub(super) struct SinkPort {
    pub(super) name: SinkName,
    pub(super) port: Port,
}

impl Sink for SinkPort {
    fn name(&self) -> SinkName {
        self.name.clone()
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.port.publish(&self.name, event))
    }
}

impl Port {
    async fn publish(&self, sink: &SinkName, event: &Event) -> Result<Published, PublishError> {
        let begun = self.now();
        self.effect(format!("publish {sink} {}", title(event)), |inner| {
            if inner.is_late(begun) {
                return Err(PublishError::Unavailable("no answer in time".into()));
            }
            if inner.down.contains(sink) {
                return Err(PublishError::Unavailable("is down".into()));
            }
            let name = title(event);
            if inner.unavailable.iter().any(|one| name.starts_with(one.as_str())) {
                return Err(PublishError::Unavailable(format!("{name}: 500")));
            }
            if inner.refused.iter().any(|refused| name.starts_with(refused.as_str())) {
                return Err(PublishError::Refused("InvalidParameter".into()));
            }
            let now = inner.now;
            inner.published.push((sink.clone(), event.clone(), now));
            Ok(Published::InFull)
        })
        .await
    }
}
