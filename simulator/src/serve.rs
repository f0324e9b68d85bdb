//! Starting a simulator from the options of a command line.

use std::net::SocketAddr;

use crate::scenario::Scenario;
use crate::simulator::{SimError, Simulator, any_port};
use crate::throttle::Throttle;

/// What a command line passes on. Begin with [`ServeOptions::default`] and change what was given.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
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
