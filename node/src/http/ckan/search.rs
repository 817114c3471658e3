//! `package_search`: queries, filters, order, paging and facets.

use dela_protocol::api::DatasetKind;
use serde_json::{Map, Value, json};

use super::actions::{Answer, Desk};
use super::arguments::Arguments;
use super::failure::Failure;
use super::fields::{self, Fields, SORT_DEFAULT};
use super::list::PackageList;
use super::package::Package;
use crate::http::parameters::shown;
use crate::index::now;
use crate::search::{LIMIT_MAX, Selection, Term};
use crate::vocabulary::{self, ckan};

/// How many packages a page has unless asked otherwise, as in CKAN.
const ROWS: usize = 10;

/// How many values of a facet are returned unless asked otherwise, as in CKAN,
/// and the most.
const FACET_LIMIT: usize = 50;
const FACET_LIMIT_MAX: usize = 10_000;

/// The most fields that are counted in one search: there are fewer.
const FACET_FIELDS_MAX: usize = 20;

/// The parameters there are. Others are refused, as by CKAN: who sends them
/// means something by it.
const PARAMETERS: [&str; 18] = [
    "q",
    "fq",
    "fq_list",
    "sort",
    "rows",
    "start",
    "fl",
    "facet",
    "facet.field",
    "facet.limit",
    "facet.mincount",
    "include_drafts",
    "include_private",
    "include_deleted",
    "use_default_schema",
    "callback",
    "extras",
    "_",
];

/// Returns whether an entry is a package: a dataset, or a series of them.
pub(super) fn is_package(kind: DatasetKind) -> bool {
    matches!(kind, DatasetKind::Dataset | DatasetKind::DatasetSeries)
}

impl Desk<'_> {
    /// Answers `package_search`.
    pub(super) fn package_search(&self, arguments: &Arguments) -> Answer {
        let unknown: Vec<String> = arguments
            .names()
            .filter(|name| !PARAMETERS.contains(name) && !name.starts_with("ext_"))
            .map(shown)
            .collect();
        if !unknown.is_empty() {
            let all = unknown.join(", ");
            return Err(Failure::Query(format!("Invalid search parameters: [{all}]")));
        }
        let facets = Facets::read(arguments)?;
        let sort = arguments.text("sort")?.filter(|sort| sort != "rank");
        let sort = sort.unwrap_or_else(|| SORT_DEFAULT.to_owned());
        let mut filters = arguments.texts("fq")?;
        filters.extend(arguments.texts("fq_list")?);
        let q = arguments.text("q")?.unwrap_or_default();
        let selection = Selection {
            condition: Fields::new(self.index, now()).condition(&q, &filters)?,
            order: fields::order(&sort)?,
            offset: arguments.natural("start")?.unwrap_or(0),
            limit: arguments.natural("rows")?.unwrap_or(ROWS).min(LIMIT_MAX),
            counted: facets.fields.iter().map(|(_, term)| *term).collect(),
        };
        let wanted = arguments.list("fl")?;
        let is_whole = wanted.is_empty() || wanted.iter().any(|name| name == "*");
        let mut list = PackageList::new();
        let found = self.index.visit_entries(&selection, |entry| {
            let package = Package::new(&entry, self.address);
            if is_whole { list.push(&package) } else { list.push(&only(&package, &wanted)) }
        })?;
        let counted = facets.shown(self, found.counts)?;
        let mut answer = format!("{{\"count\":{},\"results\":", found.total).into_bytes();
        answer.extend(list.finish());
        let rest = json!({
            "sort": sort,
            "facets": counted.plain,
            "search_facets": counted.listed,
        });
        answer.push(b',');
        // An object without the brace it begins with.
        answer.extend(rest.to_string().bytes().skip(1));
        Ok(answer)
    }
}

/// Returns those fields of a package that were asked for.
fn only(package: &Package, wanted: &[String]) -> Value {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(package) else { return Value::Null };
    fields.retain(|name, _| wanted.iter().any(|one| one == name));
    Value::Object(fields)
}

/// The counts as CKAN has them: by name, and as a list with what to show people.
struct Counted {
    plain: Map<String, Value>,
    listed: Map<String, Value>,
}

/// What hits are counted by.
struct Facets {
    fields: Vec<(String, Term)>,
    limit: usize,
    least: u64,
}

impl Facets {
    fn read(arguments: &Arguments) -> Result<Self, Failure> {
        let names = if arguments.flag("facet", true)? {
            arguments.list("facet.field")?
        } else {
            Vec::new()
        };
        if names.len() > FACET_FIELDS_MAX {
            return Err(Failure::Query(format!("more than {FACET_FIELDS_MAX} facets")));
        }
        let mut found: Vec<(String, Term)> = Vec::new();
        for name in names {
            let term = match name.as_str() {
                "organization" | "owner_org" => Term::Agency,
                "groups" => Term::Theme,
                "tags" => Term::Tag,
                "res_format" => Term::Format,
                "license_id" => Term::LicenceId,
                other => {
                    return Err(Failure::Query(format!(
                        "undefined field {} in facet.field; there are organization, groups, tags, \
                         res_format, license_id",
                        shown(other)
                    )));
                }
            };
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, term));
            }
        }
        // A negative limit is none.
        let limit = match arguments.text("facet.limit")?.as_deref().map(str::trim) {
            Some(text) if text.starts_with('-') && text.parse::<i64>().is_ok() => FACET_LIMIT_MAX,
            _ => arguments.natural("facet.limit")?.unwrap_or(FACET_LIMIT).min(FACET_LIMIT_MAX),
        };
        let least = arguments.natural("facet.mincount")?.unwrap_or(1).max(1);
        Ok(Self { fields: found, limit, least: u64::try_from(least).unwrap_or(u64::MAX) })
    }

    /// Returns the counts as CKAN has them.
    fn shown(self, desk: &Desk<'_>, counts: Vec<Vec<(String, u64)>>) -> Result<Counted, Failure> {
        let mut plain = Map::new();
        let mut listed = Map::new();
        for ((field, term), counts) in self.fields.into_iter().zip(counts) {
            let mut by_name = Map::new();
            let mut items = Vec::new();
            let shown = counts.into_iter().filter(|(_, count)| *count >= self.least);
            for (value, count) in shown.take(self.limit) {
                let (name, label) = desk.called(term, &value, field == "owner_org")?;
                items.push(json!({ "name": name, "display_name": label, "count": count }));
                by_name.insert(name, json!(count));
            }
            listed.insert(field.clone(), json!({ "title": field, "items": items }));
            plain.insert(field, Value::Object(by_name));
        }
        Ok(Counted { plain, listed })
    }
}

impl Desk<'_> {
    /// Returns what CKAN calls a value, and what people do.
    fn called(&self, term: Term, value: &str, by_id: bool) -> Result<(String, String), Failure> {
        Ok(match term {
            Term::Agency => {
                let Ok(id) = value.parse() else { return Ok((value.to_owned(), value.to_owned())) };
                let agency = self.index.agency_of(&id)?;
                let name = if by_id { ckan::uuid(id.as_bytes()) } else { agency.package_name() };
                (name, agency.profile.name)
            }
            Term::Theme => {
                let label = vocabulary::theme(value).map_or(value, |theme| theme.swedish);
                (value.to_lowercase(), label.to_owned())
            }
            Term::LicenceId => {
                let label = ckan::listed_licence(value).map_or(value, |licence| licence.title);
                (value.to_owned(), label.to_owned())
            }
            // CKAN has no names for the rest.
            _ => (value.to_owned(), value.to_owned()),
        })
    }
}
