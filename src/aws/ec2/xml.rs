//! What an answer of EC2 must not hold when the SDK reads it: pure.
//!
//! The SDK refuses a whole page for one character that XML does not allow, such as half a surrogate
//! pair in one task's failure reason, and for one number or time that is none. And its errors may
//! quote what it could not read, so that the secrets are taken out before.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use memchr::memmem;

use super::call::Elements;

/// What stands for a character that is none: U+FFFD, as Unicode has it.
const REPLACEMENT: &str = "\u{fffd}";

/// A character reference has no more bytes between `&#` and `;`. A stray `&#` ends no sooner.
const LONGEST_REFERENCE: usize = 8;

/// Every answer of EC2 is one element whose name ends in `Response`.
pub(super) fn is_whole(body: &[u8]) -> bool {
    let body = body.trim_ascii_end();
    let last = body.iter().rposition(|byte| *byte == b'<');
    body.ends_with(b"Response>") && last.is_some_and(|at| body.get(at + 1) == Some(&b'/'))
}

/// The answer without what it must not hold; `None` where there is nothing to change.
pub(super) fn safe(body: &[u8], elements: &[Elements]) -> Option<String> {
    // Valid text is found to be so many times faster than it is read with replacements.
    let (read, mut changed) = match std::str::from_utf8(body) {
        Ok(text) => (text, None),
        Err(_) => ("", Some(String::from_utf8_lossy(body).into_owned())),
    };
    let mut step = |change: &dyn Fn(&str) -> Option<String>| {
        if let Some(text) = change(changed.as_deref().unwrap_or(read)) {
            changed = Some(text);
        }
    };
    step(&with_characters_only);
    for name in elements.iter().flat_map(|it| it.secrets) {
        step(&|text| without(text, name, |_| false));
    }
    for name in elements.iter().flat_map(|it| it.times) {
        let is_time = |text: &str| DateTime::from_str(text, Format::DateTimeWithOffset).is_ok();
        step(&|text| without(text, name, is_time));
    }
    for name in elements.iter().flat_map(|it| it.numbers) {
        step(&|text| without(text, name, |text| text.parse::<i32>().is_ok()));
    }
    changed
}

/// The text without the elements of this name that are not to be kept; `None` where all are.
fn without(text: &str, name: &str, keep: impl Fn(&str) -> bool) -> Option<String> {
    let mut result: Option<String> = None;
    let mut copied = 0;
    let mut from = 0;
    let finder = memmem::Finder::new(name);
    while let Some(found) = text.get(from..).and_then(|rest| finder.find(rest.as_bytes())) {
        let begin = from + found;
        from = begin + name.len();
        let (before, rest) = (text.get(..begin)?, text.get(from..)?);
        if !before.ends_with('<') {
            continue;
        }
        // One that is never closed reaches to the end.
        let (content, length) = if let Some(rest) = rest.strip_prefix('>') {
            let close = format!("</{name}>");
            match rest.find(&close) {
                Some(at) => (rest.get(..at)?, 1 + at + close.len()),
                None => (rest, 1 + rest.len()),
            }
        } else if rest.starts_with("/>") {
            ("", 2)
        } else {
            continue;
        };
        if !keep(content) {
            result.get_or_insert_default().push_str(text.get(copied..begin - 1)?);
            copied = from + length;
        }
        from += length;
    }
    let mut result = result?;
    result.push_str(text.get(copied..)?);
    Some(result)
}

/// The text with what is no character replaced; `None` where there is nothing to replace.
fn with_characters_only(text: &str) -> Option<String> {
    // Counted to the end, which takes many bytes at once.
    let is_bad = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let bad_bytes = text.as_bytes().iter().filter(|byte| is_bad(byte)).count() > 0;
    let noncharacters = memmem::find(text.as_bytes(), "\u{ffff}".as_bytes()).is_some()
        || memmem::find(text.as_bytes(), "\u{fffe}".as_bytes()).is_some();
    if !bad_bytes && !noncharacters && memmem::find(text.as_bytes(), b"&#").is_none() {
        return None;
    }
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("&#") {
        let (before, reference) = rest.split_at(at);
        safe.push_str(before);
        let end = reference.bytes().take(2 + LONGEST_REFERENCE + 1).position(|byte| byte == b';');
        let Some((name, after)) = end.and_then(|end| reference.split_at_checked(end + 1)) else {
            // No reference at all: what stands there stays, as text.
            safe.push_str("&amp;#");
            rest = reference.get(2..).unwrap_or_default();
            continue;
        };
        match character(name.trim_start_matches("&#").trim_end_matches(';')) {
            Some(_) => safe.push_str(name),
            None => safe.push_str(REPLACEMENT),
        }
        rest = after;
    }
    safe.push_str(rest);
    Some(safe.replace(|c| !is_allowed(c), REPLACEMENT))
}

