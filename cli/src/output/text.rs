//! Texts of strangers and numbers, made fit for a terminal.
//!
//! Invariant: nothing that a stranger published can move the cursor, change
//! colours or turn the direction of the text: all of it goes through [`clean`].

use std::borrow::Cow;

use dela_protocol::dcat::Text;
use dela_protocol::time::Timestamp;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Returns whether a terminal would act on the character instead of showing it.
pub(crate) fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns the text on one line, without what a terminal would act on.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    let needs = |c: char| is_active(c) || c == '\u{2028}' || c == '\u{2029}';
    if !text.contains(needs) && !text.contains("  ") && text.trim().len() == text.len() {
        return Cow::Borrowed(text);
    }
    let shown: String = text
        .chars()
        .map(|c| match c {
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_whitespace() => ' ',
            c if is_active(c) => '\u{FFFD}',
            c => c,
        })
        .collect();
    Cow::Owned(shown.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Returns how many columns the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Returns as much of the text as fits, with an ellipsis if that is not all.
pub(crate) fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut room = columns.saturating_sub(1);
    let mut short = String::new();
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        short.push(character);
    }
    short.truncate(short.trim_end().len());
    short.push('…');
    Cow::Owned(short)
}

/// Returns the text in lines that fit, its paragraphs kept.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in clean(paragraph).split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && width(&line) + 1 + width(word) > columns {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// Returns the number with its thousands set apart: `1,159`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns the number of things: `1 dataset`, `1,159 datasets`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// Returns a number of bytes in the unit that suits it: `61 kB`, `2.4 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut unit = 1;
    let mut name = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if bytes / unit < 1_000 {
            break;
        }
        unit *= 1_000;
        name = next;
    }
    let whole = bytes / unit;
    let tenths = bytes % unit / (unit / 10).max(1);
    if unit == 1 || whole >= 10 {
        format!("{whole} {name}")
    } else {
        format!("{whole}.{tenths} {name}")
    }
}

/// Returns the moment to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

/// Returns the title to show, or the IRI's end where there is none.
pub(crate) fn title(texts: &[Text], languages: &[&str], iri: &str) -> String {
    match Text::in_languages(texts, languages) {
        Some(title) => clean(title).into_owned(),
        None => clean(iri).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_stranger_writes_acts_on_the_terminal() {
        assert_eq!(
            clean("Luft \u{1b}[31mröd\u{1b}[0m\r\n\tx"),
            "Luft \u{FFFD}[31mröd\u{FFFD}[0m x"
        );
        assert_eq!(clean("a\u{202E}b\u{9b}c"), "a\u{FFFD}b\u{FFFD}c");
        assert!(matches!(clean("Badvatten i Åre"), Cow::Borrowed(_)));
    }

    #[test]
    fn texts_are_cut_and_wrapped_by_what_they_take() {
        assert_eq!(shorten("Befolkning", 10), "Befolkning");
        assert_eq!(shorten("Befolkning efter", 12), "Befolkning…");
        assert_eq!(shorten("数据目录", 5), "数据…");
        assert_eq!(wrap("one two three\n\nfour", 8), ["one two", "three", "four"]);
    }

    #[test]
    fn numbers_and_moments_are_legible() {
        assert_eq!([number(0), number(999), number(1_159)], ["0", "999", "1,159"]);
        assert_eq!(count(1, "dataset", "datasets"), "1 dataset");
        assert_eq!(moment(Timestamp::from_millis(1_767_225_600_250)), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn bytes_are_told_in_the_unit_that_suits_them() {
        for (number, told) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (61_440, "61 kB"),
            (2_411_724, "2.4 MB"),
            (u64::MAX, "18446744 TB"),
        ] {
            assert_eq!(bytes(number), told);
        }
    }
}
