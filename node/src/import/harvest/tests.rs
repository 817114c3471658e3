//! Tests of reading addresses: a site in memory answers.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;

/// A site in memory.
#[derive(Default)]
pub(super) struct Site {
    pages: BTreeMap<String, Vec<(String, Vec<u8>)>>,
    asked: RefCell<Vec<String>>,
}

impl Site {
    /// Puts a document at an address. Of several at one, each is given once and
    /// the last from then on.
    pub(super) fn page(mut self, address: &str, media_type: &str, body: &str) -> Self {
        let documents = self.pages.entry(address.to_owned()).or_default();
        documents.push((media_type.to_owned(), body.as_bytes().to_vec()));
        self
    }

    pub(super) fn turtle(self, address: &str, body: &str) -> Self {
        let prefixes = "@prefix dcat: <http://www.w3.org/ns/dcat#> .
            @prefix dct: <http://purl.org/dc/terms/> .
            @prefix foaf: <http://xmlns.com/foaf/0.1/> .
            @prefix hydra: <http://www.w3.org/ns/hydra/core#> .
            @prefix : <https://example.org/> .\n";
        self.page(address, "text/turtle", &format!("{prefixes}{body}"))
    }

    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    pub(super) fn harvest(&self, address: &str) -> Result<Harvest, HarvestError> {
        let agency = AgencyId::of_inception(b"a fictional agency");
        match harvest(self, address, &HarvestOptions::default(), None, &agency)? {
            Harvested::Read(read) => Ok(*read),
            Harvested::NotModified => panic!("nothing was known"),
        }
    }
}

impl Fetch for Site {
    fn get(&self, request: &Request<'_>) -> Result<Answer, FetchError> {
        let address = request.address.to_owned();
        let before = self.asked.borrow().iter().filter(|asked| **asked == address).count();
        self.asked.borrow_mut().push(address.clone());
        let Some(documents) = self.pages.get(&address) else {
            return Err(FetchError::Status { address, status: 404, retry_after: None });
        };
        let (media_type, body) = &documents[before.min(documents.len() - 1)];
        let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
        if request.known == Some(&validators) {
            return Ok(Answer::NotModified);
        }
        let media_type = Some(media_type.clone());
        Ok(Answer::Found(Document { address, media_type, validators, body: body.clone() }))
    }
}

pub(super) fn iris(harvest: &Harvest) -> Vec<&str> {
    harvest.imported.entries.iter().map(|entry| entry.description.iri()).collect()
}

const AT: &str = "https://data.example.org/catalogue";

#[test]
fn a_document_is_read_with_what_recognises_it() {
    let site = Site::default().turtle(AT, "<a> a dcat:Dataset .");
    let read = site.harvest(AT).unwrap();
    assert_eq!(iris(&read), ["https://data.example.org/a"]);
    assert_eq!((read.documents, read.body.is_empty()), (1, false));
    let known = Some(&read.validators);
    let agency = AgencyId::of_inception(b"a fictional agency");
    let again = harvest(&site, AT, &HarvestOptions::default(), known, &agency).unwrap();
    assert!(matches!(again, Harvested::NotModified));
}

#[test]
fn a_wrong_media_type_does_not_matter_where_the_content_is_clear() {
    let xml = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
               xmlns:dcat=\"http://www.w3.org/ns/dcat#\">\
               <dcat:Dataset rdf:about=\"https://example.org/a\"/></rdf:RDF>";
    for media_type in ["text/plain", "text/turtle", "text/html; charset=utf-8"] {
        let site = Site::default().page(AT, media_type, xml);
        assert_eq!(iris(&site.harvest(AT).unwrap()), ["https://example.org/a"]);
    }
}

