//! JSON for people: the same, laid out.
//!
//! Invariant: what is laid out is what the node wrote: every name, number and
//! text, in its order. Only white space is added, and characters that a
//! terminal would act on are escaped, which JSON holds for equal.

use core::fmt::Write as _;

use super::text::is_active;

/// Returns the JSON with line breaks and indentation.
pub(crate) fn lay_out(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut characters = json.chars().peekable();
    let mut in_text = false;
    while let Some(character) = characters.next() {
        if in_text {
            match character {
                '\\' => {
                    text.push(character);
                    text.extend(characters.next());
                }
                c if is_active(c) => {
                    write!(text, "\\u{:04x}", u32::from(c)).expect("a String takes all");
                }
                c => {
                    in_text = c != '"';
                    text.push(c);
                }
            }
            continue;
        }
        match character {
            c if c.is_whitespace() => {}
            '"' => {
                in_text = true;
                text.push(character);
            }
            '{' | '[' => {
                text.push(character);
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    new_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(character);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c => text.push(c),
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    for _ in 0..depth {
        text.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_numbers_and_texts_stay() {
        let json = r#"{"b":1.50,"a":[{},[ ],"x: {\"y\", \\"],"later":null}"#;
        assert_eq!(
            lay_out(json),
            "{\n  \"b\": 1.50,\n  \"a\": [\n    {},\n    [],\n    \"x: {\\\"y\\\", \\\\\"\n  ],\n  \"later\": null\n}"
        );
    }

    #[test]
    fn what_acts_on_a_terminal_is_escaped() {
        assert_eq!(lay_out("\"a\u{9b}\u{202e}\""), r#""a\u009b\u202e""#);
    }
}
