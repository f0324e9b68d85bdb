//! A table that fits its terminal. Pure: the width is an argument.
//!
//! An id and a time are never broken. Where the table is too wide, the columns that may wrap give
//! way, and then columns are left out, the least important first.

use std::collections::BTreeSet;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A wrapped column is no narrower than this, unless its texts are.
const NARROWEST: usize = 16;

/// Spaces between two columns.
const PADDING: usize = 2;

/// One column.
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Whether its texts may be written on several lines.
    pub(super) wraps: bool,
    /// The column with the lowest number is left out first; each has its own. Without one it always
    /// stays.
    pub(super) leave_out: Option<u8>,
    pub(super) cells: Vec<String>,
}

impl Column {
    fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.title).chain(self.cells.iter().map(String::as_str))
    }

    fn natural(&self) -> usize {
        self.texts().map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    /// The least that it takes.
    fn least(&self) -> usize {
        let natural = self.natural();
        if !self.wraps {
            return natural;
        }
        let whole = self.texts().flat_map(pieces).map(Piece::must_be).max().unwrap_or(0);
        natural.min(NARROWEST.max(whole))
    }

    /// A column that says nothing goes before all others.
    fn rank(&self) -> Option<(bool, u8)> {
        let says_something = self.cells.iter().any(|cell| !cell.is_empty());
        self.leave_out.map(|rank| (says_something, rank))
    }
}

/// Draws the columns within a width; without one as wide as they are.
pub(super) fn draw(mut columns: Vec<Column>, width: Option<usize>) -> String {
    let widths = match width {
        Some(width) => {
            keep_what_fits(&mut columns, width);
            shared(&columns, width)
        }
        None => columns.iter().map(Column::natural).collect(),
    };
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(columns.iter().map(|column| column.title));
    for column in table.column_iter_mut() {
        column.set_padding((0, u16::try_from(PADDING).unwrap_or(1)));
    }
    for row in 0..rows {
        table.add_row(columns.iter().zip(&widths).map(|(column, width)| {
            wrap(column.cells.get(row).map_or("", String::as_str), *width).join("\n")
        }));
    }
    // comfy-table fills the last column with spaces.
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Keeps the columns that always stay, and of the others the most important ones for which there is
/// room.
fn keep_what_fits(columns: &mut Vec<Column>, width: usize) {
    let always = columns.iter().filter(|column| column.leave_out.is_none());
    let mut taken = always.map(|column| column.least() + PADDING).sum::<usize>();
    let mut ranks: Vec<(bool, u8)> = columns.iter().filter_map(Column::rank).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    let mut kept = BTreeSet::new();
    for rank in ranks {
        let wanted = columns.iter().find(|column| column.rank() == Some(rank));
        let more = wanted.map_or(0, |column| column.least() + PADDING);
        if taken + more <= width + 1 {
            taken += more;
            kept.insert(rank);
        }
    }
    columns.retain(|column| column.rank().is_none_or(|rank| kept.contains(&rank)));
}

fn total(widths: impl Iterator<Item = usize>) -> usize {
    widths.map(|width| width + PADDING).sum::<usize>().saturating_sub(1)
}

/// Each column its least, and of what is left a bit in turn to each that would take more.
fn shared(columns: &[Column], width: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns.iter().map(Column::least).collect();
    let mut room = width.saturating_sub(total(widths.iter().copied()));
    loop {
        let before = room;
        for (column, width) in columns.iter().zip(&mut widths) {
            if room > 0 && *width < column.natural() {
                *width += 1;
                room -= 1;
            }
        }
        if room == before {
            return widths;
        }
    }
}

/// A part of a text at whose end a line may end.
#[derive(Debug, Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    is_whole: bool,
}

impl Piece<'_> {
    fn width(self) -> usize {
        self.text.trim_end().width()
    }

    fn must_be(self) -> usize {
        if self.is_whole { self.width() } else { 0 }
    }
}

