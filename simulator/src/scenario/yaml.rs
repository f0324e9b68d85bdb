//! Reading a document, whether it is YAML or JSON.

use std::fmt::Write;

use serde::de::DeserializeOwned;

use super::check::Problem;

/// Reads YAML, of which JSON is a part.
pub(crate) fn from_yaml<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // JSON's escapes for characters above U+FFFF are no YAML: read as JSON, write, read as YAML,
    // which alone says where in the document an error is.
    let json = serde_json::from_str::<serde_json::Value>(text).map(|value| as_yaml(&value));
    let text = json.as_deref().unwrap_or(text);
    serde_norway::from_str(text).map_err(|error| Problem::from_serde(&error.to_string()))
}

/// JSON in which the characters are escaped that YAML takes no other way.
fn as_yaml(json: &serde_json::Value) -> String {
    let is_plain = |c: char| !matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    let mut text = String::new();
    for c in json.to_string().chars() {
        if is_plain(c) {
            text.push(c);
        } else {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        }
    }
    text
}
