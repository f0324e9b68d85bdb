//! Making EC2's text harmless to read: no control, no invisible and no direction-changing
//! character, a known length, lines of a known width.

use std::fmt::Write;

/// Whether a character shows nothing, moves the cursor or changes the direction of the text
/// around it. Line breaks and tabs count too.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}'
            | '\u{061c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text on one line: hidden characters are dropped, and white space of any kind and length
/// becomes one space.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') {
            if !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
            }
        } else if !is_hidden(c) {
            clean.push(c);
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// As [`plain`], line by line; lines that say nothing are dropped.
#[must_use]
pub fn plain_lines(text: &str) -> Vec<String> {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{85}'])
        .map(plain)
        .filter(|line| !line.is_empty())
        .collect()
}

/// The text in the lines that it has, without any other hidden character.
#[must_use]
pub fn visible(text: &str) -> String {
    let spaced = text.chars().map(|c| if c == '\t' { ' ' } else { c });
    spaced.filter(|c| *c == '\n' || !is_hidden(*c)).collect()
}

/// The same JSON with an escape for each hidden character. JSON holds them within texts only, and line
/// breaks between these.
#[must_use]
pub fn visible_json(json: &str) -> String {
    let mut visible = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            visible.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(visible, "\\u{unit:04x}");
        }
    }
    visible
}

/// The text in printable ASCII on one line; what has no ASCII form becomes a question mark.
#[must_use]
pub fn ascii_subject(text: &str) -> String {
    plain(text).chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

/// The text on one line of at most `max` characters: what a text from outside may have of a sentence of
/// ours.
#[must_use]
pub fn clipped(text: &str, max: usize) -> String {
    truncate(&plain(text), max)
}

/// At most `max` characters, the last of which say how much was cut.
#[must_use]
pub fn truncate(text: &str, max: usize) -> String {
    let total = text.chars().count();
    if total <= max {
        return text.to_owned();
    }
    let marker = |cut: usize| format!(" [... {} more characters]", thousands(cut));
    // The marker of all the text is the longest that there can be.
    let keep = max.saturating_sub(marker(total).len());
    let head: String = text.chars().take(keep).collect();
    format!("{}{}", head.trim_end(), marker(total - keep)).chars().take(max).collect()
}

/// At most `max` characters: the beginning and the end, with `...` between them.
#[must_use]
pub fn shorten(text: &str, max: usize) -> String {
    let total = text.chars().count();
    if total <= max {
        return text.to_owned();
    }
    let keep = max.saturating_sub(3);
    let tail = keep / 3;
    let head = text.chars().take(keep - tail);
    head.chain("...".chars().take(max)).chain(text.chars().skip(total - tail)).collect()
}

/// `1,234,567`
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A duration in words, in its two largest units: `30 minutes 10 seconds`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3_600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let words: Vec<String> = units
        .iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    if words.is_empty() { "less than a second".to_owned() } else { words.join(" ") }
}

/// Lines of at most `width` characters. The first begins with `first`, the others with `rest`.
/// A longer word is broken, unless it is a link, URI or ARN that somebody may want to copy.
#[must_use]
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = first.chars().count();
    let mut empty = true;
    let indent = rest.chars().count();
    let room = width.saturating_sub(indent.max(used)).max(1);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        for piece in pieces(word, room) {
            let length = piece.chars().count();
            if !empty && used + 1 + length > width {
                lines.push(std::mem::replace(&mut line, rest.to_owned()));
                used = indent;
                empty = true;
            }
            if !empty {
                line.push(' ');
                used += 1;
            }
            line.push_str(&piece);
            used += length;
            empty = false;
        }
    }
    if !empty || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Longer than any ARN that AWS writes; beyond it a word is noise and is broken.
const LONGEST_COPIED_WORD: usize = 300;

fn pieces(word: &str, room: usize) -> Vec<String> {
    let length = word.chars().count();
    let copied = word.contains("://") || word.contains("arn:");
    if length <= room || (copied && length <= LONGEST_COPIED_WORD) {
        return vec![word.to_owned()];
    }
    let characters: Vec<char> = word.chars().collect();
    characters.chunks(room).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_gone_and_what_separates_is_one_space() {
        assert_eq!(plain("  a\0b\u{202e}c\u{200b}\r\n\t d\u{1b}[31m \u{2028}e  "), "abc d[31m e");
        assert_eq!(plain("\u{feff}\n \u{200d}"), "");
        assert_eq!(plain_lines("one\r\n\r\n two \n\u{200b}\nthree"), ["one", "two", "three"]);
        assert_eq!(ascii_subject("Zürich\u{202e}\nß"), "Z?rich ?");
    }

    #[test]
    fn json_says_the_same_without_a_hidden_character() {
        let texts = ["\u{9b}31m\u{7f}\t\n\0", "\u{202e}gnp.exe\u{2066}", "\u{e0041}🙂 é", "\"\\"];
        let json = serde_json::to_string_pretty(&texts).expect("JSON");
        let visible = visible_json(&json);
        assert!(!visible.chars().any(|c| is_hidden(c) && c != '\n'), "{visible:?}");
        assert!(visible.contains("\\u009b31m\\u007f\\t\\n\\u0000"), "{visible}");
        assert!(visible.contains("\\udb40\\udc41🙂 é"), "{visible}");
        let read: Vec<String> = serde_json::from_str(&visible).expect("JSON");
        assert_eq!(read, texts);
        assert_eq!(visible.lines().count(), json.lines().count());
    }

    #[test]
    fn what_is_visible_stays_in_its_lines() {
        assert_eq!(visible("a\u{1b}[2J\n  b\tc\u{9b}\r\n\u{202e}d"), "a[2J\n  b c\nd");
    }

    #[test]
    fn a_cut_says_how_much_is_missing_and_never_splits_a_character() {
        assert_eq!(truncate("short", 5), "short");
        let cut = truncate(&"é".repeat(5_000), 40);
        assert_eq!(cut, format!("{} [... 4,988 more characters]", "é".repeat(12)));
        assert_eq!(truncate("abcdef", 3).chars().count(), 3);
        assert_eq!(shorten("my-very-long-bucket-name", 13), "my-very...ame");
        assert_eq!(shorten("abcdef", 2).chars().count(), 2);
    }

    #[test]
    fn durations_read_as_words() {
        for (seconds, words) in [
            (0, "less than a second"),
            (1, "1 second"),
            (60, "1 minute"),
            (1_810, "30 minutes 10 seconds"),
            (3_600, "1 hour"),
            (7_325, "2 hours 2 minutes"),
            (86_405, "1 day"),
            (2_764_800, "32 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }

    #[test]
    fn lines_keep_their_width_and_links_stay_whole() {
        let link = format!("s3://bucket/{}", "k".repeat(90));
        let lines = wrap(&format!("one two {} {link} end", "x".repeat(100)), 20, "- ", "  ");
        assert_eq!(lines.first().map(String::as_str), Some("- one two"));
        assert!(lines.contains(&format!("  {link}")));
        assert!(lines.iter().all(|line| line.chars().count() <= 20 || line.contains(&link)));
        assert_eq!(wrap("", 20, "> ", "> "), [">"]);
    }
}
