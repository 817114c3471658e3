//! A card: who an agency says it is, and with which keys it comes. It applies
//! with one to a federation, and founds one with those of its colleagues.
//!
//! Invariant: a card says for which federation it was made, or that it is for
//! founding one. So nobody is admitted to a federation that it did not apply to.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::agency::{Agency, AgencyError};
use crate::codec::{self, CodecError};
use crate::cose::{self, Domain};
use crate::id::{AgencyId, FederationId};
use crate::key::{KeyError, PublicKey, SecretKey};
use crate::limits::{CARD_BYTES_MAX, CARD_TEXT_BYTES_MAX, STATEMENTS_MAX};
use crate::time::Timestamp;

/// Why a card was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// Bytes that are not a card.
    #[error("a card that cannot be read: {0}")]
    Codec(#[from] CodecError),
    /// The agency's statements do not hold.
    #[error("a card with {0}")]
    Agency(#[from] AgencyError),
    /// Not signed by the agency's key.
    #[error("a card whose {0}")]
    Signature(#[from] KeyError),
}

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardStatement {
    /// The federation it applies to; [`FederationId::ANY`] in a card for
    /// founding one.
    pub federation: FederationId,
    /// The name of the agency.
    pub name: String,
    /// Its organisation number, as it writes it; may be empty. It is shown, and
    /// checked for its form only ([`is_organisation_number`]).
    pub organisation_number: String,
    /// The domain it says is its own, `exempelby.se`; may be empty. Whether it
    /// is can be checked on the web, and nothing in replication asks for it.
    pub domain: String,
    /// The key it would vote with, had it a seat on the council.
    pub council_key: PublicKey,
    /// When it says it signed.
    pub issued_at: Timestamp,
}

/// A signed card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    bytes: Vec<u8>,
    agency: Agency,
    statement: CardStatement,
}

/// The payload on the wire: version, federation, the agency's statements, name,
/// organisation number, domain, council key, time.
#[derive(Serialize, Deserialize)]
struct Payload(u8, FederationId, Vec<ByteBuf>, String, String, String, PublicKey, Timestamp);

const VERSION: u8 = 1;

impl Card {
    /// Signs a card with the agency's present key.
    ///
    /// # Errors
    ///
    /// When nobody would read it: a text is empty or too long, or the key is not
    /// the agency's.
    pub fn sign(
        agency: &Agency,
        key: &SecretKey,
        statement: CardStatement,
    ) -> Result<Self, CardError> {
        let statements = agency.statements().iter().cloned().map(ByteBuf::from).collect();
        let CardStatement { federation, name, organisation_number, domain, council_key, issued_at } =
            statement;
        let payload = Payload(
            VERSION,
            federation,
            statements,
            name,
            organisation_number,
            domain,
            council_key,
            issued_at,
        );
        let payload = codec::encode(&payload);
        Self::decode(cose::sign(key, Domain::Card, &FederationId::ANY, payload))
    }

    /// Reads a card and verifies it: it stands for itself.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, CardError> {
        let opened = cose::open(&bytes, CARD_BYTES_MAX)?;
        let payload: Payload = codec::decode(&opened.payload, CARD_BYTES_MAX)?;
        let Payload(
            version,
            federation,
            statements,
            name,
            organisation_number,
            domain,
            council_key,
            issued_at,
        ) = payload;
        let texts = [&name, &organisation_number, &domain];
        let refused = if version != VERSION {
            Some("a card of another version")
        } else if statements.len() > STATEMENTS_MAX {
            Some("more key statements than an agency may make")
        } else if name.trim().is_empty() {
            Some("a card without a name")
        } else if texts.iter().any(|text| text.len() > CARD_TEXT_BYTES_MAX) {
            Some("a name, number or domain longer than any is")
        } else if texts.iter().any(|text| text.chars().any(char::is_control)) {
            Some("a name, number or domain with control characters")
        } else {
            None
        };
        if let Some(reason) = refused {
            return Err(CodecError::Invalid(reason).into());
        }
        let agency = Agency::open(statements.into_iter().map(ByteBuf::into_vec).collect())?;
        let (key, anywhere) = (&agency.current().key, &FederationId::ANY);
        cose::verify(key, Domain::Card, anywhere, &opened.payload, &opened.signature)?;
        let statement =
            CardStatement { federation, name, organisation_number, domain, council_key, issued_at };
        Ok(Self { bytes, agency, statement })
    }

    /// Returns the exact signed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns whose card it is.
    pub fn id(&self) -> AgencyId {
        self.agency.id()
    }

    /// Returns the agency with the keys it had when it signed.
    pub fn agency(&self) -> &Agency {
        &self.agency
    }

    /// Returns what it says.
    pub fn statement(&self) -> &CardStatement {
        &self.statement
    }
}

