//! Tables as comma-separated values (RFC 4180), in UTF-8.
//!
//! Invariants: every row has as many cells as the first, which names the
//! columns; and no cell is a formula. Spreadsheets run what begins with an equals
//! sign and its like, and names are written by strangers: such a cell begins with
//! an apostrophe instead, which spreadsheets do not show.

/// What makes a spreadsheet take a cell for a formula, and what it passes over
/// before that.
const FORMULA_BEGINS: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}'];

/// A table that is being written.
#[derive(Debug)]
pub(super) struct Table {
    text: String,
    /// Whether the row has a cell already.
    begun: bool,
}

impl Table {
    /// Begins a table with the names of its columns.
    pub(super) fn new(columns: &[&str]) -> Self {
        let mut table = Self { text: String::new(), begun: false };
        for column in columns {
            table.text(column);
        }
        table
    }

    /// Begins a row.
    pub(super) fn row(&mut self) {
        self.text.push_str("\r\n");
        self.begun = false;
    }

    /// Adds a cell with text of whatever origin.
    pub(super) fn text(&mut self, text: &str) {
        self.separate();
        let is_formula = text.trim_start_matches(' ').starts_with(FORMULA_BEGINS);
        let needs_quotes = text.contains([',', '"', '\r', '\n']);
        if needs_quotes {
            self.text.push('"');
        }
        if is_formula {
            self.text.push('\'');
        }
        if needs_quotes {
            self.text.push_str(&text.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(text);
        }
    }

    /// Adds a cell with a number.
    pub(super) fn number(&mut self, number: u64) {
        self.separate();
        self.text.push_str(&number.to_string());
    }

    /// Adds a cell with a number, or an empty one where nobody counted.
    pub(super) fn maybe(&mut self, number: Option<u64>) {
        match number {
            Some(number) => self.number(number),
            None => self.separate(),
        }
    }

    /// Adds a cell with a number that has one decimal, after a point.
    pub(super) fn decimal(&mut self, number: f64) {
        self.separate();
        let text = format!("{number:.1}");
        self.text.push_str(&text);
    }

    /// Ends the table.
    pub(super) fn into_string(mut self) -> String {
        self.text.push_str("\r\n");
        self.text
    }

    fn separate(&mut self) {
        if self.begun {
            self.text.push(',');
        }
        self.begun = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a table as RFC 4180 has it.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut quoted, mut chars) = (false, text.chars().peekable());
        while let Some(c) = chars.next() {
            match (quoted, c) {
                (true, '"') if chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                (_, '"') => quoted = !quoted,
                (false, ',') => row.push(core::mem::take(&mut cell)),
                (false, '\r') if chars.peek() == Some(&'\n') => {
                    chars.next();
                    row.push(core::mem::take(&mut cell));
                    rows.push(core::mem::take(&mut row));
                }
                (_, c) => cell.push(c),
            }
        }
        assert!(!quoted && row.is_empty() && cell.is_empty(), "{text}");
        rows
    }

    fn cell(text: &str) -> String {
        let mut table = Table::new(&["a", "b"]);
        table.row();
        table.text(text);
        table.number(7);
        let rows = read(&table.into_string());
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0], ["a", "b"]);
        assert_eq!(rows[1].len(), 2, "{text}");
        assert_eq!(rows[1][1], "7");
        rows[1][0].clone()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["", "CC0 1.0", "a, b", "\"citat\"", "rad\r\nrad", "rad\nrad", "å \u{1f5fa}"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in [
            "=1+1",
            "=HYPERLINK(\"https://evil.example/\",\"x\")",
            "+46",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "  =1",
            "\n=1",
        ] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        // What only has such a sign inside stays as it is.
        assert_eq!(cell("SE-2021"), "SE-2021");
    }

    #[test]
    fn what_nobody_counted_is_empty() {
        let mut table = Table::new(&["a", "b", "c"]);
        table.row();
        table.maybe(None);
        table.maybe(Some(0));
        table.decimal(187.25);
        assert_eq!(table.into_string(), "a,b,c\r\n,0,187.2\r\n");
    }
}
