//! Setting a simulator up: from Rust, or as the command line does.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use super::clock::SimClock;
use super::scenario::{Scenario, ScenarioError};
use super::server::Simulator;
use super::settings::Settings;
use super::throttle::Throttle;
use super::world::World;

/// The speeds that there are: slower is standing still, and faster is beyond what time can hold.
pub(crate) const SPEEDS: RangeInclusive<f64> = 0.001..=1_000_000.0;

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
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

/// What the command line passes on.
#[derive(Debug, Clone, PartialEq)]
pub struct ServeOptions {
    /// Where to listen; port 0 for any free port.
    pub listen: SocketAddr,
    /// A scenario's file name and text.
    pub scenario: Option<(String, String)>,
    /// Simulated seconds in a real one; in place of the scenario's own, else 1.
    pub speed: Option<f64>,
    /// The documented limits on calls, or none; in place of the scenario's own, else documented.
    pub throttle: Option<bool>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { listen: any_port(), scenario: None, speed: None, throttle: None }
    }
}

/// Starts a simulator as the command line's options say.
///
/// # Errors
/// Where the scenario or the speed is not in order, or the address cannot be listened on.
pub async fn serve(options: ServeOptions) -> Result<Simulator, SimError> {
    let mut builder = Simulator::builder().listen(options.listen);
    if let Some((name, text)) = options.scenario {
        builder = builder.scenario(Scenario::parse(&text, &name)?);
    }
    if let Some(speed) = options.speed {
        builder = builder.speed(speed);
    }
    if let Some(on) = options.throttle {
        builder = builder.throttle(if on { Throttle::Documented } else { Throttle::Off });
    }
    builder.start().await
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

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