/// Splits a text behind spaces and slashes, and around ids. The slashes of a URL stay together.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    for word in words(text) {
        let mut rest = word;
        while let Some((from, to)) = id(rest) {
            let (before, behind) = rest.split_at(from);
            let (whole, behind) = behind.split_at(to - from);
            if !before.is_empty() {
                all.push(Piece { text: before, is_whole: false });
            }
            all.push(Piece { text: whole, is_whole: true });
            rest = behind;
        }
        if !rest.is_empty() {
            all.push(Piece { text: rest, is_whole: false });
        }
    }
    all
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest.get(from..).and_then(|tail| tail.find([' ', '/'])) {
        let end = from + at + 1;
        let (word, behind) = rest.split_at(end);
        if word.ends_with(' ') || !(word.ends_with("//") || behind.starts_with('/')) {
            words.push(word);
            (rest, from) = (behind, 0);
        } else {
            from = end;
        }
    }
    words.push(rest);
    words
}

/// Where the first id of AWS stands: letters and hyphens, and at least 8 digits of base 16.
fn id(text: &str) -> Option<(usize, usize)> {
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    for (hyphen, _) in text.match_indices('-') {
        let (before, behind) = text.split_at(hyphen + 1);
        let digits = behind.len() - behind.trim_start_matches(is_hex).len();
        let letters = before.len()
            - before.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '-').len();
        if digits >= 8 && letters > 1 {
            return Some((hyphen + 1 - letters, hyphen + 1 + digits));
        }
    }
    None
}

/// The lines of a cell. A word that is longer than a line is broken anywhere, an id nowhere.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for piece in pieces(text) {
        if used(&lines) > 0 && used(&lines) + piece.width() > width {
            lines.push(String::new());
        }
        if piece.is_whole || piece.width() <= width {
            add(&mut lines, piece.text);
            continue;
        }
        for c in piece.text.chars() {
            if used(&lines) > 0 && used(&lines) + c.width().unwrap_or(0) > width {
                lines.push(String::new());
            }
            add(&mut lines, c.encode_utf8(&mut [0; 4]));
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

fn used(lines: &[String]) -> usize {
    lines.last().map_or(0, |line| line.width())
}

fn add(lines: &mut [String], text: &str) {
    if let Some(line) = lines.last_mut() {
        line.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_behind_words_and_slashes_and_never_within_an_id() {
        let broken = |text: &str, width| wrap(text, width).join("|");
        assert_eq!(
            broken("s3://b/ami-0123456789abcdef0.bin", 25),
            "s3://b/|ami-0123456789abcdef0.bin"
        );
        assert_eq!(
            broken("s3://b/x-ami-0123456789abcdef0.bin", 12),
            "s3://b/|x-ami-0123456789abcdef0|.bin"
        );
        assert_eq!(broken("no such bucket", 8), "no such|bucket");
        assert_eq!(broken("see https://a.b/c d", 12), "see |https://a.b/|c d".replace(" |", "|"));
        assert_eq!(broken("abcdefghij", 4), "abcd|efgh|ij");
        assert_eq!(broken("日本語日本語", 5), "日本|語日|本語");
        assert_eq!(broken("", 5), "");
    }

    #[test]
    fn ids_are_found_in_texts() {
        let found = |text: &'static str| id(text).map(|(from, to)| &text[from..to]);
        assert_eq!(found("of ami-0123456789abcdef0."), Some("ami-0123456789abcdef0"));
        assert_eq!(found("import-snap-0123456789abcdef0"), Some("import-snap-0123456789abcdef0"));
        assert_eq!(found("my-bucket"), None);
        assert_eq!(found("2026-11-22"), None);
    }

    #[test]
    fn no_line_is_wider_than_asked_where_the_columns_allow_it() {
        let column = |title, wraps, leave_out, cell: &str| Column {
            title,
            wraps,
            leave_out,
            cells: vec![cell.to_owned(), String::new()],
        };
        for width in 30..120 {
            let columns = vec![
                column("TASK", false, None, "ami-0123456789abcdef0"),
                column("STARTED", false, Some(2), "2026-11-22T00:10:00Z"),
                column(
                    "REASON",
                    true,
                    Some(1),
                    "The bucket images-eu does not exist in this account",
                ),
                column("EMPTY", true, Some(9), ""),
            ];
            let text = draw(columns, Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            assert!(text.contains("ami-0123456789abcdef0"), "{text}");
        }
    }
}
