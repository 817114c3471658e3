//! What CKAN's fields are here: from a query to a condition.
//!
//! Invariant: a field that is not known is an error, as in Solr. A value that no
//! entry can have finds nothing.

use core::cell::{Cell, OnceCell};
use core::ops::Bound;
use core::time::Duration;

use dela_protocol::id::AgencyId;
use dela_protocol::time::Timestamp;

use super::failure::Failure;
use super::lucene::{self, End, Expression, Value};
use crate::http::parameters::shown;
use crate::index::{Agency, Index};
use crate::search::{Condition, Key, Order, Term};
use crate::vocabulary::{self, ckan};

/// The order of hits unless asked otherwise, as CKAN has it.
pub(crate) const SORT_DEFAULT: &str = "score desc, metadata_modified desc";

/// What CKAN calls the kinds of entries that are packages: datasets, and series
/// of them. Services and catalogues are none.
const PACKAGE_KINDS: [&str; 2] = ["dataset", "dataset_series"];

/// A field of CKAN's index.
#[derive(Debug, Clone, Copy)]
enum Field {
    Id,
    Name,
    Title,
    Text,
    Organization,
    Group,
    Tag,
    Format,
    Licence,
    Modified,
    /// A field that has the same value in all packages.
    Constant(&'static str),
}

const FIELDS: &[(&str, Field)] = &[
    ("id", Field::Id),
    ("name", Field::Name),
    ("title", Field::Title),
    ("text", Field::Text),
    ("organization", Field::Organization),
    ("owner_org", Field::Organization),
    ("groups", Field::Group),
    ("tags", Field::Tag),
    ("res_format", Field::Format),
    ("license_id", Field::Licence),
    ("metadata_modified", Field::Modified),
    ("type", Field::Constant("dataset")),
    ("dataset_type", Field::Constant("dataset")),
    ("entity_type", Field::Constant("package")),
    ("state", Field::Constant("active")),
    ("capacity", Field::Constant("public")),
    ("private", Field::Constant("false")),
];

/// Finds nothing.
const NOTHING: Condition = Condition::Any(Vec::new());

/// How many terms `q` and all filters may have together: as many as one long
/// filter.
const TERMS_MAX: usize = 1_024;

/// How many of them may be searched for as words or beginnings: each of these
/// looks through the dictionary a dozen times, and keeps what it found until
/// all are answered.
const SEARCHED_MAX: usize = 64;

/// Translates the queries of one search.
pub(crate) struct Fields<'a> {
    index: &'a Index,
    now: Timestamp,
    terms: Cell<usize>,
    searched: Cell<usize>,
    /// All agencies, looked up once and only if they are asked for.
    ids: OnceCell<Vec<AgencyId>>,
    agencies: OnceCell<Vec<Agency>>,
}

impl<'a> Fields<'a> {
    /// Looks names up in `index`; `NOW` is that moment.
    pub(crate) const fn new(index: &'a Index, now: Timestamp) -> Self {
        Self {
            index,
            now,
            terms: Cell::new(0),
            searched: Cell::new(0),
            ids: OnceCell::new(),
            agencies: OnceCell::new(),
        }
    }

    /// Counts terms against their bound.
    fn count(counter: &Cell<usize>, more: usize, most: usize) -> Result<(), Failure> {
        counter.set(counter.get().saturating_add(more));
        if counter.get() > most {
            return Err(Failure::Query(format!("more than {most} terms of one kind")));
        }
        Ok(())
    }

    /// Returns the one agency whose id begins with these digits.
    fn agency(&self, digits: &str) -> Option<AgencyId> {
        let ids = self.ids.get_or_init(|| self.index.agency_ids());
        let from = ids.partition_point(|id| id.to_string().as_str() < digits);
        let mut fitting = ids.iter().skip(from);
        let first = fitting.next().filter(|id| id.to_string().starts_with(digits))?;
        let is_only = fitting.next().is_none_or(|id| !id.to_string().starts_with(digits));
        is_only.then_some(*first)
    }

    /// Returns the agencies whose name in CKAN begins so.
    fn agencies(&self, beginning: &str) -> Result<Condition, Failure> {
        let all = if let Some(all) = self.agencies.get() {
            all
        } else {
            let all = self.index.agency_entries()?;
            self.agencies.get_or_init(|| all)
        };
        Ok(begins_in(Term::Agency, all.iter(), |agency| {
            agency.package_name().starts_with(beginning).then(|| agency.id.to_string())
        }))
    }

