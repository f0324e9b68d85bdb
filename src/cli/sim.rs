//! `amiwatch sim`: the EC2 task API on this machine.

use super::args::{OnOff, SimArgs};
use super::output::{print, say};
use super::{CliError, Outcome};
use crate::sim::{self, ServeOptions};

pub(super) async fn run(args: SimArgs) -> Result<Outcome, CliError> {
    let scenario = match &args.scenario {
        None => None,
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| CliError(format!("cannot read the scenario {name}: {error}")))?;
            Some((name, text))
        }
    };
    let options = ServeOptions {
        listen: args.listen,
        scenario,
        speed: args.speed,
        throttle: args.throttle != Some(OnOff::Off),
    };
    let simulator = sim::serve(options).await.map_err(CliError::new)?;
    print(&format!("listening on {}", simulator.url()))?;
    say(&format!(
        "point a client at it with AWS_ENDPOINT_URL_EC2={}; end it with Ctrl-C",
        simulator.url()
    ));
    simulator.wait_until_shutdown(end_of_service()).await;
    Ok(Outcome::Done)
}

/// Ctrl-C, or the signal that asks a process to end.
async fn end_of_service() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminate) => drop(terminate.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        futures_util::future::select(Box::pin(interrupt), Box::pin(terminate)).await;
    }
    #[cfg(not(unix))]
    interrupt.await;
}
