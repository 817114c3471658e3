//! Cards as people pass them on.

use data_encoding::BASE64URL_NOPAD as BASE64;
use dela_protocol::federation::card::Card;

use super::BelongingError;

/// What a card begins with, as text.
const PREFIX: &str = "dela-card:";

/// Returns a card as people pass it on.
pub fn card_to_text(card: &Card) -> String {
    format!("{PREFIX}{}", BASE64.encode(card.bytes()))
}

/// Reads a card as people pass it on; white space does not matter.
pub fn card_from_text(text: &str) -> Result<Card, BelongingError> {
    let text: String = text.split_whitespace().collect();
    let bytes = text.strip_prefix(PREFIX).and_then(|it| BASE64.decode(it.as_bytes()).ok());
    let no_card = || BelongingError::NoCard { found: text.chars().take(20).collect() };
    Ok(Card::decode(bytes.ok_or_else(no_card)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_card_is_told_so() {
        for text in ["", "dela-card:", "dela-card:!!!", "något annat"] {
            assert!(card_from_text(text).is_err(), "{text}");
        }
    }
}