    /// Returns the condition for `q` and all of `fq`: what they ask for, among
    /// packages.
    pub(crate) fn condition(&self, q: &str, fq: &[String]) -> Result<Condition, Failure> {
        let mut all = vec![packages()];
        match lucene::parse(q) {
            Ok(None) => {}
            Ok(Some(expression)) => all.push(self.of(&expression)?),
            // Without a field it is what people type, and whatever they type is
            // words; CKAN reads it with more patience, too.
            Err(_) if !q.contains(':') && q.len() <= lucene::QUERY_BYTES_MAX => {
                all.push(self.words(q.to_owned())?);
            }
            Err(error) => return Err(error.into()),
        }
        for filter in fq {
            if let Some(expression) = lucene::parse(filter)? {
                all.push(self.of(&expression)?);
            }
        }
        Ok(Condition::All(all))
    }

    fn of(&self, expression: &Expression) -> Result<Condition, Failure> {
        Ok(match expression {
            Expression::Everything => Condition::Everything,
            Expression::Term(None, value) => self.anywhere(value, false)?,
            Expression::Term(Some(name), value) => self.term(name, value)?,
            Expression::Not(not) => Condition::Not(Box::new(self.of(not)?)),
            Expression::Any(any) => {
                Condition::Any(any.iter().map(|one| self.of(one)).collect::<Result<_, _>>()?)
            }
            Expression::All(all) => self.all(all)?,
        })
    }

    /// Joins words that stand side by side: only together is it seen which of
    /// them are `och` and `the`.
    fn all(&self, all: &[Expression]) -> Result<Condition, Failure> {
        let mut words: Vec<&str> = Vec::new();
        let mut conditions = Vec::with_capacity(all.len());
        for expression in all {
            match expression {
                Expression::Term(None, Value::Word(word)) => words.push(word),
                other => conditions.push(self.of(other)?),
            }
        }
        if !words.is_empty() {
            conditions.push(self.words(words.join(" "))?);
        }
        Ok(Condition::All(conditions))
    }

    fn term(&self, name: &str, value: &Value) -> Result<Condition, Failure> {
        Self::count(&self.terms, 1, TERMS_MAX)?;
        let field = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        let field = field.ok_or_else(|| {
            let known: Vec<&str> = FIELDS.iter().map(|(known, _)| *known).collect();
            Failure::Query(format!(
                "undefined field {}; there are {}",
                shown(name),
                known.join(", ")
            ))
        })?;
        if let Field::Modified = field {
            return self.modified(value);
        }
        if is_anything(value) {
            return Ok(match field {
                Field::Group => Condition::Has(Term::Theme),
                Field::Tag => Condition::Has(Term::Tag),
                Field::Format => Condition::Has(Term::Format),
                _ => Condition::Everything,
            });
        }
        match field {
            Field::Title => self.anywhere(value, true),
            Field::Text => self.anywhere(value, false),
            _ => match value {
                Value::Word(text) | Value::Phrase(text) => Ok(self.exactly(field, text.trim())),
                Value::Beginning(text) => self.beginning(field, text),
                Value::Range(..) | Value::Anything => {
                    Err(Failure::Query(format!("{name} has no ranges; only metadata_modified has")))
                }
            },
        }
    }

    fn exactly(&self, field: Field, text: &str) -> Condition {
        match field {
            Field::Id => match ckan::digits_of(text).and_then(|digits| digits.parse().ok()) {
                Some(id) => Condition::Id(id),
                None => NOTHING,
            },
            Field::Name => Condition::Is(Term::Package, text.to_owned()),
            Field::Organization => ckan::digits_of(text)
                .and_then(|digits| self.agency(&digits))
                .map_or(NOTHING, |agency| Condition::Is(Term::Agency, agency.to_string())),
            Field::Group => vocabulary::theme(text)
                .map_or(NOTHING, |theme| Condition::Is(Term::Theme, theme.code.to_owned())),
            Field::Tag => ckan::tag(text).map_or(NOTHING, |tag| Condition::Is(Term::Tag, tag)),
            Field::Format => Condition::Is(Term::Format, vocabulary::format(text).key),
            Field::Licence => Condition::Is(Term::LicenceId, ckan::licence_id_of(text)),
            Field::Constant(constant) if constant == text => Condition::Everything,
            Field::Constant(_) | Field::Title | Field::Text | Field::Modified => NOTHING,
        }
    }

