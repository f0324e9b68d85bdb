//! A function's log: JSON, one readable sentence a line with the same facts as fields. Which place or
//! target a line is about stands in its `span`.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::environment::Lookup;

/// Begins to log to stdout, at the level that Lambda's logging configuration sets. Libraries below
/// us may speak from `WARN` up: what the SDK says in more detail holds whole answers of EC2.
pub fn init(lookup: Lookup<'_>) {
    let level = lookup("AWS_LAMBDA_LOG_LEVEL")
        .and_then(|level| level.parse::<Level>().ok())
        .unwrap_or(Level::INFO);
    let json = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_current_span(true)
        .with_span_list(false);
    // What ends an invocation is logged where it is found; the runtime would log it once more.
    let targets = Targets::new()
        .with_default(Level::WARN)
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
        .with_target("amiwatch", level);
    // Only a second call fails, and the first one's settings hold then.
    drop(tracing_subscriber::registry().with(json).with(targets).try_init());
}
