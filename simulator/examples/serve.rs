//! Serves a scenario until it is interrupted.
//!
//! ```console
//! $ cargo run -p amiwatch-simulator --example serve -- scenarios/demo.yaml
//! listening on http://127.0.0.1:40123
//! ```

use std::error::Error;
use std::io::Write;

use amiwatch_simulator::{ServeOptions, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let scenario = match std::env::args().nth(1) {
        None => None,
        Some(file) => {
            let text = std::fs::read_to_string(&file)?;
            Some((file, text))
        }
    };
    let mut options = ServeOptions::default();
    options.scenario = scenario;
    let sim = serve(options).await?;
    writeln!(std::io::stdout(), "listening on {}", sim.url())?;
    sim.wait_until_shutdown(std::future::pending()).await;
    Ok(())
}
