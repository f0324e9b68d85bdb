//! A simulated EC2, and polls of it that may die.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use amiwatch::aws::ec2::Ec2Tasks;
use amiwatch::decide::Policy;
use amiwatch::functions::poller::handler::{Handler, Invocation};
use amiwatch::memory::Memory;
use amiwatch::place::Place;
use amiwatch::poll::{Limits, PlaceToPoll, Poller, Turn};
use amiwatch::ports::{Clock, Sink, Store};
use amiwatch::record::SinkName;
use amiwatch::task::Kind;
use amiwatch_simulator::{
    BundlePlan, Disk, ExportImagePlan, ExportInstancePlan, ExportTarget, ImportImagePlan,
    ImportSnapshotPlan, SimClock, Simulator, StorePlan, TaskStatus, Throttle, Transfer,
};
use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::{ACCOUNTS, By, Ear, Fate, Fuse, Gated, ManualClock, Scene, Told};
use crate::support::{ACCOUNT, REGION, batch, bodies, fleet, now, sdk};

impl Scene {
    pub(super) async fn new(by: By, store: Arc<dyn Store>, sinks: &'static [SinkName]) -> Self {
        let sim = Simulator::builder()
            .clock(SimClock::manual(now()))
            .throttle(Throttle::Off)
            .start()
            .await
            .unwrap();
        let source = Ec2Tasks::new(&sdk(), Some(sim.url()));
        // A partition of its own in the store.
        let account = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        let place = Place::new(format!("{account:012}"), REGION);
        let clock = ManualClock(Arc::new(Mutex::new(now())));
        let (told, tasks, tick) = (Told::default(), Vec::new(), Mutex::new(clock.now()));
        Self { by, sim, source, store, place, clock, told, sinks, tasks, tick }
    }

    pub(super) fn ago(&self, seconds: i64) -> Timestamp {
        self.sim.world().now().saturating_sub(SignedDuration::from_secs(seconds)).unwrap()
    }

    pub(super) fn starts(&mut self, image: u32, bucket: &str, seconds_ago: i64, takes: u64) {
        let image = format!("ami-{image:017x}");
        let plan = StorePlan::new(image, bucket, self.ago(seconds_ago), Duration::from_secs(takes));
        self.tasks.push(self.sim.world().add_store_task(ACCOUNT, REGION, plan));
    }

    pub(super) fn bundles(&mut self, id: &str) {
        let takes = Duration::from_secs(LONG);
        let plan = BundlePlan::new(id, "i-00000001", "b", self.ago(600), takes);
        self.tasks.push(self.sim.world().add_bundle_task(ACCOUNT, REGION, plan));
    }

    /// An import or export that runs until it is told what it becomes.
    pub(super) fn transfers(&mut self, kind: Kind, id: &str) {
        let transfer = Transfer::new(id, self.ago(600), Duration::from_secs(LONG));
        let (disk, image) = (|| Disk::in_bucket("VMDK", "b", "k"), "ami-00000000000000001");
        let target = ExportTarget::new("b", "exports/");
        let world = self.sim.world();
        self.tasks.push(match kind {
            Kind::ImportSnapshot => {
                let plan = ImportSnapshotPlan::new(transfer, disk());
                world.add_import_snapshot_task(ACCOUNT, REGION, plan)
            }
            Kind::ImportImage => {
                let plan = ImportImagePlan::new(transfer, vec![disk()]);
                world.add_import_image_task(ACCOUNT, REGION, plan)
            }
            Kind::ExportImage => {
                let plan = ExportImagePlan::new(transfer, image, target);
                world.add_export_image_task(ACCOUNT, REGION, plan)
            }
            Kind::ExportInstance => {
                let plan = ExportInstancePlan::new(transfer, "i-00000001", target);
                world.add_export_instance_task(ACCOUNT, REGION, plan)
            }
            Kind::StoreImage | Kind::Bundle => panic!("{kind} is neither import nor export"),
        });
    }