/// Three pages, by either vocabulary of Hydra and with a host nobody reaches.
fn paged(next: fn(u32) -> String) -> Site {
    let page = |number: u32, next: String| {
        format!(
            ":c a dcat:Catalog ; dct:title \"C\" ; dcat:dataset :d{number} ;
                dct:publisher [ foaf:name \"P\" ; foaf:member [ foaf:name \"Q\" ] ] .
             :d{number} a dcat:Dataset ; dct:title \"D\" . {next}"
        )
    };
    Site::default()
        .turtle(AT, &page(1, next(2)))
        .turtle(&format!("{AT}?page=2"), &page(2, next(3)))
        .turtle(&format!("{AT}?page=3"), &page(3, "<?page=3> a hydra:PagedCollection .".to_owned()))
}

#[test]
fn pages_are_followed_whichever_words_they_use() {
    let links: [fn(u32) -> String; 4] = [
        |page| {
            format!(
                "<> a hydra:PagedCollection ; hydra:totalItems 3 ; hydra:itemsPerPage 1 ;
                    hydra:nextPage \"http://hub:8080/catalogue?page={page}\" ."
            )
        },
        |page| {
            format!(
                "<> a hydra:PartialCollectionView ; hydra:next <?page={page}> ; hydra:first <> ."
            )
        },
        |page| format!("<> a hydra:PartialCollection ; hydra:nextPage <?page={page}> ."),
        |page| format!("[] a hydra:PartialCollectionView ; hydra:next \"?page={page}\" ."),
    ];
    for link in links {
        let site = paged(link);
        let read = site.harvest(AT).unwrap();
        assert_eq!(
            iris(&read),
            ["c", "d1", "d2", "d3"].map(|n| format!("https://example.org/{n}"))
        );
        assert_eq!((read.documents, read.validators), (3, Validators::default()));
        let catalogue = &read.imported.entries[0].description;
        assert_eq!(catalogue.triples().count(), 6, "the publisher is repeated");
        let hydra = |iri: &str| iri.contains("hydra");
        let triples = read.imported.entries.iter().flat_map(|entry| entry.description.triples());
        assert!(!triples.into_iter().any(|(_, predicate, _)| hydra(predicate)));
        assert!(read.imported.not_carried.triples > 0);
    }
}

#[test]
fn pages_that_lead_back_are_refused() {
    let site = Site::default()
        .turtle(AT, ":a a dcat:Dataset . <> a hydra:PagedCollection ; hydra:next <?page=2> .")
        .turtle(&format!("{AT}?page=2"), ":b a dcat:Dataset . <> hydra:next <?page=1> .")
        .turtle(&format!("{AT}?page=1"), ":c a dcat:Dataset . <> hydra:next <?page=2> .");
    let error = site.harvest(AT).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the pages go round in circles: {AT}?page=2 came before")
    );
    assert_eq!(site.asked().len(), 3);
    // The same page under ever new addresses is a circle too.
    let mut site = Site::default().turtle(AT, ":a a dcat:Dataset . <> hydra:next \"?page=1\" .");
    for page in 1..5 {
        let body = format!(":b a dcat:Dataset . <{AT}> hydra:next \"?page=2\" .");
        site = site.turtle(&format!("{AT}?page={page}"), &body);
    }
    assert!(matches!(site.harvest(AT), Err(HarvestError::Circle { .. })));
}

#[test]
fn a_last_page_that_links_to_itself_is_the_end_if_all_came() {
    let last = |total: u32| {
        let words = format!("a hydra:PagedCollection ; hydra:totalItems {total}");
        Site::default()
            .turtle(AT, &format!(":a a dcat:Dataset . <> {words} ; hydra:next <?page=2> ."))
            .turtle(
                &format!("{AT}?page=2"),
                &format!(":b a dcat:Dataset . <> {words} ; hydra:next <?page=2> ."),
            )
    };
    assert_eq!(last(2).harvest(AT).unwrap().imported.entries.len(), 2);
    assert!(matches!(last(3).harvest(AT), Err(HarvestError::Circle { .. })));
}

#[test]
fn fewer_than_promised_is_an_error() {
    let site = Site::default()
        .turtle(AT, ":a a dcat:Dataset . <> a hydra:PagedCollection ; hydra:totalItems \"5\" .");
    let error = site.harvest(AT).unwrap_err();
    assert_eq!(error.to_string(), format!("{AT} says it has 5, and 1 came"));
    assert!(error.may_pass());
}

#[test]
fn a_page_that_is_missing_is_an_error() {
    let site = Site::default().turtle(AT, ":a a dcat:Dataset . <> hydra:next <?page=2> .");
    let error = site.harvest(AT).unwrap_err();
    assert_eq!(error.to_string(), format!("{AT}?page=2 answered 404"));
    assert!(!error.may_pass());
}

#[test]
fn a_catalogue_that_changes_meanwhile_is_read_again() {
    let first = |total: u32| {
        format!(":a a dcat:Dataset . <> hydra:totalItems {total} ; hydra:next <?page=2> .")
    };
    let second = ":b a dcat:Dataset . <> hydra:totalItems 2 .";
    let site = Site::default()
        .turtle(AT, &first(1))
        .turtle(AT, &first(2))
        .turtle(&format!("{AT}?page=2"), second);
    assert_eq!(site.harvest(AT).unwrap().documents, 4);
    let site = Site::default().turtle(AT, &first(1)).turtle(&format!("{AT}?page=2"), second);
    assert!(matches!(site.harvest(AT), Err(HarvestError::Changing { .. })));
}
