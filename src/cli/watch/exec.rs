//! `--exec CMD`: a command of the user's as a sink.
//!
//! It gets the event on stdin and its parts as variables. What it prints goes to stderr. An event counts
//! as told where it ends with 0; else it stays untold here, and the next poll tries again. Of a command
//! that runs too long the shell is ended; what the shell has put into the background is its own affair.

use std::process::Stdio;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::event::Event;
use crate::ports::{CALL_LONGEST, PublishError, Published, Sink};
use crate::record::SinkName;
use crate::render::subject;
use crate::render::text::plain;

/// How long a command may take; the next poll begins it again.
const LONGEST: Duration = Duration::from_millis(7_500);
const _: () = assert!(LONGEST.as_millis() < CALL_LONGEST.as_millis());

/// A command as a sink.
#[derive(Debug)]
pub(super) struct Exec {
    command: String,
}

impl Exec {
    pub(super) fn new(command: String) -> Self {
        Self { command }
    }

    async fn run(&self, event: &Event) -> Result<Published, PublishError> {
        let unavailable = |text: String| PublishError::Unavailable(text);
        let body = serde_json::to_string(event).map_err(|error| unavailable(error.to_string()))?;
        let mut command = shell(&self.command);
        command.envs(variables(event)).stdin(Stdio::piped()).stdout(std::io::stderr());
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| unavailable(format!("cannot be started: {error}")))?;
        let stdin = child.stdin.take();
        let ended = tokio::time::timeout(LONGEST, async {
            if let Some(mut stdin) = stdin {
                // A command need not read it.
                drop(stdin.write_all(body.as_bytes()).await);
                drop(stdin.shutdown().await);
            }
            child.wait().await
        });
        match ended.await {
            Ok(Ok(status)) if status.success() => Ok(Published::InFull),
            // Another event may pass: this one does not hold it up.
            Ok(Ok(status)) => {
                Err(PublishError::Refused(format!("the command ended with {status}")))
            }
            Ok(Err(error)) => Err(unavailable(error.to_string())),
            Err(_) => Err(unavailable(format!(
                "the command ran for more than {} s",
                LONGEST.as_secs_f32()
            ))),
        }
    }
}

#[cfg(unix)]
fn shell(text: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(text);
    command
}

#[cfg(not(unix))]
fn shell(text: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(text);
    command
}

/// The parts of an event that a script asks for, on one line each.
fn variables(event: &Event) -> Vec<(&'static str, String)> {
    let detail = &event.detail;
    let text = |text: &Option<String>| text.as_deref().map(plain).unwrap_or_default();
    vec![
        ("AMIWATCH_SUBJECT", subject(event)),
        ("AMIWATCH_ID", event.id.to_string()),
        ("AMIWATCH_KIND", detail.kind.to_string()),
        ("AMIWATCH_OUTCOME", detail.outcome.to_string()),
        ("AMIWATCH_TASK_STATE", plain(&detail.state)),
        ("AMIWATCH_TASK", plain(detail.subject.name())),
        ("AMIWATCH_IMAGE_ID", text(&detail.subject.image_id)),
        ("AMIWATCH_IMAGE_NAME", text(&detail.image_name)),
        ("AMIWATCH_BUCKET", text(&detail.subject.bucket)),
        ("AMIWATCH_EVENT_ACCOUNT", event.account.clone()),
        ("AMIWATCH_EVENT_REGION", event.region.clone()),
    ]
}

impl Sink for Exec {
    fn name(&self) -> SinkName {
        SinkName::new("exec")
    }

    fn publish<'a>(&'a self, event: &'a Event) -> BoxFuture<'a, Result<Published, PublishError>> {
        Box::pin(self.run(event))
    }
}
