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

// Other forms.

#[test]
fn a_data_json_is_harvested() {
    let body = "{\"dataset\": [{\"identifier\": \"a\", \"title\": \"A\"}]}";
    let read = Site::default().page(AT, "application/json", body).harvest(AT).unwrap();
    assert_eq!((read.imported.format, read.imported.entries.len()), (Form::DcatUs, 2));
    assert!(iris(&read).contains(&AT), "the catalogue is known by its address");
}

#[test]
fn all_pages_of_a_feed_are_read() {
    use crate::import::reader::tests::{FEED_PREFIXES, activity};
    let link = |pages: &[u32]| -> String {
        let link = |page: &u32| {
            format!(
                "<> tree:relation [ a tree:GreaterThanRelation ; tree:node <http://hub/catalogue?page={page}> ] .\n"
            )
        };
        pages.iter().map(link).collect()
    };
    let page = |links: &[u32], activity: String| {
        format!(
            "{FEED_PREFIXES}<#feed> a ldes:EventStream ; tree:view <{AT}> .\n{}{activity}",
            link(links)
        )
    };
    let created = |name: &str, title: &str| {
        activity(
            &format!(":{name}1"),
            "Create",
            &format!(":{name}"),
            1,
            &format!(":{name} a dcat:Dataset ; dct:title \"{title}\" ."),
        )
    };
    let site = Site::default()
        .page(AT, "application/trig", &page(&[2, 3], created("a", "A")))
        .page(
            &format!("{AT}?page=2"),
            "application/trig",
            &page(&[1, 3], activity(":a2", "Delete", ":a", 2, "")),
        )
        .page(&format!("{AT}?page=3"), "application/trig", &page(&[], created("b", "B")))
        .page(&format!("{AT}?page=1"), "application/trig", &page(&[2], created("c", "C")));
    let read = site.harvest(AT).unwrap();
    assert_eq!(iris(&read), ["https://example.org/b", "https://example.org/c"]);
    assert_eq!((read.documents, read.imported.format), (4, Form::Feed));
    let site = Site::default().page(AT, "application/trig", &page(&[2], created("a", "A")));
    assert!(matches!(site.harvest(AT), Err(HarvestError::Fetch(_))));
}

/// A CKAN site of that many packages, which answers searches by the given pages.
fn ckan(count: u32, pages: &[&[u32]]) -> Site {
    let package = |id: &u32| format!("{{\"id\": \"p{id}\", \"title\": \"P{id}\"}}");
    let answer =
        |result: &str| format!("{{\"help\": \"\", \"success\": true, \"result\": {result}}}");
    let action = "https://ckan.example.org/api/3/action/";
    let status = answer("{\"site_title\": \"Exempelby\", \"ckan_version\": \"2.11.5\"}");
    let mut site = Site::default()
        .page("https://ckan.example.org/", "text/html", "<!DOCTYPE html><html></html>")
        .page(&format!("{action}status_show"), "application/json", &status);
    let mut start = 0;
    for ids in pages {
        let results = ids.iter().map(package).collect::<Vec<_>>().join(",");
        let body = answer(&format!("{{\"count\": {count}, \"results\": [{results}]}}"));
        let query = format!("package_search?q=*:*&rows=1000&start={start}&sort=id+asc");
        site = site.page(&format!("{action}{query}"), "application/json", &body);
        start += ids.len();
    }
    site
}

#[test]
fn a_ckan_site_is_recognised_and_read_to_its_end() {
    for address in
        ["https://ckan.example.org/", "https://ckan.example.org/api/3/action/package_list"]
    {
        let read = ckan(3, &[&[1, 2], &[3], &[]]).harvest(address).unwrap();
        let expected = ["", "/dataset/p1", "/dataset/p2", "/dataset/p3"];
        assert_eq!(iris(&read), expected.map(|path| format!("https://ckan.example.org{path}")));
        assert_eq!(read.imported.format, Form::Ckan);
    }
}

#[test]
fn half_a_ckan_site_is_an_error() {
    let harvest = |site: Site| site.harvest("https://ckan.example.org/").unwrap_err();
    let half = harvest(ckan(5, &[&[1, 2], &[]]));
    assert!(matches!(half, HarvestError::Half { came: 2, total: 5, .. }), "{half}");
    let again = harvest(ckan(4, &[&[1, 2], &[1, 2]]));
    assert!(again.to_string().contains("its paging does not work"), "{again}");
    let moving = harvest(ckan(4, &[&[1, 2], &[2, 3]]));
    assert!(matches!(moving, HarvestError::Changing { .. }), "{moving}");
    let missing = harvest(ckan(4, &[&[1, 2]]));
    assert!(!missing.to_string().is_empty());
}

#[test]
fn a_web_page_that_is_no_site_says_so() {
    let site = Site::default().page(AT, "text/html", "<!DOCTYPE html><html></html>");
    let error = site.harvest(AT).unwrap_err();
    assert!(error.to_string().contains("this is an HTML page"), "{error}");
}
