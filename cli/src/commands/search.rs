//! `dela search`.

use clap::{Args, ValueEnum};
use dela_protocol::api::{Facet, SearchPage};

use crate::args::Global;
use crate::client::{Client, SearchQuery};
use crate::error::Error;
use crate::lookup;
use crate::output::{Column, Output, Table, number, title};

/// The most hits a node gives on one page.
const PAGE_HITS_MAX: usize = 100;

/// Search the datasets of all agencies
///
/// Finds datasets, data services and series that have all the words, in any
/// agency's catalogue. Without words it lists everything, the last changed
/// first. Exits with 1 when nothing is found.
#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// Words to look for
    words: Vec<String>,
    /// Only of this agency: its name, its id or the beginning of it (can be repeated)
    #[arg(long, value_name = "AGENCY")]
    agency: Vec<String>,
    /// Only with this theme, by its EU code: ENVI (can be repeated)
    #[arg(long)]
    theme: Vec<String>,
    /// Only under this licence: CC0-1.0 (can be repeated)
    #[arg(long)]
    licence: Vec<String>,
    /// Only with a file in this format: CSV (can be repeated)
    #[arg(long)]
    format: Vec<String>,
    /// Only what can be asked over an API
    #[arg(long)]
    api: bool,
    /// Only for those who may have it, by the EU's code: PUBLIC (can be repeated)
    #[arg(long, value_name = "CODE")]
    access_rights: Vec<String>,
    /// Only what is updated so often, by the EU's code: MONTHLY (can be repeated)
    #[arg(long, value_name = "CODE")]
    frequency: Vec<String>,
    /// Only high-value data of this category, by its code (can be repeated)
    #[arg(long, value_name = "CODE")]
    high_value: Vec<String>,
    /// Only data in this language, by the EU's code: SWE (can be repeated)
    #[arg(long, value_name = "CODE")]
    language: Vec<String>,
    /// Only what is described so well (can be repeated)
    #[arg(long)]
    quality: Vec<Rating>,
    /// Only entries of this kind (can be repeated)
    #[arg(long)]
    kind: Vec<Kind>,
    /// Order the hits
    #[arg(long, value_name = "ORDER")]
    sort: Option<Order>,
    /// Show at most so many
    #[arg(long, value_name = "N", default_value = "20", value_parser = parse_limit)]
    limit: usize,
    /// Show all of them
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Show how the hits divide by agency, theme, format and the like, instead of the hits
    #[arg(long)]
    facets: bool,
}

fn parse_limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err("how many to show is a number from 1; `--all` shows all of them".to_owned()),
    }
}

/// Kinds of entry, as a person writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A dataset
    Dataset,
    /// A data service
    #[value(alias = "data_service")]
    DataService,
    /// A series of datasets
    #[value(alias = "dataset_series")]
    DatasetSeries,
    /// A catalogue
    #[value(alias = "catalog")]
    Catalogue,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::DataService => "data_service",
            Self::DatasetSeries => "dataset_series",
            Self::Catalogue => "catalogue",
        }
    }
}

/// How well something is described, as the EU's portal calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Rating {
    /// 351 to 405 points
    Excellent,
    /// 221 to 350 points
    Good,
    /// 121 to 220 points
    Sufficient,
    /// At most 120 points
    Bad,
}

impl Rating {
    const fn name(self) -> &'static str {
        match self {
            Self::Excellent => "excellent",
            Self::Good => "good",
            Self::Sufficient => "sufficient",
            Self::Bad => "bad",
        }
    }
}

/// In which order hits come, as a person writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// Best match first
    Relevance,
    /// Last changed first
    Modified,
    /// By title
    Title,
}

impl Order {
    const fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Modified => "modified",
            Self::Title => "title",
        }
    }
}

impl SearchArgs {
    pub(crate) fn run(&self, global: &Global, output: &mut Output) -> Result<(), Error> {
        let client = global.client();
        let query = self.query(&client)?;
        let wanted = match (self.facets, self.all) {
            (true, _) => 1,
            (false, true) => usize::MAX,
            (false, false) => self.limit,
        };
        let (page, json) = fetch(&client, query, wanted, output)?;
        if output.is_json() {
            output.json(&json)?;
        } else if page.total > 0 && self.facets {
            show_facets(&page.facets, output)?;
        } else if !page.datasets.is_empty() {
            show_hits(&page, output)?;
        }
        // The search may still know of what was withdrawn a moment ago.
        if page.total == 0 || (page.datasets.is_empty() && !self.facets) {
            return Err(self.nothing_found());
        }
        if !self.facets && !output.is_json() {
            Self::say_what_is_shown(&page, output);
        }
        Ok(())
    }

    fn query(&self, client: &Client) -> Result<SearchQuery, Error> {
        let mut filters = Vec::new();
        for agency in &self.agency {
            filters.push(("agency", lookup::agency(client, agency)?.to_string()));
        }
        for (name, values) in self.named() {
            filters.extend(values.iter().map(|value| (name, value.clone())));
        }
        filters.extend(self.api.then(|| ("api", "true".to_owned())));
        filters.extend(self.quality.iter().map(|rating| ("quality", rating.name().to_owned())));
        filters.extend(self.kind.iter().map(|kind| ("kind", kind.name().to_owned())));
        Ok(SearchQuery {
            words: self.words.join(" "),
            filters,
            sort: self.sort.map(Order::name),
            ..SearchQuery::default()
        })
    }