    fn beginning(&self, field: Field, text: &str) -> Result<Condition, Failure> {
        Self::count(&self.searched, 1, SEARCHED_MAX)?;
        let begins = |term| Condition::Begins(term, text.to_owned());
        Ok(match field {
            Field::Name => begins(Term::Package),
            Field::Tag => begins(Term::Tag),
            Field::Format => begins(Term::Format),
            Field::Licence => begins(Term::LicenceId),
            Field::Group => begins_in(Term::Theme, vocabulary::THEMES.iter(), |theme| {
                let begins = theme.code.to_lowercase().starts_with(text);
                begins.then(|| theme.code.to_owned())
            }),
            Field::Organization => self.agencies(text)?,
            Field::Constant(constant) if constant.starts_with(text) => Condition::Everything,
            Field::Constant(_) => NOTHING,
            Field::Id | Field::Title | Field::Text | Field::Modified => {
                return Err(Failure::Query("an id is found whole, without *".to_owned()));
            }
        })
    }

    /// Returns the condition for words as they are typed.
    fn words(&self, text: String) -> Result<Condition, Failure> {
        Self::count(&self.searched, text.split_whitespace().count(), SEARCHED_MAX)?;
        Ok(Condition::Words(text))
    }

    /// Returns the condition for a value that is searched for as words.
    fn anywhere(&self, value: &Value, in_title: bool) -> Result<Condition, Failure> {
        if let Value::Word(text) | Value::Phrase(text) | Value::Beginning(text) = value {
            Self::count(&self.searched, text.split_whitespace().count().max(1), SEARCHED_MAX)?;
        }
        Ok(match value {
            Value::Word(text) if in_title => Condition::Title(text.clone()),
            Value::Word(text) => Condition::Words(text.clone()),
            Value::Phrase(text) => Condition::Phrase { text: text.clone(), in_title },
            Value::Beginning(text) => Condition::Beginning { text: text.clone(), in_title },
            Value::Anything => Condition::Everything,
            Value::Range(..) => {
                return Err(Failure::Query("a range needs a field: metadata_modified".to_owned()));
            }
        })
    }

    fn modified(&self, value: &Value) -> Result<Condition, Failure> {
        let bound = |end: &End| -> Result<Bound<Timestamp>, Failure> {
            let Some(text) = &end.value else { return Ok(Bound::Unbounded) };
            let at = moment(text, self.now)?;
            Ok(if end.inclusive { Bound::Included(at) } else { Bound::Excluded(at) })
        };
        match value {
            Value::Anything => Ok(Condition::Everything),
            Value::Range(from, to) => Ok(Condition::Signed(bound(from)?, bound(to)?)),
            Value::Word(text) | Value::Phrase(text) => {
                let at = moment(text, self.now)?;
                Ok(Condition::Signed(Bound::Included(at), Bound::Included(at)))
            }
            Value::Beginning(text) => Err(bad_moment(text)),
        }
    }
}

/// Returns what all packages fulfil, and nothing else does.
pub(crate) fn packages() -> Condition {
    Condition::Any(
        PACKAGE_KINDS.iter().map(|kind| Condition::Is(Term::Kind, (*kind).to_owned())).collect(),
    )
}

fn is_anything(value: &Value) -> bool {
    match value {
        Value::Anything => true,
        Value::Range(from, to) => from.value.is_none() && to.value.is_none(),
        _ => false,
    }
}

fn begins_in<T>(
    term: Term,
    all: impl Iterator<Item = T>,
    value: impl Fn(&T) -> Option<String>,
) -> Condition {
    Condition::Any(all.filter_map(|one| value(&one)).map(|v| Condition::Is(term, v)).collect())
}

/// Reads a moment as Solr does: in full, or `NOW` with what is added to it or
/// taken from it.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    if let Some(rest) = text.strip_prefix("NOW") {
        return shifted(rest, now).ok_or_else(|| bad_moment(text));
    }
    Timestamp::parse_rfc3339(text).filter(|_| text.ends_with('Z')).ok_or_else(|| bad_moment(text))
}

