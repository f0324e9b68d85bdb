//! A notification as a person would receive it, for the terminal.

use super::email::email;
use super::story::subject;

/// The subject line, the email indented below it, and an empty line that parts it from the next. No
/// colour codes.
#[must_use]
pub fn notification(event: &crate::event::Event) -> String {
    let mut text = format!("{}\n", subject(event));
    for line in email(event).lines() {
        if !line.is_empty() {
            text.push_str("    ");
            text.push_str(line);
        }
        text.push('\n');
    }
    text.push('\n');
    text
}
