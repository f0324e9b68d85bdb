//! `--webhook slack=URL_FILE`: a URL is a secret, which no list of processes may show.

use std::path::PathBuf;
use std::str::FromStr;

use crate::cli::CliError;
use crate::cli::connect::Connection;
use crate::webhook::{App, UrlSource, WebhookSink, WebhookUrl};

/// A chat app, and the file that holds its webhook's URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookChoice {
    app: App,
    file: PathBuf,
}

impl FromStr for WebhookChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let way_out = "write slack=FILE or teams=FILE, where the file holds the webhook's URL";
        let (app, file) = text.split_once('=').ok_or(way_out)?;
        if file.is_empty() {
            return Err(way_out.to_owned());
        }
        if file.contains("://") {
            // Not repeated: it may be the secret itself.
            return Err(format!("a URL stands where a file should: {way_out}"));
        }
        Ok(Self { app: app.parse()?, file: PathBuf::from(file) })
    }
}

impl WebhookChoice {
    pub(super) fn sink(&self, connection: &Connection) -> Result<WebhookSink, CliError> {
        // What is wrong with the file is better known at once.
        self.url().map_err(CliError)?;
        Ok(WebhookSink::new(self.app, &connection.network, Box::new(self.clone())))
    }
}

impl UrlSource for WebhookChoice {
    fn url(&self) -> Result<WebhookUrl, String> {
        let name = self.file.display();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| format!("cannot read the webhook's URL from {name}: {error}"))?;
        WebhookUrl::parse(&text).map_err(|fault| format!("{name} {fault}"))
    }
}