/// Reads `-7DAYS` or `/DAY-1HOUR`.
fn shifted(mut rest: &str, now: Timestamp) -> Option<Timestamp> {
    let mut millis = now.as_millis();
    while let Some(sign) = rest.chars().next() {
        rest = rest.get(1..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_uppercase).count();
        let (unit, after) = after.split_at(letters);
        rest = after;
        let unit = match unit.trim_end_matches('S') {
            "MILLI" | "MILLISECOND" => Duration::from_millis(1),
            "SECOND" => Duration::from_secs(1),
            "MINUTE" => Duration::from_secs(60),
            "HOUR" => Duration::from_secs(60 * 60),
            "DAY" | "DATE" => Duration::from_secs(24 * 60 * 60),
            // Months and years are no number of milliseconds.
            _ => return None,
        };
        let unit = u64::try_from(unit.as_millis()).ok()?;
        millis = match (sign, number) {
            ('/', "") => millis / unit * unit,
            ('+', number) => millis.checked_add(unit.checked_mul(number.parse().ok()?)?)?,
            ('-', number) => millis.saturating_sub(unit.checked_mul(number.parse().ok()?)?),
            _ => return None,
        };
    }
    Some(Timestamp::from_millis(millis))
}

fn bad_moment(text: &str) -> Failure {
    Failure::Query(format!(
        "Invalid Date String: {}; moments are written 2026-01-01T00:00:00Z or NOW-1DAY",
        shown(text)
    ))
}

/// Reads in which order hits are wanted.
pub(crate) fn order(text: &str) -> Result<Vec<Order>, Failure> {
    let invalid = |why: String| Failure::Query(format!("Invalid \"sort\" parameter: {why}"));
    let mut order = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut words = part.split_whitespace();
        let (name, direction) = (words.next().unwrap_or_default(), words.next());
        let key = match name {
            "score" => Key::Score,
            "metadata_modified" => Key::Signed,
            "name" => Key::Package,
            "title_string" | "title" => Key::Title,
            "id" | "index_id" => Key::Id,
            other => return Err(invalid(format!("cannot sort by {}", shown(other)))),
        };
        let descending = match direction {
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            _ => return Err(invalid(format!("{} asc or desc", shown(name)))),
        };
        if words.next().is_some() {
            return Err(invalid(shown(part)));
        }
        order.push(Order { key, descending });
    }
    if order.len() > Order::KEYS_MAX {
        return Err(invalid(format!("more than {} fields", Order::KEYS_MAX)));
    }
    Ok(order)
}

/// Reads a moment, whatever stands in it. See [`crate::fuzz`].
#[cfg(feature = "fuzz")]
pub(super) fn fuzz(text: &str) {
    drop(moment(text, Timestamp::from_millis(1)));
    drop(moment(&format!("NOW{text}"), Timestamp::from_millis(u64::MAX)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_solr_reads_them() {
        let now = Timestamp::parse_rfc3339("2026-03-05T10:20:30Z").unwrap();
        let read = |text: &str| moment(text, now).map(|at| at.to_string());
        assert_eq!(read("2026-01-01T00:00:00Z").unwrap(), "2026-01-01T00:00:00Z");
        assert_eq!(read("2026-01-01T00:00:00.250Z").unwrap(), "2026-01-01T00:00:00.25Z");
        assert_eq!(read("NOW").unwrap(), "2026-03-05T10:20:30Z");
        assert_eq!(read("NOW-7DAYS").unwrap(), "2026-02-26T10:20:30Z");
        assert_eq!(read("NOW/DAY+1HOUR").unwrap(), "2026-03-05T01:00:00Z");
        for bad in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+01:00",
            "NOW-1",
            "NOW-1MONTH",
            "NOWå",
            "NOW-99999999999999999999DAYS",
            "igår",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_order_is_read_or_refused() {
        let two = order("score desc, metadata_modified desc").unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(order("id asc").unwrap(), [Order { key: Key::Id, descending: false }]);
        assert_eq!(order(" ").unwrap(), []);
        for bad in ["name", "name up", "views_recent desc", "name asc asc"] {
            assert!(order(bad).is_err(), "{bad}");
        }
    }
}
