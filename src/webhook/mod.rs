//! Webhooks of chat apps: whose they are, one HTTP POST, and what its answer means.

mod answer;
mod app;
mod hook;
mod news;
mod sink;

pub use answer::{Answer, Verdict};
pub use app::App;
pub use hook::{Hook, WebhookUrl};
pub use news::News;
pub use sink::{UrlSource, WebhookSink};
