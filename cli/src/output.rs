//! What the command line says: data on stdout, talk on stderr.
//!
//! Invariant: stdout holds the data and nothing else, so that it can be piped;
//! nothing is told by colour alone; a closed pipe ends the program as success.

mod json;
mod table;
mod text;

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::path::Path;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{Color, Global};

pub(crate) use table::{Column, Table};
pub(crate) use text::{bytes, clean, count, moment, number, title, wrap};

/// The widest we write for people to read: longer lines are hard to follow.
const PROSE_COLUMNS_MAX: usize = 100;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// Where output goes, and how.
pub(crate) struct Output {
    stdout: AutoStream<io::Stdout>,
    stderr: AutoStream<io::Stderr>,
    json: bool,
    quiet: bool,
    stdout_is_terminal: bool,
    columns: Option<usize>,
    languages: [&'static str; 2],
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let stdout_is_terminal = io::stdout().is_terminal();
        let columns = terminal_size::terminal_size_of(io::stdout())
            .map(|(terminal_size::Width(columns), _)| usize::from(columns));
        Self {
            stdout: AutoStream::new(io::stdout(), color),
            stderr: AutoStream::new(io::stderr(), color),
            json: global.json,
            quiet: global.quiet,
            stdout_is_terminal,
            columns: columns.filter(|_| stdout_is_terminal),
            languages: languages(),
        }
    }

    /// Returns whether JSON is asked for.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Returns whether a person looks at stdout.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Returns the language texts are asked for in: `sv` or `en`.
    pub(crate) fn language(&self) -> &'static str {
        self.languages.first().copied().unwrap_or("en")
    }

    /// Returns the language to ask a node for, where it is not the node's own.
    pub(crate) fn asked_language(&self) -> Option<&'static str> {
        Some(self.language()).filter(|language| *language != "en")
    }

    /// Returns in which languages texts are shown, the best first.
    pub(crate) const fn languages(&self) -> &[&'static str] {
        &self.languages
    }

    /// Writes JSON as the node wrote it; laid out where a person reads it.
    pub(crate) fn json(&mut self, json: &str) -> io::Result<()> {
        if self.stdout_is_terminal {
            writeln!(self.stdout, "{}", json::lay_out(json))
        } else {
            writeln!(self.stdout, "{}", json.trim_end())
        }
    }

    /// Writes one line of JSON, as streams have it.
    pub(crate) fn json_line(&mut self, json: &str) -> io::Result<()> {
        // A line break between two members is white space to JSON.
        writeln!(self.stdout, "{}", json.replace(['\n', '\r'], " "))?;
        self.stdout.flush()
    }

    /// Writes a line of data.
    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.stdout, "{line}")
    }

    /// Writes a line that names what follows.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.stdout, "{BOLD}{text}{BOLD:#}")
    }

    /// Writes that something is done.
    pub(crate) fn done(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.stdout, "{GREEN}✓{GREEN:#} {text}")
    }

    /// Writes a name and its value, unless the value is empty.
    pub(crate) fn field(&mut self, name: &str, value: &str) -> io::Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        writeln!(self.stdout, "  {DIM}{name:<13}{DIM:#} {}", text::clean(value))
    }

    /// Writes a text for people in lines that fit.
    pub(crate) fn prose(&mut self, text: &str) -> io::Result<()> {
        let columns = self.columns.map_or(usize::MAX, |columns| columns.min(PROSE_COLUMNS_MAX));
        for line in wrap(text, columns.saturating_sub(2)) {
            writeln!(self.stdout, "  {line}")?;
        }
        Ok(())
    }

    /// Writes a table.
    pub(crate) fn table(&mut self, table: &Table) -> io::Result<()> {
        for line in table.lines(self.columns, BOLD) {
            writeln!(self.stdout, "{line}")?;
        }
        Ok(())
    }

    /// Writes bytes as they are: a record, RDF, a completion script. On a
    /// terminal, whatever it would act on is taken out.
    pub(crate) fn stream(&mut self, mut body: impl Read) -> io::Result<()> {
        if !self.stdout_is_terminal {
            let mut stdout = io::stdout().lock();
            io::copy(&mut body, &mut stdout)?;
            return stdout.flush();
        }
        let mut lines = BufReader::new(body);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            let shown = String::from_utf8_lossy(&line);
            let active = |c: char| text::is_active(c) && c != '\n' && c != '\t' && c != '\r';
            write!(self.stdout, "{}", shown.replace(active, "\u{FFFD}"))?;
            line.clear();
        }
        Ok(())
    }

    /// Says something beside the data.
    pub(crate) fn say(&mut self, text: &str) {
        if !self.quiet {
            self.talk(format_args!("{text}"));
        }
    }

    /// Says what could be done next.
    pub(crate) fn suggest(&mut self, text: &str) {
        if !self.quiet && !self.json {
            self.hint(text);
        }
    }

    /// Warns.
    pub(crate) fn warning(&mut self, text: &str) {
        self.talk(format_args!("{YELLOW}warning:{YELLOW:#} {}", text::clean(text)));
    }

    pub(crate) fn error(&mut self, text: &str) {
        self.talk(format_args!("{RED}error:{RED:#} {}", text::clean(text)));
    }

    pub(crate) fn detail(&mut self, text: &str) {
        self.talk(format_args!("  {}", text::clean(text)));
    }

    pub(crate) fn hint(&mut self, text: &str) {
        self.talk(format_args!("{CYAN}hint:{CYAN:#} {}", text::clean(text)));
    }

    /// Writes to stderr. That nobody listens there is no reason to fail.
    fn talk(&mut self, text: core::fmt::Arguments<'_>) {
        let said = writeln!(self.stderr, "{text}");
        drop(said);
    }

    /// Shows how much is done of so many; only where a person looks on.
    pub(crate) fn progress(&self, total: u64, what: &str, of_bytes: bool) -> ProgressBar {
        let bar = self.hidden_or(ProgressBar::new(total));
        let counter = if of_bytes { "{bytes}/{total_bytes}" } else { "{human_pos}/{human_len}" };
        let template = format!("{{msg}} {{wide_bar:.cyan/dim}} {counter} {{eta}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar
    }

    /// Shows that something goes on whose end is not known.
    pub(crate) fn spinner(&self, what: &str) -> ProgressBar {
        let bar = self.hidden_or(ProgressBar::new_spinner());
        bar.set_message(what.to_owned());
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        bar
    }

    fn hidden_or(&self, bar: ProgressBar) -> ProgressBar {
        if self.quiet { ProgressBar::hidden() } else { bar }
    }

    /// Sees to it that all data has been written.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// Writes a file whole or not at all: beside its place first, then into it.
pub(crate) fn write_file(path: &Path, mut body: impl Read) -> io::Result<u64> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = fs::File::create(&part)
        .and_then(|mut file| io::copy(&mut body, &mut file))
        .and_then(|bytes| fs::rename(&part, path).map(|()| bytes));
    if written.is_err() {
        // What is left of it is of no use, and its absence no further error.
        drop(fs::remove_file(&part));
    }
    written
}

/// Returns the languages the person reads, by the locale: Swedish first, or
/// English first.
fn languages() -> [&'static str; 2] {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|value| !value.is_empty());
    if locale.is_some_and(|locale| locale.to_ascii_lowercase().starts_with("sv")) {
        ["sv", "en"]
    } else {
        ["en", "sv"]
    }
}
