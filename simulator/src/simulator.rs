//! A simulator: setting it up, serving, and shutting it down.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{SPEEDS, SimClock};
use crate::http;
use crate::scenario::{Scenario, ScenarioError};
use crate::settings::Settings;
use crate::throttle::Throttle;
use crate::world::World;

/// How long open connections get to end on their own.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// The address could not be listened on.
    #[error(
        "cannot listen on {addr} ({source}): choose another address, or port 0 for any free port"
    )]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The scenario is not in order.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The speed is not one.
    #[error("the speed {speed} is not usable: write a number from 0.001 to 1000000, such as 60")]
    Speed {
        /// What was given.
        speed: f64,
    },
}

/// A running simulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Simulator {
    addr: SocketAddr,
    world: Arc<World>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts to set one up.
    #[must_use]
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::default()
    }

    async fn start(listen: SocketAddr, world: World) -> Result<Self, SimError> {
        let failed = |source| SimError::Listen { addr: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let world = Arc::new(world);
        let (stop, mut stopped) = watch::channel(false);
        let server = axum::serve(listener, http::app(Arc::clone(&world))).with_graceful_shutdown(
            async move {
                // An error means that the simulator is gone, which is as good a reason to stop.
                let _ = stopped.wait_for(|stop| *stop).await;
            },
        );
        let task = tokio::spawn(async move {
            // Ends only when told to: axum keeps accepting after every error.
            let _ = server.await;
        });
        Ok(Self { addr, world, stop, task: Some(task) })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The endpoint URL for an EC2 client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What it serves, to be looked at and changed while it runs.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Serves until `end` is there, such as Ctrl-C, and then shuts down.
    pub async fn wait_until_shutdown(self, end: impl Future<Output = ()>) {
        end.await;
        self.shutdown().await;
    }

    /// Takes no new connections, lets open calls end, and cuts them off after two seconds.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(task) = self.task.take() {
            end(task).await;
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        let Some(task) = self.task.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(end(task))),
            Err(_) => task.abort(),
        }
    }
}

async fn end(mut task: JoinHandle<()>) {
    if tokio::time::timeout(SHUTDOWN_LIMIT, &mut task).await.is_err() {
        task.abort();
    }
}

/// A simulator that is being set up.
#[derive(Debug, Default)]
pub struct SimulatorBuilder {
    listen: Option<SocketAddr>,
    clock: Option<SimClock>,
    speed: Option<f64>,
    settings: Option<Settings>,
    throttle: Option<Throttle>,
    scenario: Option<Scenario>,
}

impl SimulatorBuilder {
    /// Where to listen; by default any free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.listen = Some(addr);
        self
    }

    /// The clock, in place of the scenario's start and of any speed.
    #[must_use]
    pub fn clock(mut self, clock: SimClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Simulated seconds in a real one, in place of the scenario's own.
    #[must_use]
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = Some(speed);
        self
    }

    /// The settings, in place of the scenario's.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// The token buckets, in place of those of the settings.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.throttle = Some(throttle);
        self
    }

    /// What there is at the start.
    #[must_use]
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Listens, and serves in a task of the caller's runtime.
    ///
    /// # Errors
    /// Where the speed is not in order or the address cannot be listened on.
    pub async fn start(self) -> Result<Simulator, SimError> {
        let world = self.world()?;
        Simulator::start(self.listen.unwrap_or_else(any_port), world).await
    }

    fn world(&self) -> Result<World, SimError> {
        let scenario = self.scenario.as_ref();
        let speed = self.speed.or_else(|| scenario.and_then(Scenario::speed)).unwrap_or(1.0);
        if !SPEEDS.contains(&speed) {
            return Err(SimError::Speed { speed });
        }
        let clock = match (&self.clock, scenario.and_then(Scenario::start)) {
            (Some(clock), _) => clock.clone(),
            (None, Some(start)) => SimClock::running(start, speed),
            (None, None) => SimClock::from_now(speed),
        };
        let mut settings = self
            .settings
            .clone()
            .or_else(|| scenario.map(|scenario| scenario.settings().clone()))
            .unwrap_or_default();
        if let Some(throttle) = &self.throttle {
            settings.throttle = throttle.clone();
        }
        let world = World::new(clock, settings);
        if let Some(scenario) = scenario {
            scenario.apply(&world);
        }
        Ok(world)
    }
}

pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
