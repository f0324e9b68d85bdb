//! Carrying EC2's text into places that give some characters a meaning: shells, chats, links.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::text::{is_hidden, plain, truncate};

/// The longest S3 key; a longer value is none that a command could use.
const LONGEST_ARGUMENT: usize = 1_024;

/// What needs no quotation marks, beside letters and digits of ASCII. A comma would part a list in
/// PowerShell, and `@` name one.
const BARE: &str = "_./:=+-";

/// What has no meaning between double quotation marks, beside letters and digits of any script.
const INERT: &str = "_./:=+-,@~()[]{}#*? ";

/// The value as one argument of the AWS CLI, or `None` where it is not safe to paste.
///
/// The person's shell may be a POSIX shell, PowerShell or `cmd`, where single quotation marks quote
/// nothing. So what needs quoting stands between double ones, and is refused where any of the three
/// gives a meaning to one of its characters there: `$` and backticks, `%`, `!`, `\`, quotation marks (in
/// PowerShell also the typographic ones), and what joins commands in a batch file, as which the AWS CLI
/// may be started. Refused is too what is empty, hides characters, would be read as an option, or as a
/// file or an address to load the value from.
#[must_use]
pub fn shell(value: &str) -> Option<String> {
    let loads =
        ["file://", "fileb://", "http://", "https://"].iter().any(|it| value.starts_with(it));
    let is_inert = |c: char| (c.is_alphanumeric() && !is_hidden(c)) || INERT.contains(c);
    if value.is_empty()
        || value.len() > LONGEST_ARGUMENT
        || value.starts_with('-')
        || loads
        || !value.chars().all(is_inert)
    {
        return None;
    }
    // zsh looks for a program where an argument begins with `=`.
    let is_bare = |c: char| c.is_ascii_alphanumeric() || BARE.contains(c);
    Some(if value.chars().all(is_bare) && !value.starts_with('=') {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    })
}

/// `&`, `<` and `>` as Slack wants them.
#[must_use]
pub fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// One line in which no chat sees a mention, a link, an entity, or the end of a code span.
///
/// Chats have no common escape character, so what has a meaning is replaced by what looks like it.
#[must_use]
pub fn defuse(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        safe.push(match c {
            '<' => '\u{2039}',
            '>' => '\u{203a}',
            '@' => '\u{ff20}',
            '&' => '\u{ff06}',
            '`' => '\'',
            _ => c,
        });
    }
    // No chat makes a link of an S3 URI, and people copy it.
    let mut unlinked = String::with_capacity(safe.len());
    for piece in safe.split_inclusive("://") {
        match piece.strip_suffix("://") {
            Some(scheme) if !scheme.ends_with("s3") => {
                unlinked.push_str(scheme);
                unlinked.push_str(":\u{2215}\u{2215}");
            }
            _ => unlinked.push_str(piece),
        }
    }
    unlinked
}

/// The text for a chat message in markdown: itself where it is only letters, digits, hyphens and
/// spaces, else in a code span, where no markup works.
#[must_use]
pub fn inert(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ' ';
    let text = plain(text);
    if text.is_empty() {
        "unknown".to_owned()
    } else if text.chars().all(bare) && !text.starts_with('-') {
        text
    } else {
        code(&text)
    }
}

/// A line of ours for a chat message in markdown, in a code span where one of the names in it holds
/// markup, or a dot, by which it could pass for the address of a site.
#[must_use]
pub fn line(text: &str, names: &[String]) -> String {
    if names.iter().all(|name| inert(name) == *name) { defuse(text) } else { code(text) }
}

/// A name or ARN for a field that machines read and chats may show: itself where it holds no
/// markup, else in a code span.
#[must_use]
pub fn tame(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_.:/+=,% ".contains(c);
    // The end of a bundle's objects, `prefix*`, cannot begin or end any markup alone.
    let text = truncate(&defuse(text), 1_300);
    let body = text.strip_suffix('*').unwrap_or(&text);
    if body.chars().all(bare) { text } else { code(&text) }
}

/// The text in a code span, at most 1,500 characters of it.
#[must_use]
pub fn code(text: &str) -> String {
    format!("`{}`", truncate(&defuse(text), 1_500))
}

/// All but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encoded for any part of a link.
#[must_use]
pub fn percent(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_argument_is_quoted_or_refused() {
        assert_eq!(shell("s3://b/k-1.bin").as_deref(), Some("s3://b/k-1.bin"));
        assert_eq!(shell("my key, 2 (é)").as_deref(), Some("\"my key, 2 (é)\""));
        for needs_quoting in ["=ls", "a,b", "@a", "~", "a*", "a b"] {
            assert_eq!(shell(needs_quoting), Some(format!("\"{needs_quoting}\"")));
        }
        for bad in ["", "-rf", "file:///etc/passwd", "a\nb", "a\u{202e}b", "\u{1b}[2J", "\u{3164}"]
        {
            assert_eq!(shell(bad), None, "{bad:?}");
        }
        assert_eq!(shell(&"k".repeat(1_025)), None);
    }

    #[test]
    fn what_any_shell_takes_for_more_than_text_is_in_no_command() {
        for c in
            "'$`%&|<>^\";\n\r\t\\!\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}".chars()
        {
            for value in [format!("{c}"), format!("a{c}b"), format!("a b{c}")] {
                assert_eq!(shell(&value), None, "{value:?}");
            }
        }
        // PowerShell would end the text, and `cmd` would not see that there is one.
        for value in
            ["it\u{2019};calc;\u{2018}", "a' --endpoint-url https://evil.example '", "%PATH%"]
        {
            assert_eq!(shell(value), None, "{value:?}");
        }
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for value in ["a b", "=ls", "a,b@c", "~", "*?[~#](){}", "é 漢", "s3://b/k"] {
            let script = format!("printf %s {}", shell(value).expect("quotable"));
            let output =
                std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
            assert_eq!(String::from_utf8_lossy(&output.stdout), value);
        }
    }

    #[test]
    fn chats_see_no_mention_link_or_markup() {
        assert_eq!(slack("<!channel> & co"), "&lt;!channel&gt; &amp; co");
        assert_eq!(
            inert("<!here> @all `x` https://evil.example"),
            "`\u{2039}!here\u{203a} \u{ff20}all 'x' https:\u{2215}\u{2215}evil.example`"
        );
        assert_eq!(inert("ami-0123456789abcdef0"), "ami-0123456789abcdef0");
        assert_eq!(inert("my.bucket"), "`my.bucket`");
        assert_eq!(inert("\u{200b}"), "unknown");
    }

    #[test]
    fn a_line_stands_in_a_code_span_where_a_name_in_it_could_be_read_as_markup_or_a_link() {
        let plain = ["ami-1".to_owned(), "my-bucket".to_owned()];
        assert_eq!(line("Failed: ami-1 to my-bucket", &plain), "Failed: ami-1 to my-bucket");
        for name in ["evil.example", "*b*", "_i_", "~s~", "`c`", ":smile:", "@here", "<!here>"] {
            let shown = line(&format!("Failed: {name}"), &[name.to_owned()]);
            assert_eq!(shown, code(&format!("Failed: {name}")), "{name}");
            assert_eq!(shown.matches('`').count(), 2, "{shown}");
        }
    }

    #[test]
    fn a_link_holds_only_what_links_may_hold() {
        assert_eq!(percent("a b/ü?#&"), "a%20b%2F%C3%BC%3F%23%26");
    }
}
