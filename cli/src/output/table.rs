//! Tables: aligned columns, cut to the terminal's width where there is one.

use anstyle::Style;

use super::text;

/// The narrowest a column is cut to: a word of a title stays legible.
const CUT_COLUMNS_MIN: usize = 12;

/// How a column is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Words, never cut.
    Left(&'static str),
    /// Numbers, never cut.
    Right(&'static str),
    /// Words that may be cut when the line is too long; the first such column
    /// the least.
    Cut(&'static str),
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Left(name) | Self::Right(name) | Self::Cut(name) => name,
        }
    }
}

/// Rows below named columns.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row: one cell per column, cleaned here.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.columns.len(), "a row has a cell for each column");
        self.rows.push(cells.into_iter().map(|cell| text::clean(&cell).into_owned()).collect());
    }

    /// Returns the lines, the head first, in at most so many columns.
    pub(crate) fn lines(&self, columns_max: Option<usize>, head: Style) -> Vec<String> {
        let widths = self.widths(columns_max);
        let names: Vec<String> = self.columns.iter().map(|c| c.name().to_owned()).collect();
        let title = self.line(&names, &widths);
        let mut lines = vec![format!("{head}{title}{head:#}")];
        lines.extend(self.rows.iter().map(|row| self.line(row, &widths)));
        lines
    }

    fn widths(&self, columns_max: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.columns.len())
            .map(|index| {
                let cells = self.rows.iter().filter_map(|row| row.get(index));
                let widest = cells.map(|cell| text::width(cell)).max().unwrap_or(0);
                widest.max(self.columns.get(index).map_or(0, |column| column.name().len()))
            })
            .collect();
        let gaps = 2 * widths.len().saturating_sub(1);
        let is_cut = |column: &Column| matches!(column, Column::Cut(_));
        let first = self.columns.iter().position(is_cut);
        while columns_max.is_some_and(|max| widths.iter().sum::<usize>() + gaps > max) {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .enumerate()
                .filter(|(_, (width, column))| is_cut(column) && **width > CUT_COLUMNS_MIN)
                // The first words of a row are its name: worth twice the room.
                .max_by_key(
                    |(index, (width, _))| {
                        if Some(*index) == first { **width } else { 2 * **width }
                    },
                );
            match widest {
                Some((_, (width, _))) => *width -= 1,
                None => break,
            }
        }
        widths
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), column) in cells.iter().zip(widths).zip(&self.columns) {
            let cell = text::shorten(cell, *width);
            let space = " ".repeat(width.saturating_sub(text::width(&cell)));
            match column {
                Column::Right(_) => line.extend([&space, &*cell]),
                Column::Left(_) | Column::Cut(_) => line.extend([&*cell, &space]),
            }
            line.push_str("  ");
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_only_words_are_cut() {
        let mut table = Table::new([Column::Left("ID"), Column::Cut("TITLE"), Column::Right("N")]);
        table.row(["1".to_owned(), "Badvatten vid havsbad\n".to_owned(), "1,159".to_owned()]);
        table.row(["22".to_owned(), "Öar".to_owned(), "7".to_owned()]);
        assert_eq!(
            table.lines(None, Style::new()),
            [
                "ID  TITLE                      N",
                "1   Badvatten vid havsbad  1,159",
                "22  Öar                        7"
            ]
        );
        assert_eq!(table.lines(Some(24), Style::new())[1], "1   Badvatten vi…  1,159");
    }

    #[test]
    fn the_name_of_a_row_is_cut_least() {
        let mut table = Table::new([Column::Cut("TITLE"), Column::Cut("AGENCY")]);
        table.row(["t".repeat(60), "a".repeat(60)]);
        let line = &table.lines(Some(62), Style::new())[1];
        assert_eq!(line.matches('t').count() / line.matches('a').count(), 2, "{line}");
        assert_eq!(text::width(line), 62);
    }
}
