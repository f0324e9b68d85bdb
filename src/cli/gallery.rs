//! A folder with every text: a page to look at, and a file for each text to paste or to send.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::CliError;
use crate::event::Event;
use crate::private;
use crate::render::Channel;

/// Slack's own page that shows a message as Slack does. It reads the message from the address, so
/// that nothing is sent to anybody before the link is followed.
const BLOCK_KIT_BUILDER: &str = "https://app.slack.com/block-kit-builder/#";

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>amiwatch: what it says</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
pre { background: #f4f5f7; padding: 1rem; overflow-x: auto; font-size: 13px }
nav a, h3 a { margin-right: 1em }
@media (prefers-color-scheme: dark) {
  body { background: #16181d; color: #e6e6e6 } pre { background: #22252c } a { color: #8ab4f8 }
}
</style>
<h1>What amiwatch says</h1>
";

/// One event as one channel shows it.
pub(super) struct Shown<'a> {
    pub(super) event: &'a Event,
    pub(super) channel: Channel,
    pub(super) text: String,
}

/// Writes `index.html` and the texts, over what an earlier gallery left. Gives a line that says
/// where.
pub(super) fn write(folder: &Path, shown: &[Shown<'_>]) -> Result<String, CliError> {
    private::folder(folder).map_err(|error| cannot_write(folder, &error))?;
    let shown = &numbered(shown);
    for it in shown {
        save(&folder.join(file_name(it)), it.text)?;
    }
    let index = folder.join("index.html");
    save(&index, &page(shown))?;
    Ok(format!("{} texts: open {}", shown.len(), index.display()))
}

fn save(path: &Path, text: &str) -> Result<(), CliError> {
    private::write(path, text).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    CliError(format!("cannot write {}: {error}", path.display()))
}

/// A text and the section that it stands in, which no other event has.
struct Entry<'a> {
    section: String,
    title: String,
    channel: Channel,
    text: &'a str,
}

/// Several events of one kind and outcome are told apart by a number.
fn numbered<'a>(shown: &'a [Shown<'_>]) -> Vec<Entry<'a>> {
    let mut seen: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut entries = Vec::with_capacity(shown.len());
    for it in shown {
        let detail = &it.event.detail;
        let name = format!("{}-{}", detail.kind, detail.outcome);
        let count = seen.entry((name.clone(), it.channel.name())).or_default();
        *count += 1;
        let number = if *count > 1 { format!("-{count}") } else { String::new() };
        entries.push(Entry {
            section: format!("{name}{number}"),
            title: format!("{} {}{}", detail.kind, detail.outcome, number.replace('-', " ")),
            channel: it.channel,
            text: &it.text,
        });
    }
    entries
}

fn file_name(shown: &Entry<'_>) -> String {
    let form = match shown.channel {
        Channel::Email | Channel::Sms | Channel::Subject => "txt",
        Channel::Event | Channel::Chat | Channel::Slack | Channel::Teams => "json",
    };
    format!("{}-{}.{form}", shown.section, shown.channel)
}

fn page(shown: &[Entry<'_>]) -> String {
    let mut contents = String::from("<nav>");
    let mut body = String::new();
    let mut last = String::new();
    for it in shown {
        let Entry { section, title, .. } = it;
        if *section != last {
            // Writing to a string cannot fail.
            let _ = write!(contents, "<a href=\"#{section}\">{title}</a>");
            let _ = writeln!(body, "<h2 id=\"{section}\">{title}</h2>");
            last.clone_from(section);
        }
        let file = file_name(it);
        let _ = writeln!(
            body,
            "<h3>{} <a href=\"{file}\">{file}</a>{}</h3>\n<pre>{}</pre>",
            it.channel,
            if it.channel == Channel::Slack { block_kit(it.text) } else { String::new() },
            html(it.text),
        );
    }
    format!("{HEAD}{contents}</nav>\n{body}")
}

fn block_kit(payload: &str) -> String {
    // In a fragment a plus sign is no space.
    let encoded = form_urlencoded::byte_serialize(payload.as_bytes()).collect::<String>();
    format!("<a href=\"{BLOCK_KIT_BUILDER}{}\">as Slack shows it</a>", encoded.replace('+', "%20"))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
