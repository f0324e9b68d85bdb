//! Answers that are not AWS's: the page of a proxy, a sign-in form, the JSON of a gateway.

/// What a body holds, in the words of an error message.
pub(crate) fn described(body: &[u8]) -> &'static str {
    if body.trim_ascii().is_empty() {
        return "an empty body";
    }
    if is_web_page(body) {
        return "a web page";
    }
    match body.trim_ascii_start() {
        [b'{' | b'[', ..] => "JSON",
        [b'<', ..] => "XML",
        _ => "plain text",
    }
}

/// Whether this is HTML, also where a comment or an XML declaration stands before it.
pub(crate) fn is_web_page(body: &[u8]) -> bool {
    /// A page begins before this; more need not be looked at.
    const BEGINS_WITHIN: usize = 1_000;
    let start = body.get(..BEGINS_WITHIN).unwrap_or(body).to_ascii_lowercase();
    let has = |tag: &[u8]| memchr::memmem::find(&start, tag).is_some();
    start.trim_ascii_start().starts_with(b"<") && (has(b"<html") || has(b"<!doctype html"))
}

/// Where to look when somebody else answers in AWS's place.
pub(super) const WAY_OUT: &str = "look for a proxy, a sign-in page or a wrong endpoint in between (HTTPS_PROXY, \
     HTTP_PROXY, NO_PROXY, AWS_ENDPOINT_URL)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_described_by_what_it_begins_with() {
        for (body, expected) in [
            ("", "an empty body"),
            (" \r\n", "an empty body"),
            ("<!DOCTYPE html>\n<p>", "a web page"),
            ("<!-- x --><HTML lang=en>", "a web page"),
            ("<?xml version='1.0'?><!DOCTYPE html><html>", "a web page"),
            (" {\"message\": \"<html>\"}", "JSON"),
            ("[1]", "JSON"),
            ("<Response/>", "XML"),
            ("busy", "plain text"),
        ] {
            assert_eq!(described(body.as_bytes()), expected, "{body}");
        }
    }
}
