//! A feed in Atom 1.0 (RFC 4287), with links between its pages (RFC 5005).
//!
//! Invariant: whatever agencies write, the document is well-formed, and what
//! they write is text: markup in it is shown, not obeyed.

use std::io;

use dela_protocol::time::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// The media type of a feed.
pub(super) const ATOM: &str = "application/atom+xml; charset=utf-8";

/// How much of a description an entry has: what a reader shows of it.
const SUMMARY_CHARS_MAX: usize = 2_000;

/// A page of a feed.
#[derive(Debug)]
pub(super) struct Feed {
    /// What identifies the feed for ever.
    pub(super) id: String,
    /// Its title.
    pub(super) title: String,
    /// Who makes it.
    pub(super) author: String,
    /// When anything in it changed last.
    pub(super) updated: Timestamp,
    /// Addresses, with how they relate to it.
    pub(super) links: Vec<Link>,
    /// Its entries, the last changed first.
    pub(super) entries: Vec<Item>,
}

/// An address, with how it relates to what it stands in.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) rel: &'static str,
    pub(super) media_type: &'static str,
    pub(super) href: String,
}

/// An entry.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) language: Option<String>,
    pub(super) author: String,
    pub(super) author_uri: Option<String>,
    pub(super) published: Option<Timestamp>,
    pub(super) updated: Timestamp,
    pub(super) summary: String,
    pub(super) categories: Vec<String>,
    pub(super) links: Vec<Link>,
}

type Xml = Writer<Vec<u8>>;

impl Feed {
    /// Writes the document.
    pub(super) fn write(&self) -> io::Result<Vec<u8>> {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        let feed =
            xml.create_element("feed").with_attribute(("xmlns", "http://www.w3.org/2005/Atom"));
        feed.write_inner_content(|xml| {
            text(xml, "id", &self.id)?;
            text(xml, "title", &self.title)?;
            text(xml, "updated", &moment(self.updated))?;
            author(xml, &self.author, None)?;
            text(xml, "generator", "Dela")?;
            for link in &self.links {
                link.write(xml)?;
            }
            for entry in &self.entries {
                entry.write(xml)?;
            }
            Ok(())
        })?;
        Ok(xml.into_inner())
    }
}

impl Link {
    /// Makes a link.
    pub(super) const fn new(rel: &'static str, media_type: &'static str, href: String) -> Self {
        Self { rel, media_type, href }
    }

    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let href = allowed(&self.href);
        let element = xml.create_element("link").with_attributes([
            ("rel", self.rel),
            ("type", self.media_type),
            ("href", href.as_str()),
        ]);
        element.write_empty().map(drop)
    }
}

impl Item {
    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let mut entry = xml.create_element("entry");
        if let Some(language) = &self.language {
            entry = entry.with_attribute(("xml:lang", language.as_str()));
        }
        entry.write_inner_content(|xml| {
            text(xml, "id", &self.id)?;
            text(xml, "title", &self.title)?;
            text(xml, "updated", &moment(self.updated))?;
            if let Some(published) = self.published {
                text(xml, "published", &moment(published))?;
            }
            author(xml, &self.author, self.author_uri.as_deref())?;
            for link in &self.links {
                link.write(xml)?;
            }
            for category in &self.categories {
                let term = allowed(category);
                let element =
                    xml.create_element("category").with_attribute(("term", term.as_str()));
                element.write_empty()?;
            }
            text(xml, "summary", &shortened(&self.summary))
        })?;
        Ok(())
    }
}

/// Writes an element with nothing but text in it.
fn text(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&allowed(content))).map(drop)
}

fn author(xml: &mut Xml, name: &str, uri: Option<&str>) -> io::Result<()> {
    let author = xml.create_element("author").write_inner_content(|xml| {
        text(xml, "name", name)?;
        uri.map_or(Ok(()), |uri| text(xml, "uri", uri))
    });
    author.map(drop)
}

/// Takes out the characters that no XML document may have, in any writing.
fn allowed(text: &str) -> String {
    let may_be = |c: &char| {
        matches!(c, '\t' | '\n' | '\r' | '\u{20}'..) && !matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().filter(may_be).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SUMMARY_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Returns a moment as RFC 3339 has it: what lies beyond the year 9999 is its
/// end.
fn moment(at: Timestamp) -> String {
    /// The last second of the year 9999, in milliseconds.
    const LAST: u64 = 253_402_300_799_000;
    Timestamp::from_millis(at.as_millis().min(LAST)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_agencies_write_stays_text() {
        let hostile = "</title><script>alert('1')</script>\u{0}\u{b}\u{ffff}]]>&amp;\"å";
        let feed = Feed {
            id: "urn:uuid:0".to_owned(),
            title: hostile.to_owned(),
            author: hostile.to_owned(),
            updated: Timestamp::from_millis(u64::MAX),
            links: vec![Link::new("self", "text/html", format!("http://a.example/?q={hostile}"))],
            entries: Vec::new(),
        };
        let written = String::from_utf8(feed.write().unwrap()).unwrap();
        assert!(!written.contains("<script"), "{written}");
        assert!(!written.contains(['\u{0}', '\u{b}', '\u{ffff}']), "{written}");
        assert!(written.contains("&amp;amp;&quot;å"), "{written}");
        assert!(written.contains("<updated>9999-12-31T23:59:59Z</updated>"), "{written}");
    }

    #[test]
    fn a_long_description_is_cut_between_characters() {
        assert_eq!(shortened("kort"), "kort");
        assert_eq!(shortened(&"å".repeat(9_000)).chars().count(), SUMMARY_CHARS_MAX + 1);
    }
}