    /// Returns the filters whose values are taken as they are written.
    fn named(&self) -> [(&'static str, &[String]); 7] {
        [
            ("theme", &self.theme),
            ("licence", &self.licence),
            ("format", &self.format),
            ("access_rights", &self.access_rights),
            ("frequency", &self.frequency),
            ("high_value", &self.high_value),
            ("language", &self.language),
        ]
    }

    fn nothing_found(&self) -> Error {
        let words = self.words.join(" ");
        let is_narrowed = self.named().iter().any(|(_, values)| !values.is_empty())
            || !self.agency.is_empty()
            || !self.quality.is_empty()
            || !self.kind.is_empty()
            || self.api;
        let error = match (words.is_empty(), is_narrowed) {
            (false, false) => Error::refused(format!("nothing is found for \"{words}\"")),
            (false, true) => {
                Error::refused(format!("nothing is found for \"{words}\" within these filters"))
            }
            (true, true) => Error::refused("nothing is found within these filters"),
            (true, false) => Error::refused("the index of this node is empty"),
        };
        match (words.is_empty(), is_narrowed) {
            (true, false) => error
                .hint("publish with `dela import FILE`, or see with `dela status` whether it is connected"),
            (_, true) => error.hint("leave out a filter; `dela search --facets` lists their values"),
            (false, false) => error.hint("try fewer or shorter words; `dela search` alone lists everything"),
        }
    }

    fn say_what_is_shown(page: &SearchPage, output: &mut Output) {
        if let Some(meant) = &page.corrected {
            output.say(&format!("nothing is found for that; searched for \"{meant}\" instead"));
        }
        let shown = u64::try_from(page.datasets.len()).unwrap_or(u64::MAX);
        if shown < page.total {
            output.say(&format!("{} of {} shown", number(shown), number(page.total)));
            output.suggest("`--all` shows all of them, `--facets` how they divide");
        } else {
            output.say(&format!("{} found", number(page.total)));
        }
        if let Some(first) = page.datasets.first() {
            output.suggest(&format!("`dela show {}` tells all about the first", first.id.short()));
        }
    }
}

/// Fetches pages until there are as many hits as wanted. A single page is kept
/// as the node wrote it; several become one.
fn fetch(
    client: &Client,
    mut query: SearchQuery,
    wanted: usize,
    output: &Output,
) -> Result<(SearchPage, String), Error> {
    query.limit = Some(wanted.min(PAGE_HITS_MAX));
    let first = client.search(&query)?;
    let mut page = first.value;
    if page.datasets.len() >= wanted || page.next.is_none() {
        return Ok((page, first.json));
    }
    let total = u64::try_from(wanted).unwrap_or(u64::MAX).min(page.total);
    let bar = output.progress(total, "Fetching", false);
    while let Some(next) = page.next.take() {
        let missing = wanted.saturating_sub(page.datasets.len());
        if missing == 0 {
            page.next = Some(next);
            break;
        }
        query.limit = Some(missing.min(PAGE_HITS_MAX));
        query.after = Some(next);
        let more = client.search(&query)?.value;
        // A node that goes on giving empty pages is not followed for ever.
        page.next = more.next.filter(|_| !more.datasets.is_empty());
        page.datasets.extend(more.datasets);
        bar.set_position(u64::try_from(page.datasets.len()).unwrap_or(u64::MAX));
    }
    bar.finish_and_clear();
    let json = serde_json::to_string(&page).expect("a page came from JSON");
    Ok((page, json))
}

fn show_hits(page: &SearchPage, output: &mut Output) -> Result<(), Error> {
    let mut table = Table::new([
        Column::Left("ID"),
        Column::Cut("TITLE"),
        Column::Cut("AGENCY"),
        Column::Cut("FORMATS"),
        Column::Cut("LICENCE"),
        Column::Left("CHANGED"),
    ]);
    for hit in &page.datasets {
        table.row([
            hit.id.short(),
            title(&hit.title, output.languages(), &hit.iri),
            hit.agency_name.clone(),
            hit.formats.join(", "),
            hit.licences.join(", "),
            hit.modified.chars().take("2026-01-01".len()).collect(),
        ]);
    }
    Ok(output.table(&table)?)
}

fn show_facets(facets: &[Facet], output: &mut Output) -> Result<(), Error> {
    let mut table = Table::new([
        Column::Left("FILTER"),
        Column::Right("HITS"),
        Column::Cut("VALUE"),
        Column::Cut("MEANING"),
    ]);
    for facet in facets {
        for value in &facet.values {
            let shown = if facet.name == "agency" {
                value.value.chars().take(8).collect()
            } else {
                value.value.clone()
            };
            let meaning = if value.label == value.value { "" } else { &value.label };
            table.row([flag(&facet.name), number(value.count), shown, meaning.to_owned()]);
        }
    }
    output.table(&table)?;
    let first = facets.iter().find(|facet| {
        !["agency", "api"].contains(&facet.name.as_str()) && !facet.values.is_empty()
    });
    if let Some((facet, value)) = first.and_then(|f| f.values.first().map(|value| (f, value))) {
        let (flag, value) = (flag(&facet.name), &value.value);
        output.suggest(&format!("`{flag} '{value}'` narrows the search to these hits"));
    }
    Ok(())
}

/// Returns the flag that narrows a search by a facet.
fn flag(facet: &str) -> String {
    format!("--{}", facet.replace('_', "-"))
}
