//! Time that passes only while everybody waits: hours of polls in a second, and calls that overlap.

use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use amiwatch::ports::Clock;
use jiff::{SignedDuration, Timestamp};

/// One clock, shared by its clones.
#[derive(Debug, Clone)]
pub(crate) struct Time {
    timers: Arc<Mutex<Timers>>,
    /// Calls take no time, and the clock moves only by [`Time::pass`]: for tests with real sockets.
    by_hand: bool,
}

#[derive(Debug)]
struct Timers {
    now: Timestamp,
    numbered: u64,
    waiting: BTreeMap<(Timestamp, u64), Waker>,
}

impl Time {
    pub(crate) fn starting(now: Timestamp) -> Self {
        let timers = Timers { now, numbered: 0, waiting: BTreeMap::new() };
        Self { timers: Arc::new(Mutex::new(timers)), by_hand: false }
    }

    pub(crate) fn by_hand(now: Timestamp) -> Self {
        Self { by_hand: true, ..Self::starting(now) }
    }

    fn timers(&self) -> MutexGuard<'_, Timers> {
        self.timers.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.timers().now
    }

    /// Moves a clock that is moved by hand.
    pub(crate) fn pass(&self, by: SignedDuration) {
        self.timers().now += by;
    }

    pub(crate) fn sleep(&self, by: SignedDuration) -> Sleep {
        let until = if self.by_hand { Timestamp::MIN } else { self.now() + by };
        Sleep { time: self.clone(), until, number: None }
    }

    pub(crate) fn sleep_until(&self, until: Timestamp) -> Sleep {
        Sleep { time: self.clone(), until, number: None }
    }

    /// Runs a future to its end; where it waits, the clock moves to the next moment it waits for.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        let mut context = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            if !flag.0.swap(false, Ordering::Relaxed) {
                self.move_on();
            }
        }
    }

    fn move_on(&self) {
        let waker = {
            let mut timers = self.timers();
            let ((at, _), waker) = timers.waiting.pop_first().expect("somebody waits for a time");
            timers.now = timers.now.max(at);
            waker
        };
        waker.wake();
    }
}

#[derive(Debug, Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Waits until a time.
#[derive(Debug)]
pub(crate) struct Sleep {
    time: Time,
    until: Timestamp,
    number: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time.clone();
        let mut timers = time.timers();
        if timers.now >= self.until {
            return Poll::Ready(());
        }
        let number = self.number.unwrap_or_else(|| {
            timers.numbered += 1;
            timers.numbered
        });
        self.number = Some(number);
        timers.waiting.insert((self.until, number), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.time.timers().waiting.remove(&(self.until, number));
        }
    }
}

/// A poller's clock, which may go wrong by some seconds.
#[derive(Debug, Clone)]
pub(crate) struct SkewedClock {
    pub(crate) time: Time,
    pub(crate) ahead: SignedDuration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        self.time.now() + self.ahead
    }
}