    pub(super) fn becomes(&self, task: usize, state: &str) {
        self.says(task, state, "why");
    }

    pub(super) fn says(&self, task: usize, state: &str, message: &str) {
        let status = TaskStatus { message: Some(message.into()), ..TaskStatus::new(state, 100) };
        assert!(self.sim.world().set_state(self.tasks[task], status));
    }

    pub(super) fn goes(&self, task: usize) {
        assert!(self.sim.world().remove_task(self.tasks[task]));
    }

    /// One poll.
    pub(super) async fn poll(&self, fate: Fate) -> Arc<Fuse> {
        let fuse = Arc::new(Fuse {
            at: fate.dies_at,
            log: Mutex::default(),
            begun: Mutex::default(),
            blown: Notify::new(),
            clock: self.clock.clone(),
            takes_seconds: i64::from(fate.deadline_seconds.is_some()),
        });
        let deadline = fate.deadline_seconds.map(|seconds| {
            self.clock.now().saturating_add(SignedDuration::from_secs(seconds)).unwrap()
        });
        // The simulator takes the account from the credentials; the store's partition is our own.
        let ear = |sink: &SinkName| -> Box<dyn Sink> {
            let port = Ear { sink: sink.clone(), told: Arc::clone(&self.told) };
            Box::new(Gated { port, fuse: Arc::clone(&fuse) })
        };
        let ec2 = || Gated { port: self.source.clone(), fuse: Arc::clone(&fuse) };
        let poller = Poller {
            source: Box::new(ec2()),
            names: Some(Box::new(ec2())),
            memory: Memory::new(Arc::new(Gated {
                port: Arc::clone(&self.store),
                fuse: Arc::clone(&fuse),
            })),
            sinks: self.sinks.iter().map(ear).collect(),
            clock: Box::new(self.clock.clone()),
            policy: Policy::default(),
            // Every first sight goes through a batch.
            limits: Limits { first_sights_min: 1, ..Limits::default() },
            turn: Turn::default(),
        };
        let places = [PlaceToPoll { place: self.place.clone(), kinds: Kind::ALL.into() }];
        let poll = async {
            match self.by {
                By::Schedule => poller.poll(&places, deadline).await.all_failures(),
                By::Worker => self.work(poller, &places, deadline).await,
            }
        };
        match select(Box::pin(poll), std::pin::pin!(fuse.blown.notified())).await {
            Either::Left((failures, _)) if fate.deadline_seconds.is_none() => {
                assert_eq!(failures, Vec::<String>::new());
            }
            Either::Left(_) | Either::Right(_) => {}
        }
        fuse
    }

    /// A new worker takes the message of the last tick. Returns what it says went wrong.
    pub(super) async fn work(
        &self,
        poller: Poller,
        places: &[PlaceToPoll],
        deadline: Option<Timestamp>,
    ) -> Vec<String> {
        let fleet = fleet(&[], &[REGION], self.source.clone());
        // So long that the message which comes again is not overtaken.
        let mut handler = Handler::new(poller, fleet, SignedDuration::from_hours(1));
        handler.account = Some(self.place.account.clone());
        let message = batch(&bodies(places, *self.tick.lock().unwrap()));
        let deadline_ms = deadline.map_or(0, |at| at.as_millisecond().try_into().unwrap());
        let invocation = Invocation { function_arn: "", deadline_ms };
        let answer = handler.handle(&message, &invocation).await.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap();
        failures.iter().map(ToString::to_string).collect()
    }

    /// A minute later it is polled again, and nothing goes wrong.
    pub(super) async fn polls_a_minute_later(&self) {
        self.clock.later(60);
        self.poll(Fate::default()).await;
    }

    /// A new tick: what comes from now on is another message.
    pub(super) fn ticks(&self) {
        *self.tick.lock().unwrap() = self.clock.now();
    }
}

/// Longer than any test.
pub(super) const LONG: u64 = 9_000_000;