/// The character that a reference's digits name, where XML allows it.
fn character(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(number).filter(|c| is_allowed(*c))
}

fn is_allowed(c: char) -> bool {
    (c >= ' ' || matches!(c, '\t' | '\n' | '\r')) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> Option<String> {
        safe(text.as_bytes(), &ELEMENTS)
    }

    const ELEMENTS: [Elements; 1] = [Elements {
        secrets: &["AWSAccessKeyId", "uploadPolicy", "uploadPolicySignature"],
        times: &["taskStartTime", "startTime", "updateTime"],
        numbers: &["progressPercentage"],
    }];

    #[test]
    fn references_to_no_character_are_replaced_and_the_others_stay() {
        assert_eq!(cleaned("<a>plain</a>"), None);
        let good = "<a>&#65;&#x42;&amp;</a>";
        assert_eq!(cleaned(good).as_deref(), Some(good));
        for bad in [
            "&#xD800;",
            "&#xDFFF;",
            "&#0;",
            "&#x1;",
            "&#1114112;",
            "&#;",
            "&#what;",
            "&#xFFFE;",
            "&#65535;",
            "\u{1}",
            "\u{fffe}",
            "\u{ffff}",
        ] {
            assert_eq!(cleaned(&format!("a{bad}b")).as_deref(), Some("a\u{fffd}b"), "{bad}");
        }
    }

    #[test]
    fn a_stray_beginning_of_a_reference_swallows_nothing() {
        assert_eq!(cleaned("a&#65").as_deref(), Some("a&amp;#65"));
        assert_eq!(
            cleaned("<a>&#</a><b>one; two</b>").as_deref(),
            Some("<a>&amp;#</a><b>one; two</b>")
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(safe(b"a\xffb", &ELEMENTS).as_deref(), Some("a\u{fffd}b"));
    }

    #[test]
    fn secrets_are_taken_out_also_where_they_are_not_closed_or_hold_what_is_no_xml() {
        let body = "<S3><AWSAccessKeyId>AKIA</AWSAccessKeyId><bucket>b</bucket>\
            <uploadPolicy>x&SECRET;</uploadPolicy><uploadPolicySignature>SECRET\
            </uploadPolicySignature><uploadPolicy/></S3>";
        assert_eq!(cleaned(body).as_deref(), Some("<S3><bucket>b</bucket></S3>"));
        assert_eq!(cleaned("<S3><uploadPolicy>SECRET<b").as_deref(), Some("<S3>"));
        let only_the_name = "<message>uploadPolicy is wrong, see taskStartTime</message>";
        assert_eq!(cleaned(only_the_name), None);
    }

    #[test]
    fn what_is_no_number_or_time_is_taken_out_and_its_neighbours_stay() {
        let good = "<taskStartTime>2022-01-01T01:01:01.001Z</taskStartTime>\
            <progressPercentage>7</progressPercentage>";
        assert_eq!(cleaned(good), None);
        for bad in [
            "<taskStartTime/>",
            "<taskStartTime></taskStartTime>",
            "<startTime>yesterday</startTime>",
            "<updateTime>2022-13-01T01:01:01.001Z</updateTime>",
            "<progressPercentage/>",
            "<progressPercentage>7%</progressPercentage>",
            "<progressPercentage>1.5</progressPercentage>",
        ] {
            let body = format!("<i>{good}{bad}<bucket>b</bucket></i>");
            let expected = format!("<i>{good}<bucket>b</bucket></i>");
            assert_eq!(cleaned(&body), Some(expected), "{bad}");
        }
    }

    #[test]
    fn an_answer_is_whole_when_its_element_is_closed() {
        assert!(is_whole(b"<DescribeBundleTasksResponse></DescribeBundleTasksResponse>\n"));
        assert!(!is_whole(b"<DescribeBundleTasksResponse><requestId>1</reques"));
        assert!(!is_whole(b"<DescribeBundleTasksResponse>"));
        assert!(!is_whole(b""));
    }
}
