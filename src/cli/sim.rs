//! `amiwatch sim`: the EC2 task API on this machine.

use amiwatch_simulator::{ServeOptions, serve};

use super::args::{OnOff, SimArgs};
use super::end::EndOfService;
use super::output::{print, say};
use super::{CliError, Exit};

pub(super) async fn run(args: SimArgs) -> Result<Exit, CliError> {
    let scenario = match &args.scenario {
        None => None,
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| {
                let way_out = "name a YAML file, or leave --scenario out for no tasks";
                CliError(format!("cannot read the scenario {name}: {error}; {way_out}"))
            })?;
            Some((name, text))
        }
    };
    let mut options = ServeOptions::default();
    options.listen = args.listen;
    options.scenario = scenario;
    options.speed = args.speed;
    options.throttle = args.throttle.map(|wanted| wanted == OnOff::On);
    let simulator = serve(options).await.map_err(CliError::new)?;
    // Before anybody hears of the address, and may ask for the end.
    let end = EndOfService::listen();
    // Whoever started it may have learned the address in another way: it serves all the same.
    let _ = print(&format!("listening on {}", simulator.url()))?;
    say(&format!(
        "point a client at it with AWS_ENDPOINT_URL_EC2={}; end it with Ctrl-C",
        simulator.url()
    ));
    simulator.wait_until_shutdown(end.wait()).await;
    Ok(Exit::Done)
}
