//! Descriptions of datasets that do not exist, as agencies write them.
//!
//! They serve to train the dictionary that records are compressed with, and to
//! measure storage and search on more datasets than one would write by hand.
//! The vocabulary is that of DCAT-AP-SE in practice; the agencies, people and
//! data are made up. The same number always gives the same description.

use dela_protocol::dcat::term;
use dela_protocol::description::{Description, Node, Object, Triple};

/// A generator of numbers without a claim to randomness: `SplitMix64`.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Returns the dice of that number.
    pub(crate) const fn numbered(number: u64) -> Self {
        Self(number)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `below`.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.roll() % below.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        let index = usize::try_from(self.below(items.len() as u64));
        items[index.expect("an index is below the length")]
    }
}

/// Swedish, English, data theme.
type Subject = (&'static str, &'static str, &'static str);

const SUBJECTS: &[Subject] = &[
    ("Luftkvalitet", "Air quality", "ENVI"),
    ("Badvattenprover", "Bathing water samples", "ENVI"),
    ("Förskolor", "Preschools", "EDUC"),
    ("Grundskolor och elevantal", "Compulsory schools and pupils", "EDUC"),
    ("Lekplatser", "Playgrounds", "GOVE"),
    ("Cykelvägar", "Cycle paths", "TRAN"),
    ("Vägnät och vägbredd", "Road network and road width", "TRAN"),
    ("Parkeringsplatser", "Parking places", "TRAN"),
    ("Hållplatser och tidtabeller", "Stops and timetables", "TRAN"),
    ("Laddstationer för elbilar", "Charging stations for electric cars", "ENER"),
    ("Elproduktion från vindkraft", "Electricity from wind power", "ENER"),
    ("Fjärrvärmenät", "District heating network", "ENER"),
    ("Folkmängd efter ålder och kön", "Population by age and sex", "SOCI"),
    ("Flyttningar mellan kommuner", "Migration between municipalities", "SOCI"),
    ("Bostadsbestånd", "Dwelling stock", "SOCI"),
    ("Lediga jobb", "Job vacancies", "ECON"),
    ("Leverantörsfakturor", "Supplier invoices", "GOVE"),
    ("Kommunens budget och utfall", "Municipal budget and outcome", "GOVE"),
    ("Valresultat per valdistrikt", "Election results by district", "GOVE"),
    ("Fornlämningar", "Ancient monuments", "EDUC"),
    ("Museisamlingar", "Museum collections", "EDUC"),
    ("Bibliotekslån", "Library loans", "EDUC"),
    ("Naturreservat", "Nature reserves", "ENVI"),
    ("Skyddade träd", "Protected trees", "ENVI"),
    ("Skogsbruksplaner", "Forest management plans", "AGRI"),
    ("Jordbruksblock", "Agricultural parcels", "AGRI"),
    ("Fiskevatten och fångster", "Fishing waters and catches", "AGRI"),
    ("Livsmedelskontroller", "Food inspections", "HEAL"),
    ("Vaccinationstäckning", "Vaccination coverage", "HEAL"),
    ("Vårdcentraler och väntetider", "Health centres and waiting times", "HEAL"),
    ("Trafikolyckor med personskada", "Road accidents with personal injury", "TRAN"),
    ("Anmälda brott", "Reported offences", "JUST"),
    ("Detaljplaner", "Detailed development plans", "REGI"),
    ("Adresser och byggnader", "Addresses and buildings", "REGI"),
    ("Höjddata, markmodell", "Elevation data, terrain model", "REGI"),
    ("Ortofoto", "Orthophotos", "REGI"),
    ("Vattenstånd och flöden", "Water levels and flows", "ENVI"),
    ("Temperatur och nederbörd", "Temperature and precipitation", "ENVI"),
    ("Utsläpp av växthusgaser", "Greenhouse gas emissions", "ENVI"),
    ("Patentansökningar", "Patent applications", "TECH"),
    ("Bredbandstäckning", "Broadband coverage", "TECH"),
    ("Bistånd per mottagarland", "Development aid by recipient", "INTR"),
    ("Företag och nystartade", "Enterprises and start-ups", "ECON"),
    ("Konsumentprisindex", "Consumer price index", "ECON"),
];

/// The name of the agency, its host, its organisation number, its kind.
type Agency = (&'static str, &'static str, &'static str, &'static str);

const AGENCIES: &[Agency] = &[
    ("Norrviks kommun", "norrvik.example", "2120009001", "LocalAuthority"),
    ("Ekeby kommun", "ekeby.example", "2120009002", "LocalAuthority"),
    ("Sörsjö kommun", "sorsjo.example", "2120009003", "LocalAuthority"),
    ("Åmossa kommun", "amossa.example", "2120009004", "LocalAuthority"),
    ("Region Västerhav", "regionvasterhav.example", "2321009001", "RegionalAuthority"),
    ("Region Östmark", "regionostmark.example", "2321009002", "RegionalAuthority"),
    ("Vägdatamyndigheten", "vagdata.example", "2021009001", "NationalAuthority"),
    ("Skogsdatanämnden", "skogsdata.example", "2021009002", "NationalAuthority"),
    ("Statistikbyrån", "statistikbyran.example", "2021009003", "NationalAuthority"),
    ("Havs- och sjöverket", "havsjo.example", "2021009004", "NationalAuthority"),
    ("Fjällnäs universitet", "fjallnas.example", "2021009005", "AcademicScientificOrganisation"),
    ("Kollektivresor i Norrbygd AB", "norrbygd.example", "5569009001", "Company"),
];

const PLACES: &[(&str, &str)] = &[
    ("Norrvik", "http://sws.geonames.org/2690000/"),
    ("Ekeby", "http://sws.geonames.org/2690001/"),
    ("Sörsjö", "http://sws.geonames.org/2690002/"),
    ("Åmossa", "http://sws.geonames.org/2690003/"),
    ("Västerhav", "http://sws.geonames.org/2690004/"),
    ("hela landet", "http://publications.europa.eu/resource/authority/country/SWE"),
];

const SENTENCES: &[&str] = &[
    "Datamängden innehåller uppgifter om {} i {}, insamlade av {}.",
    "Uppgifterna om {} uppdateras varje {period} och omfattar perioden från och med {year}.",
    "Varje post har ett unikt id, koordinater i SWEREF 99 TM, datum för inventering och ansvarig förvaltning.",
    "Materialet får användas fritt. Kvaliteten varierar, och {} lämnar inga garantier för att uppgifterna är fullständiga.",
    "Mätningarna görs av miljöförvaltningen enligt Naturvårdsverkets handbok och kontrolleras innan de publiceras.",
    "Statistiken redovisas per kommun, region, kön och ålder. Tabellen kan hämtas i flera format genom API:et.",
    "Vid frågor om innehållet, kontakta oss på {mail}. Vi tar gärna emot rättelser och förslag på förbättringar.",
    "Observera att uppgifter före {year} har samlats in med en annan metod och därför inte är jämförbara över tid.",
    "Tjänsten levererar geografiska data som vektorer. Anrop utan nyckel är begränsade till 1 000 per dygn.",
    "I datamängden ingår även historiska värden. Saknade värden anges som tomma fält.",
    "Personuppgifter ingår inte. Uppgifter om färre än fem individer har skyddats.",
    "Informationen används i kommunens planering, av skolor, föreningar, forskare och företag.",
];

const ENGLISH: &[&str] = &[
    "The dataset contains information about {} in {}, collected by {}.",
    "The data about {} are updated every {period} and cover the period from {year} onwards.",
    "Each entry has a unique identifier, coordinates and the date of the survey.",
    "The material may be used freely. No guarantee is given that the data are complete.",
    "The statistics are presented by municipality, region, sex and age and can be fetched through the API.",
    "Missing values are given as empty fields. The data contain no personal data.",
];

const KEYWORDS: &[(&str, &str)] = &[
    ("miljö", "environment"),
    ("öppna data", "open data"),
    ("statistik", "statistics"),
    ("kommun", "municipality"),
    ("geodata", "geodata"),
    ("karta", "map"),
    ("trafik", "traffic"),
    ("vatten", "water"),
    ("skola", "school"),
    ("hälsa", "health"),
    ("ekonomi", "economy"),
    ("befolkning", "population"),
    ("kulturarv", "cultural heritage"),
    ("natur", "nature"),
    ("energi", "energy"),
    ("mätvärden", "measurements"),
];

/// How agencies write a format.
const FORMATS: &[&str] = &[
    "text/csv",
    "application/json",
    "application/geo+json",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/xml",
    "text/html",
    "application/pdf",
    "application/zip",
    "http://publications.europa.eu/resource/authority/file-type/CSV",
    "http://publications.europa.eu/resource/authority/file-type/JSON",
    "http://publications.europa.eu/resource/authority/file-type/SHP",
    "http://publications.europa.eu/resource/authority/file-type/WMS_SRVC",
    "https://www.iana.org/assignments/media-types/application/json",
    "WMS",
    "GTFS",
];

const LICENCES: &[&str] = &[
    "http://creativecommons.org/publicdomain/zero/1.0/",
    "http://creativecommons.org/licenses/by/4.0/",
    "https://creativecommons.org/publicdomain/zero/1.0/deed.sv",
    "https://creativecommons.org/licenses/by/4.0/deed.sv",
    "http://publications.europa.eu/resource/authority/licence/CC0",
    "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
    "http://creativecommons.org/licenses/by-sa/4.0/",
];

const PERIODS: &[(&str, &str, &str)] = &[
    ("ANNUAL", "år", "year"),
    ("QUARTERLY", "kvartal", "quarter"),
    ("MONTHLY", "månad", "month"),
    ("WEEKLY", "vecka", "week"),
    ("DAILY", "dygn", "day"),
    ("IRREG", "gång det behövs", "time it is needed"),
];

const PEOPLE: &[&str] =
    &["Registrator", "Öppna data-gruppen", "Geodataenheten", "Miljöförvaltningen", "Kundtjänst"];

/// In how many per cent of the datasets, which property, with which value.
const RARITIES: &[(u64, &str, &str)] = &[
    (
        15,
        "http://data.europa.eu/r5r/applicableLegislation",
        "http://data.europa.eu/eli/reg_impl/2023/138/oj",
    ),
    (5, term::DCATAP_HVD_CATEGORY, "http://data.europa.eu/bna/c_ac64a52d"),
    (5, term::DCATAP_HVD_CATEGORY, "http://data.europa.eu/bna/c_e1da4e07"),
    (4, term::DCATAP_HVD_CATEGORY, "http://data.europa.eu/bna/c_dd313021"),
    (10, term::DCTERMS_CONFORMS_TO, "http://www.opengis.net/def/crs/EPSG/0/3006"),
    (5, term::DCTERMS_CONFORMS_TO, "https://www.w3.org/TR/tabular-data-primer/"),
    (
        5,
        "http://purl.org/dc/terms/subject",
        "https://www.dataportal.se/terminology/grunddata/adresser",
    ),
    (8, "http://xmlns.com/foaf/0.1/page", "https://www.w3.org/TR/vocab-dcat-3/"),
    (5, "http://www.w3.org/ns/adms#versionNotes", "https://data.example.se/versioner"),
    (
        10,
        "http://purl.org/dc/terms/rightsHolder",
        "http://publications.europa.eu/resource/authority/corporate-body/ESTAT",
    ),
];

const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const DCAT: &str = "http://www.w3.org/ns/dcat#";
const NAL: &str = "http://publications.europa.eu/resource/authority";

/// What is decided about a dataset before anything is written about it.
struct Plan {
    dice: Dice,
    iri: String,
    subject: Subject,
    agency: Agency,
    place: (&'static str, &'static str),
    period: (&'static str, &'static str, &'static str),
    year: u64,
    triples: Vec<Triple>,
}

/// Returns the description of the dataset of that number.
pub(crate) fn dataset(number: u64) -> Description {
    let mut dice = Dice::numbered(number);
    let subject = dice.of(SUBJECTS);
    let agency = dice.of(AGENCIES);
    let iri = match dice.below(3) {
        0 => format!("https://data.{}/dataset/{number:08x}", agency.1),
        1 => format!("http://{}/store/{}/resource/{number}", agency.1, dice.below(40)),
        _ => format!("https://www.{}/oppna-data/{:016x}-{number}", agency.1, dice.roll()),
    };
    let mut plan = Plan {
        place: dice.of(PLACES),
        period: dice.of(PERIODS),
        year: 1990 + dice.below(35),
        triples: Vec::new(),
        dice,
        iri,
        subject,
        agency,
    };
    plan.describe();
    plan.date();
    plan.embellish();
    plan.publish();
    for index in 0..=plan.dice.below(4) {
        plan.distribute(index);
    }
    let iri = plan.iri.clone();
    Description::new(&iri, plan.triples).expect("a dataset of ordinary size")
}

impl Plan {
    fn say(&mut self, subject: &str, predicate: &str, object: Object) {
        self.triples.push((Node::Iri(subject.to_owned()), predicate.to_owned(), object));
    }

    fn is(&mut self, predicate: &str, object: Object) {
        let iri = self.iri.clone();
        self.say(&iri, predicate, object);
    }

    fn prose(&mut self, sentences: &[&str], english: bool) -> String {
        let count = 1 + self.dice.below(6);
        let about = if english { self.subject.1 } else { self.subject.0 }.to_lowercase();
        let period = if english { self.period.2 } else { self.period.1 };
        (0..count)
            .map(|_| {
                self.dice
                    .of(sentences)
                    .replacen("{}", &about, 1)
                    .replacen("{}", self.place.0, 1)
                    .replacen("{}", self.agency.0, 1)
                    .replace("{period}", period)
                    .replace("{year}", &self.year.to_string())
                    .replace("{mail}", &format!("oppnadata@{}", self.agency.1))
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn describe(&mut self) {
        let Plan { subject, place, .. } = *self;
        self.is(RDF_TYPE, Object::Iri(format!("{DCAT}Dataset")));
        let (of, title) = (self.year, format!("{} i {}", subject.0, place.0));
        let title = if self.dice.chance(40) { format!("{title} {of}") } else { title };
        self.is(term::DCTERMS_TITLE, Object::in_language(title, "sv"));
        let prose = self.prose(SENTENCES, false);
        self.is(term::DCTERMS_DESCRIPTION, Object::in_language(prose, "sv"));
        if self.dice.chance(45) {
            let title = format!("{} in {} {of}", subject.1, place.0);
            self.is(term::DCTERMS_TITLE, Object::in_language(title, "en"));
            let prose = self.prose(ENGLISH, true);
            self.is(term::DCTERMS_DESCRIPTION, Object::in_language(prose, "en"));
        }
        for _ in 0..self.dice.below(5) {
            let keyword = self.dice.of(KEYWORDS);
            self.is(term::DCAT_KEYWORD, Object::in_language(keyword.0, "sv"));
            if self.dice.chance(30) {
                self.is(term::DCAT_KEYWORD, Object::in_language(keyword.1, "en"));
            }
        }
        self.is(term::DCAT_THEME, Object::Iri(format!("{NAL}/data-theme/{}", subject.2)));
        self.is(term::DCTERMS_SPATIAL, Object::Iri(place.1.to_owned()));
        let frequency = format!("{NAL}/frequency/{}", self.period.0);
        self.is(term::DCTERMS_ACCRUAL_PERIODICITY, Object::Iri(frequency));
        let access = self.dice.of(&["PUBLIC", "PUBLIC", "PUBLIC", "NON_PUBLIC", "RESTRICTED"]);
        self.is(term::DCTERMS_ACCESS_RIGHTS, Object::Iri(format!("{NAL}/access-right/{access}")));
        self.is(term::DCTERMS_LANGUAGE, Object::Iri(format!("{NAL}/language/SWE")));
    }

    fn date(&mut self) {
        let of = self.year;
        let issued =
            format!("{}-{:02}-{:02}", of, 1 + self.dice.below(12), 1 + self.dice.below(28));
        self.is(term::DCTERMS_ISSUED, Object::typed(issued, format!("{}date", term::XSD)));
        let modified = format!(
            "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            15 + self.dice.below(12),
            1 + self.dice.below(12),
            1 + self.dice.below(28),
            self.dice.below(24),
            self.dice.below(60),
            self.dice.below(60)
        );
        self.is(term::DCTERMS_MODIFIED, Object::typed(modified, format!("{}dateTime", term::XSD)));
        if self.dice.chance(30) {
            let page = format!("https://www.{}/oppna-data/{}", self.agency.1, self.dice.below(900));
            self.is(term::DCAT_LANDING_PAGE, Object::Iri(page));
        }
        if self.dice.chance(40) {
            let [a, b] = [self.dice.roll(), self.dice.roll()];
            let id = format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                a >> 32,
                a & 0xffff,
                (a >> 16) & 0xfff,
                b >> 52,
                b & 0xffff_ffff_ffff
            );
            self.is(term::DCTERMS_IDENTIFIER, Object::plain(id));
        }
        if self.dice.chance(35) {
            self.is(term::DCTERMS_TEMPORAL, Object::Blank(0));
            let start = Object::typed(format!("{of}-01-01"), format!("{}date", term::XSD));
            let about = Node::Blank(0);
            let period = "http://purl.org/dc/terms/PeriodOfTime".to_owned();
            self.triples.push((about.clone(), RDF_TYPE.to_owned(), Object::Iri(period)));
            self.triples.push((about, term::DCAT_START_DATE.to_owned(), start));
        }
    }

    /// What only some agencies say.
    fn embellish(&mut self) {
        for (percent, predicate, iri) in RARITIES {
            if self.dice.chance(*percent) {
                self.is(predicate, Object::Iri((*iri).to_owned()));
            }
        }
        if self.dice.chance(15) {
            let origin = "http://purl.org/dc/terms/provenance";
            self.is(origin, Object::Blank(1));
            let text = self.prose(SENTENCES, false);
            let statement = "http://purl.org/dc/terms/ProvenanceStatement".to_owned();
            let about = Node::Blank(1);
            self.triples.push((about.clone(), RDF_TYPE.to_owned(), Object::Iri(statement)));
            let text = Object::in_language(text, "sv");
            self.triples.push((about, term::DCTERMS_DESCRIPTION.to_owned(), text));
        }
    }

    fn publish(&mut self) {
        let (name, host, number, kind) = self.agency;
        let agent = format!("http://dataportal.se/organisation/SE{number}");
        self.is(term::DCTERMS_PUBLISHER, Object::Iri(agent.clone()));
        let organisation = "http://xmlns.com/foaf/0.1/Agent".to_owned();
        self.say(&agent, RDF_TYPE, Object::Iri(organisation));
        self.say(&agent, term::FOAF_NAME, Object::in_language(name, "sv"));
        let kind = format!("http://purl.org/adms/publishertype/{kind}");
        self.say(&agent, term::DCTERMS_TYPE, Object::Iri(kind));
        self.say(&agent, term::FOAF_HOMEPAGE, Object::Iri(format!("https://www.{host}/")));

        let person = self.dice.of(PEOPLE);
        let contact = format!("https://data.{host}/kontakt/{}", self.dice.below(9));
        self.is(term::DCAT_CONTACT_POINT, Object::Iri(contact.clone()));
        self.say(&contact, RDF_TYPE, Object::Iri(term::VCARD_ORGANIZATION.to_owned()));
        self.say(&contact, term::VCARD_FN, Object::plain(person));
        let mail = format!("mailto:oppnadata@{host}");
        self.say(&contact, term::VCARD_HAS_EMAIL, Object::Iri(mail));
        if self.dice.chance(40) {
            let phone = format!("tel:+46-{}", 100_000_000 + self.dice.below(899_999_999));
            self.say(&contact, term::VCARD_HAS_TELEPHONE, Object::Iri(phone));
        }
    }

    fn distribute(&mut self, index: u64) {
        let host = self.agency.1;
        let iri = format!("{}/distribution/{index}", self.iri);
        self.is(term::DCAT_DISTRIBUTION, Object::Iri(iri.clone()));
        self.say(&iri, RDF_TYPE, Object::Iri(format!("{DCAT}Distribution")));
        let address = match self.dice.below(4) {
            0 => format!("https://api.{host}/v1/{}?format=csv", self.dice.below(9_999)),
            1 => {
                format!("https://geodata.{host}/geoserver/wms?request=GetCapabilities&service=WMS")
            }
            2 => format!("https://data.{host}/rowstore/dataset/{:016x}", self.dice.roll()),
            _ => format!("https://data.{host}/filer/{}-{}.csv", self.dice.below(9_999), self.year),
        };
        self.say(&iri, term::DCAT_ACCESS_URL, Object::Iri(address.clone()));
        if self.dice.chance(25) {
            self.say(&iri, term::DCAT_DOWNLOAD_URL, Object::Iri(address));
        }
        let format = self.dice.of(FORMATS);
        let format = if format.starts_with("http") {
            Object::Iri(format.to_owned())
        } else {
            Object::plain(format)
        };
        self.say(&iri, term::DCTERMS_FORMAT, format);
        let licence = self.dice.of(LICENCES);
        self.say(&iri, term::DCTERMS_LICENSE, Object::Iri(licence.to_owned()));
        if self.dice.chance(60) {
            let title =
                format!("{} som {}", self.subject.0, self.dice.of(&["fil", "API", "karta"]));
            self.say(&iri, term::DCTERMS_TITLE, Object::in_language(title, "sv"));
        }
        if self.dice.chance(30) {
            let text = "Filen är teckenkodad i UTF-8 med semikolon som avgränsare.";
            self.say(&iri, term::DCTERMS_DESCRIPTION, Object::in_language(text, "sv"));
        }
        if self.dice.chance(25) {
            let media = "https://www.iana.org/assignments/media-types/text/csv".to_owned();
            self.say(&iri, term::DCAT_MEDIA_TYPE, Object::Iri(media));
        }
        if self.dice.chance(15) {
            let status = format!("{NAL}/distribution-status/COMPLETED");
            self.say(&iri, "http://www.w3.org/ns/adms#status", Object::Iri(status));
            let size = Object::typed(
                self.dice.below(90_000_000).to_string(),
                format!("{}nonNegativeInteger", term::XSD),
            );
            self.say(&iri, term::DCAT_BYTE_SIZE, size);
        }
        if self.dice.chance(60) {
            let availability =
                "http://publications.europa.eu/resource/authority/planned-availability/STABLE";
            let predicate = "http://data.europa.eu/r5r/availability";
            self.say(&iri, predicate, Object::Iri(availability.to_owned()));
        }
    }
}