/// Returns whether a text has the form of a Swedish organisation number: ten
/// digits, `212000-0142` with or without the hyphen, of which the third is at
/// least 2, with the check digit of Luhn's formula (lag 1974:174; Skatteverket,
/// SKV 709).
pub fn is_organisation_number(text: &str) -> bool {
    let bare = match text.split_once('-') {
        Some((six, four)) if six.len() == 6 && four.len() == 4 => format!("{six}{four}"),
        Some(_) => return false,
        None => text.to_owned(),
    };
    let digits: Option<Vec<u32>> = bare.chars().map(|digit| digit.to_digit(10)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 10) else { return false };
    let doubled = |(place, digit): (usize, &u32)| {
        let product = digit * if place % 2 == 0 { 2 } else { 1 };
        product / 10 + product % 10
    };
    let sum: u32 = digits.iter().enumerate().map(doubled).sum();
    sum.is_multiple_of(10) && digits.get(2).is_some_and(|third| *third >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agency::Keys;

    fn secret(byte: u8) -> SecretKey {
        SecretKey::from_bytes(&[byte; 32])
    }

    fn agency() -> Agency {
        let keys = Keys {
            key: secret(1).public(),
            next_key_commitment: secret(2).public().commitment(),
            recovery_threshold: 0,
            recovery_keys: Vec::new(),
            issued_at: Timestamp::from_millis(1),
        };
        Agency::open(vec![keys.sign_inception(&secret(1))]).unwrap()
    }

    fn statement() -> CardStatement {
        CardStatement {
            federation: FederationId::ANY,
            name: "Exempelby kommun".to_owned(),
            organisation_number: "212000-0142".to_owned(),
            domain: "exempelby.example".to_owned(),
            council_key: secret(3).public(),
            issued_at: Timestamp::from_millis(2),
        }
    }

    #[test]
    fn a_card_stands_for_itself() {
        let card = Card::sign(&agency(), &secret(1), statement()).unwrap();
        let read = Card::decode(card.bytes().to_vec()).unwrap();
        assert_eq!(read, card);
        assert_eq!((read.id(), read.statement()), (agency().id(), &statement()));
    }

    #[test]
    fn a_card_of_another_key_or_that_cannot_be_shown_is_refused() {
        assert!(matches!(
            Card::sign(&agency(), &secret(2), statement()),
            Err(CardError::Signature(KeyError::BadSignature))
        ));
        let long = "ö".repeat(CARD_TEXT_BYTES_MAX);
        for name in ["", "  ", "a\u{1b}[2J", long.as_str()] {
            let statement = CardStatement { name: name.to_owned(), ..statement() };
            let refused = Card::sign(&agency(), &secret(1), statement);
            assert!(matches!(refused, Err(CardError::Codec(_))), "{name}: {refused:?}");
        }
    }

    #[test]
    fn organisation_numbers_are_known_by_their_form() {
        for good in ["212000-0142", "2021002114", "202100-5489"] {
            assert!(is_organisation_number(good), "{good}");
        }
        for bad in ["212000-0143", "21200-00142", "212000-01", "", "ett", "811218-9876", "-"] {
            assert!(!is_organisation_number(bad), "{bad}");
        }
    }
}
