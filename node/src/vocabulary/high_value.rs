//! Categories of high-value data (Commission Implementing Regulation (EU)
//! 2023/138), with the labels of the Publications Office.

use super::concepts::{Concept, concept};

const CATEGORIES: &str = "http://data.europa.eu/bna/";

/// The six categories the law has; all others are parts of one of them.
pub const HIGH_VALUE_CATEGORIES: &[Concept] = &[
    concept("c_ac64a52d", "Geospatiala data", "Geospatial"),
    concept("c_dd313021", "Jordobservation och miljö", "Earth observation and environment"),
    concept("c_164e0bf5", "Meteorologiska data", "Meteorological"),
    concept("c_e1da4e07", "Statistik", "Statistics"),
    concept("c_a9135398", "Företag och företagsägande", "Companies and company ownership"),
    concept("c_b79e35eb", "Rörlighet", "Mobility"),
];

/// The parts of the categories, by their English label.
pub const HIGH_VALUE_PARTS: &[Concept] = &[
    concept("c_c3de25e4", "Adresser", "Addresses"),
    concept("c_9427236f", "Administrativa enheter", "Administrative units"),
    concept("c_642643e6", "Jordbruksskiften", "Agricultural parcels"),
    concept("c_63b37dd4", "Luft", "Air"),
    concept(
        "c_af646f5b",
        "Områden med särskild förvaltning/begränsningar/reglering samt enheter för rapportering",
        "Area management / restriction / regulation zones & reporting units",
    ),
    concept(
        "c_1226dc1a",
        "Strandlinje vid medelvattenstånd",
        "Bank of waterway at mean water level",
    ),
    concept(
        "c_56a1bf47",
        "Grundläggande företagsinformation: nyckelattribut",
        "Basic company information: key attributes",
    ),
    concept("c_c873f344", "Biogeografiska regioner", "Bio-geographical regions"),
    concept(
        "c_664c9e5a",
        "Gränser för farleden/navigationskanalen",
        "Boundaries of the fairway/navigation channel",
    ),
    concept("c_60182062", "Byggnader", "Buildings"),
    concept("c_6a3f6896", "Fastighetsområden", "Cadastral parcels"),
    concept("c_59e64dd4", "Klimat", "Climate"),
    concept(
        "c_36807466",
        "Klimatdata: validerade observationer",
        "Climate data: validated observations",
    ),
    concept("c_8f0fac04", "Företagshandlingar och räkenskaper", "Company documents and accounts"),
    concept(
        "c_dd8f4797",
        "Konsoliderad offentlig bruttoskuld",
        "Consolidated government gross debt",
    ),
    concept("c_883d0205", "Ytterlinjer för slussar och fördämningar", "Contours of locks and dams"),
    concept(
        "c_424bb0b4",
        "Löpande utgifter för hälso- och sjukvård",
        "Current healthcare expenditure",
    ),
    concept("c_315692ad", "Höjd", "Elevation"),
    concept("c_4ba9548e", "Utsläpp", "Emissions"),
    concept("c_a2c6dcd8", "Sysselsättning", "Employment"),
    concept("c_b7de66cd", "Energiresurser", "Energy resources"),
    concept(
        "c_92874eb2",
        "Miljöräkenskaper och miljöstatistik",
        "Environmental accounts and statistics",
    ),
    concept(
        "c_7b8fbb64",
        "Anläggningar för miljöövervakning",
        "Environmental monitoring facilities",
    ),
    concept(
        "c_20cd11bb",
        "Statistik över internationell varuhandel i EU – export och import uppdelat efter partner, produkt och produktflöde",
        "EU International trade in goods statistics – exports and imports breakdowns simultaneously by partner, product and flow",
    ),
    concept("c_f76b01e6", "Farledens egenskaper", "Fairway characteristics"),
    concept("c_6a7250c1", "Fertilitet", "Fertility"),
    concept("c_6c2bb82d", "Geografiska namn", "Geographical names"),
    concept("c_e3f55603", "Geologi", "Geology"),
    concept(
        "c_4ac557e7",
        "Offentliga utgifter och inkomster",
        "Government expenditure and revenue",
    ),
    concept("c_c3919aec", "Naturtyper och biotoper", "Habitats and biotopes"),
    concept(
        "c_c0022235",
        "Harmoniserat konsumentprisindex",
        "Harmonised Indices of consumer prices",
    ),
    concept("c_4d63300b", "Övergripande lagstiftning", "Horizontal legislation"),
    concept("c_06b1eec4", "Hydrografi", "Hydrography"),
    concept(
        "c_2aed31f9",
        "Producentprisindex för industriprodukter uppdelat per verksamhet",
        "Industrial producer price index breakdowns by activity",
    ),
    concept("c_34abf8c1", "Industriproduktion", "Industrial production"),
    concept("c_a8b937c4", "Ojämlikhet", "Inequality"),
    concept("c_b151a0ba", "Dataset som avser inre vattenvägar", "Inland waterways datasets"),
    concept(
        "c_99bc517f",
        "Enskilda faror under och över vattenytan i farleden",
        "Isolated dangers in the fairway/navigation channel under and above water",
    ),
    concept("c_b21e1296", "Landtäcke", "Land cover"),
    concept("c_ad9ae929", "Markanvändning", "Land use"),
    concept(
        "c_298ffb73",
        "Länkar till externa xml-filer med driftstider för begränsande strukturer",
        "Links to the external xml-files with operation times of restricting structures",
    ),
    concept(
        "c_9cbe4435",
        "Förteckning över navigationshjälpmedel och trafikskyltar",
        "List of navigation aids and traffic signs",
    ),
    concept(
        "c_3e8e3bf7",
        "Hamnars och omlastningsanläggningars lokalisering och egenskaper",
        "Location and characteristics of ports and transhipment sites",
    ),
    concept(
        "c_407951ff",
        "Hamnars och omlastningsanläggningars lokalisering",
        "Location of ports and transhipment sites",
    ),
    concept(
        "c_fa2a1c3a",
        "Långvariga hinder i farleden och tillförlitlighet",
        "Long-time obstructions in the fairway and reliability",
    ),
    concept("c_4dd389c5", "Mineralfyndigheter", "Mineral resources"),
    concept("c_4acb6bf3", "Mortalitet", "Mortality"),
    concept(
        "c_b72b721f",
        "Nationalräkenskaper – viktiga BNP-aggregat",
        "National accounts – GDP main aggregates",
    ),
    concept(
        "c_95da87c7",
        "Nationalräkenskaper – viktiga indikatorer för företag",
        "National accounts – key indicators on corporations",
    ),
    concept(
        "c_59627af3",
        "Nationalräkenskaper – viktiga indikatorer för hushåll",
        "National accounts – key indicators on households",
    ),
    concept("c_63be22bd", "Naturliga riskområden", "Natural risk zones"),
    concept(
        "c_b7f6a4f3",
        "Naturskydd och biologisk mångfald",
        "Nature preservation and biodiversity",
    ),
    concept(
        "c_2037ada4",
        "Navigationsregler och rekommendationer",
        "Navigation rules and recommendations",
    ),
    concept("c_e4358335", "Buller", "Noise"),
    concept("c_13e3cf16", "NWP-modelldata", "NWP model data"),
    concept(
        "c_3af3368c",
        "Observationsdata som uppmätts av väderstationer",
        "Observations data measured by weather stations",
    ),
    concept(
        "c_b40e6d46",
        "Geografiska oceanografiska förhållanden",
        "Oceanographic geographical features",
    ),
    concept(
        "c_b24028d7",
        "Officiella sjömärken (t.ex. bojar, prickar, fyrar, tavlor)",
        "Official aids-to-navigation (e.g. buoys, beacons, lights, notice marks)",
    ),
    concept("c_91185a85", "Ortofoto", "Orthoimagery"),
    concept(
        "c_7e19ef26",
        "Andra fysiska begränsningar för vattenvägar",
        "Other physical limitations on waterways",
    ),
    concept("c_f2b50efd", "Befolkning", "Population"),
    concept("c_317b9493", "Befolkning, fertilitet, mortalitet", "Population, Fertility, Mortality"),
    concept("c_23385471", "Potentiell arbetskraft", "Potential labour force"),
    concept("c_04bf94a3", "Fattigdom", "Poverty"),
    concept(
        "c_e5f69a04",
        "Nuvarande och framtida vattennivåer vid vattennivåmätare",
        "Present and future water levels at gauges",
    ),
    concept(
        "c_59c93ba5",
        "Produktions- och industrianläggningar",
        "Production and industrial facilities",
    ),
    concept("c_83aa10a6", "Skyddade områden", "Protected sites"),
    concept("c_d13a4420", "Radardata", "Radar data"),
    concept(
        "c_25f43866",
        "Avgifter på vattenvägsinfrastrukturen",
        "Rates of waterway infrastructure charges",
    ),
    concept(
        "c_1e787364",
        "Referensuppgifter för vattennivåmätare som är av betydelse för navigering",
        "Reference data for water level gauges relevant to navigation",
    ),
    concept("c_fbd2fc3f", "Referensskifte", "Reference parcels"),
    concept(
        "c_03ba8d92",
        "Regelbundna driftstider för slussar och broar",
        "Regular lock and bridge operating times",
    ),
    concept(
        "c_f6886b00",
        "Begränsningar orsakade av översvämningar och is",
        "Restrictions caused by flood and ice",
    ),
    concept("c_f399050e", "Havsområden", "Sea regions"),
    concept("c_bc8941d9", "Strandlinjekonstruktion", "Shoreline construction"),
    concept(
        "c_593bc53d",
        "Förändringar på kort sikt av navigeringshjälpmedlen",
        "Short term changes of aids to navigation",
    ),
    concept(
        "c_66b946cb",
        "Förändringar på kort sikt av slussarnas och broarnas driftstider",
        "Short term changes of lock and bridge operating times",
    ),
    concept("c_87a129d9", "Mark", "Soil"),
    concept("c_793164b6", "Arters utbredning", "Species distribution"),
    concept(
        "c_e50004c6",
        "Tillståndet för floder, kanaler, slussar och broar",
        "State of the rivers, canals, locks and bridges",
    ),
    concept("c_b121e2f6", "Tillfälliga hinder i farleden", "Temporary obstructions in the fairway"),
    concept("c_a3767648", "Turistflöden i Europa", "Tourism flows in Europe"),
    concept("c_4b74ea13", "Transportnät", "Transport networks"),
    concept("c_fd4e881c", "Arbetslöshet", "Unemployment"),
    concept("c_a49ec591", "Försäljningsvolym per verksamhet", "Volume of sales by activity"),
    concept("c_38933a65", "Avfall", "Waste"),
    concept("c_43f88346", "Vatten", "Water"),
    concept(
        "c_fef208ab",
        "Konturer av vattendjupen i navigeringskanalen",
        "Water depths contours in the navigation channel",
    ),
    concept(
        "c_c19af83a",
        "Vattenvägsaxlar med kilometerindikering",
        "Waterway axis with kilometres indication",
    ),
    concept("c_be47b010", "Vädervarningar", "Weather alerts"),
];

/// Returns the IRI of the category, or part of one, with this code.
pub fn high_value_iri(code: &str) -> Option<String> {
    let iri = format!("{CATEGORIES}{code}");
    high_value_category(&iri).map(|_| iri)
}

/// Returns the category, or part of one, with this IRI.
pub fn high_value_category(iri: &str) -> Option<&'static Concept> {
    let code = iri.strip_prefix(CATEGORIES)?;
    HIGH_VALUE_CATEGORIES.iter().chain(HIGH_VALUE_PARTS).find(|category| category.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_found_by_their_iri_alone() {
        let found = high_value_category("http://data.europa.eu/bna/c_e1da4e07").unwrap();
        assert_eq!((found.swedish, found.english), ("Statistik", "Statistics"));
        assert_eq!(high_value_category("c_e1da4e07"), None);
        let codes: std::collections::BTreeSet<_> = HIGH_VALUE_CATEGORIES
            .iter()
            .chain(HIGH_VALUE_PARTS)
            .map(|category| category.code)
            .collect();
        assert_eq!(codes.len(), 96);
    }
}
