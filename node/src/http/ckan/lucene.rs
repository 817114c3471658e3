//! Reads the query language of Lucene, as far as CKAN's clients write it.
//!
//! Words, "phrases", `field:value`, `field:(a OR b)`, ranges in brackets and
//! braces, a `*` at the end of a word, AND, OR, NOT and their signs. What stands
//! side by side is meant together, as CKAN has set Solr up, and AND binds more
//! tightly than OR.
//!
//! Invariant: what is not understood is an error. A part that was skipped would
//! make an answer to another question.

use core::iter::Peekable;
use core::str::Chars;

/// The longest query: as long as an address may be.
pub(crate) const QUERY_BYTES_MAX: usize = 8 * 1024;

/// How deep parentheses go: people write two, programs four.
const DEPTH_MAX: usize = 12;

/// How many terms one query has: a filter on every agency of a country fits,
/// and each costs a few lookups.
const TERMS_MAX: usize = 512;

/// Why a query is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LuceneError {
    #[error("longer than {QUERY_BYTES_MAX} bytes")]
    TooLong,
    #[error("more than {TERMS_MAX} terms")]
    TooManyTerms,
    #[error("parentheses more than {DEPTH_MAX} deep")]
    TooDeep,
    #[error("a parenthesis that is not closed")]
    Unclosed,
    #[error("a quotation mark without its other")]
    Quote,
    #[error("a range that is not [FROM TO UNTIL]")]
    Range,
    #[error("{0:?} where a term was expected")]
    Unexpected(String),
    #[error("nothing after {0:?}")]
    Missing(String),
    #[error("a wildcard within {0:?}: * is understood at the end of a word")]
    Wildcard(String),
    #[error("~ (similar words, or words near each other) is not supported")]
    Fuzzy,
    #[error("local parameters are not supported")]
    LocalParameters,
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expression {
    /// `*:*`.
    Everything,
    /// A value, in a field or anywhere.
    Term(Option<String>, Value),
    /// All of these.
    All(Vec<Self>),
    /// At least one of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A word as it stands.
    Word(String),
    /// What stood in quotation marks.
    Phrase(String),
    /// The beginning of a word.
    Beginning(String),
    /// Any value.
    Anything,
    /// Between two ends.
    Range(End, End),
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// The value; `None` where the range is open.
    pub(crate) value: Option<String>,
    /// Whether the value itself belongs to the range.
    pub(crate) inclusive: bool,
}

/// Reads a query; `None` if there is nothing in it.
pub(crate) fn parse(text: &str) -> Result<Option<Expression>, LuceneError> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(LuceneError::TooLong);
    }
    if text.trim_start().starts_with("{!") {
        return Err(LuceneError::LocalParameters);
    }
    let tokens = Lexer { chars: text.chars().peekable() }.tokens()?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let terms = tokens.iter().filter(|token| token.is_value()).count();
    if terms > TERMS_MAX {
        return Err(LuceneError::TooManyTerms);
    }
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
    let found = parser.alternatives(None)?;
    match parser.tokens.next() {
        None => Ok(Some(found)),
        Some(token) => Err(LuceneError::Unexpected(token.shown())),
    }
}

/// What a query is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Must,
    Field(String),
    Value(Value),
    /// `*`: anything in a field, and before a colon any field.
    Star,
}

impl Token {
    const fn is_value(&self) -> bool {
        matches!(self, Self::Value(_) | Self::Star)
    }

    fn shown(&self) -> String {
        match self {
            Self::Open => "(".to_owned(),
            Self::Close => ")".to_owned(),
            Self::And => "AND".to_owned(),
            Self::Or => "OR".to_owned(),
            Self::Not => "NOT".to_owned(),
            Self::Must => "+".to_owned(),
            Self::Star => "*".to_owned(),
            Self::Field(name) => format!("{name}:"),
            Self::Value(Value::Word(text) | Value::Phrase(text) | Value::Beginning(text)) => {
                text.chars().filter(|c| !c.is_control()).take(40).collect()
            }
            Self::Value(Value::Anything | Value::Range(..)) => "a range".to_owned(),
        }
    }
}

struct Lexer<'a> {
    chars: Peekable<Chars<'a>>,
}

impl Lexer<'_> {
    fn tokens(mut self) -> Result<Vec<Token>, LuceneError> {
        let mut tokens: Vec<Token> = Vec::new();
        while let Some(&c) = self.chars.peek() {
            if c.is_whitespace() {
                self.chars.next();
                continue;
            }
            tokens.push(match c {
                '(' => self.sign(Token::Open),
                ')' => self.sign(Token::Close),
                '+' => self.sign(Token::Must),
                '-' | '!' => self.sign(Token::Not),
                '"' => Token::Value(Value::Phrase(self.phrase()?)),
                '[' | '{' => Token::Value(self.range()?),
                '&' | '|' => self.doubled(c)?,
                '^' if tokens
                    .last()
                    .is_some_and(|last| last.is_value() || *last == Token::Close) =>
                {
                    self.boost()?;
                    continue;
                }
                '~' => return Err(LuceneError::Fuzzy),
                ':' | ']' | '}' | '^' => return Err(LuceneError::Unexpected(c.to_string())),
                _ => self.word()?,
            });
        }
        Ok(tokens)
    }

    fn sign(&mut self, token: Token) -> Token {
        self.chars.next();
        token
    }

    /// Reads `&&` or `||`; one of them alone is a letter like any other.
    fn doubled(&mut self, c: char) -> Result<Token, LuceneError> {
        self.chars.next();
        if self.chars.next_if_eq(&c).is_none() {
            return Err(LuceneError::Unexpected(c.to_string()));
        }
        Ok(if c == '&' { Token::And } else { Token::Or })
    }

    fn phrase(&mut self) -> Result<String, LuceneError> {
        self.chars.next();
        let mut text = String::new();
        loop {
            match self.chars.next().ok_or(LuceneError::Quote)? {
                '"' => return Ok(text),
                '\\' => text.push(self.chars.next().ok_or(LuceneError::Quote)?),
                c => text.push(c),
            }
        }
    }

    /// Reads how much a term counts. That changes only the order, and not
    /// which hits there are.
    fn boost(&mut self) -> Result<(), LuceneError> {
        self.chars.next();
        let mut digits = 0;
        while self.chars.next_if(|c| c.is_ascii_digit() || *c == '.').is_some() {
            digits += 1;
        }
        if digits == 0 { Err(LuceneError::Missing("^".to_owned())) } else { Ok(()) }
    }

    fn range(&mut self) -> Result<Value, LuceneError> {
        let opened = self.chars.next();
        let from = self.end()?;
        if self.end()?.as_deref() != Some("TO") {
            return Err(LuceneError::Range);
        }
        let to = self.end()?;
        while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
        let closed = self.chars.next().filter(|c| matches!(c, ']' | '}'));
        let closed = closed.ok_or(LuceneError::Range)?;
        let value = |text: Option<String>| match text {
            None => Err(LuceneError::Range),
            Some(text) => Ok(Some(text).filter(|text| text != "*")),
        };
        Ok(Value::Range(
            End { value: value(from)?, inclusive: opened == Some('[') },
            End { value: value(to)?, inclusive: closed == ']' },
        ))
    }

    /// Reads one word within a range.
    fn end(&mut self) -> Result<Option<String>, LuceneError> {
        while self.chars.next_if(|c| c.is_whitespace()).is_some() {}
        if self.chars.peek() == Some(&'"') {
            return self.phrase().map(Some);
        }
        let mut text = String::new();
        while let Some(c) = self.chars.next_if(|c| !c.is_whitespace() && !matches!(c, ']' | '}')) {
            if c == '\\' {
                text.extend(self.chars.next());
            } else {
                text.push(c);
            }
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// Reads a word, which a colon makes the name of a field.
    fn word(&mut self) -> Result<Token, LuceneError> {
        let mut text = String::new();
        let mut stars = 0;
        let mut ends_in_star = false;
        let mut escaped = false;
        while let Some(&c) = self.chars.peek() {
            if c.is_whitespace() || matches!(c, '(' | ')' | '"' | '[' | ']' | '{' | '}' | '^' | '~')
            {
                break;
            }
            if c == ':' {
                return Ok(self.field(text));
            }
            self.chars.next();
            ends_in_star = c == '*';
            match c {
                '\\' => {
                    let next = self.chars.next();
                    text.push(next.ok_or_else(|| LuceneError::Missing("\\".to_owned()))?);
                    escaped = true;
                }
                '?' => return Err(LuceneError::Wildcard(format!("{text}?"))),
                '*' => stars += 1,
                c if stars > 0 => return Err(LuceneError::Wildcard(format!("{text}*{c}"))),
                c => text.push(c),
            }
        }
        Ok(match (text.as_str(), stars) {
            ("AND", 0) if !escaped => Token::And,
            ("OR", 0) if !escaped => Token::Or,
            ("NOT", 0) if !escaped => Token::Not,
            ("", 1) => Token::Star,
            (_, 0) => Token::Value(Value::Word(text)),
            (_, 1) if ends_in_star && !text.is_empty() => Token::Value(Value::Beginning(text)),
            _ => return Err(LuceneError::Wildcard(format!("{text}**"))),
        })
    }

    fn field(&mut self, name: String) -> Token {
        self.chars.next();
        Token::Field(if name.is_empty() { "*".to_owned() } else { name })
    }
}

struct Parser<I: Iterator<Item = Token>> {
    tokens: Peekable<I>,
    depth: usize,
}

impl<I: Iterator<Item = Token>> Parser<I> {
    /// Reads what stands between ORs.
    fn alternatives(&mut self, field: Option<&str>) -> Result<Expression, LuceneError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(LuceneError::TooDeep);
        }
        let mut any = vec![self.together(field)?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            any.push(self.together(field)?);
        }
        self.depth -= 1;
        Ok(one_or(any, Expression::Any))
    }

    /// Reads what stands side by side or between ANDs.
    fn together(&mut self, field: Option<&str>) -> Result<Expression, LuceneError> {
        let mut all = vec![self.signed(field)?];
        loop {
            match self.tokens.peek() {
                None | Some(Token::Or | Token::Close) => return Ok(one_or(all, Expression::All)),
                Some(Token::And) => {
                    self.tokens.next();
                    all.push(self.signed(field)?);
                }
                Some(_) => all.push(self.signed(field)?),
            }
        }
    }

    /// Reads a term with its signs.
    fn signed(&mut self, field: Option<&str>) -> Result<Expression, LuceneError> {
        let mut negative = false;
        while let Some(sign) =
            self.tokens.next_if(|token| matches!(token, Token::Not | Token::Must))
        {
            negative ^= sign == Token::Not;
        }
        let found = self.term(field)?;
        Ok(if negative { Expression::Not(Box::new(found)) } else { found })
    }

    fn term(&mut self, field: Option<&str>) -> Result<Expression, LuceneError> {
        let missing = || LuceneError::Missing(field.unwrap_or("an operator").to_owned());
        match self.tokens.next().ok_or_else(missing)? {
            Token::Open => {
                let found = self.alternatives(field)?;
                self.tokens.next_if_eq(&Token::Close).ok_or(LuceneError::Unclosed)?;
                Ok(found)
            }
            Token::Field(name) if field.is_none() => self.term_in(&name),
            Token::Value(value) => Ok(Expression::Term(field.map(str::to_owned), value)),
            Token::Star => Ok(match field {
                None => Expression::Everything,
                Some(field) => Expression::Term(Some(field.to_owned()), Value::Anything),
            }),
            other => Err(LuceneError::Unexpected(other.shown())),
        }
    }

    /// Reads what a field is to have.
    fn term_in(&mut self, field: &str) -> Result<Expression, LuceneError> {
        if field != "*" {
            return self.signed(Some(field));
        }
        match self.tokens.next() {
            Some(Token::Star) => Ok(Expression::Everything),
            Some(other) => Err(LuceneError::Unexpected(other.shown())),
            None => Err(LuceneError::Missing("*:".to_owned())),
        }
    }
}

/// Returns the one expression there is, or all of them joined.
fn one_or(mut found: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            found.extend(last);
            join(found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes an expression so that its structure shows.
    fn shown(expression: &Expression) -> String {
        let list = |list: &[Expression]| list.iter().map(shown).collect::<Vec<_>>().join(" ");
        match expression {
            Expression::Everything => "*".to_owned(),
            Expression::Term(field, value) => {
                let field = field.as_ref().map_or(String::new(), |field| format!("{field}="));
                match value {
                    Value::Word(text) => format!("{field}{text}"),
                    Value::Phrase(text) => format!("{field}'{text}'"),
                    Value::Beginning(text) => format!("{field}{text}…"),
                    Value::Anything => format!("{field}…"),
                    Value::Range(from, to) => {
                        let end = |end: &End| end.value.clone().unwrap_or_default();
                        let signs = (
                            if from.inclusive { '[' } else { '{' },
                            if to.inclusive { ']' } else { '}' },
                        );
                        format!("{field}{}{}..{}{}", signs.0, end(from), end(to), signs.1)
                    }
                }
            }
            Expression::All(all) => format!("(and {})", list(all)),
            Expression::Any(any) => format!("(or {})", list(any)),
            Expression::Not(not) => format!("(not {})", shown(not)),
        }
    }

    fn read(text: &str) -> String {
        shown(&parse(text).unwrap().unwrap())
    }

    #[test]
    fn queries_are_read_as_clients_write_them() {
        for (text, tree) in [
            ("*:*", "*"),
            ("*", "*"),
            ("luft vatten", "(and luft vatten)"),
            ("luft AND vatten OR mark", "(or (and luft vatten) mark)"),
            ("luft && (vatten || mark)", "(and luft (or vatten mark))"),
            ("\"luft i stad\" title:mark*", "(and 'luft i stad' title=mark…)"),
            ("(groups:a OR groups:b)", "(or groups=a groups=b)"),
            (
                "groups:(a OR b) -organization:x",
                "(and (or groups=a groups=b) (not organization=x))",
            ),
            (
                "+capacity:public +state:(active OR draft)",
                "(and capacity=public (or state=active state=draft))",
            ),
            ("NOT luft", "(not luft)"),
            ("!luft", "(not luft)"),
            ("- -luft", "luft"),
            ("tags: \"x y\"", "tags='x y'"),
            ("tags:\"x \\\" y\"", "tags='x \" y'"),
            ("tags:-x", "(not tags=x)"),
            ("tags:a\\:b", "tags=a:b"),
            ("title:(luft -vatten)", "(and title=luft (not title=vatten))"),
            ("luft^4 vatten^0.5", "(and luft vatten)"),
            ("tags:*", "tags=…"),
            ("tags:[* TO *]", "tags=[..]"),
            (
                "metadata_modified:[2026-01-01T00:00:00Z TO *]",
                "metadata_modified=[2026-01-01T00:00:00Z..]",
            ),
            ("m:{NOW-1DAY TO \"2026-01-01T00:00:00Z\"]", "m={NOW-1DAY..2026-01-01T00:00:00Z]"),
            ("\\AND", "AND"),
            ("and or", "(and and or)"),
            ("gtfs-rt 3-4", "(and gtfs-rt 3-4)"),
        ] {
            assert_eq!(read(text), tree, "{text}");
        }
        assert_eq!(parse("  "), Ok(None));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "(luft",
            "luft)",
            "luft AND",
            "OR luft",
            "AND",
            "\"luft",
            "title:",
            "title:)",
            "[a TO",
            "m:[a b c]",
            "l*ft",
            "l?ft",
            "**",
            "luft~2",
            "\"a b\"~3",
            "{!term f=x}y",
            "a:b:c",
            ":x",
            "()",
            "^2",
            "luft^",
            "&",
            "luft \\",
            "-",
            "*:x",
            "m:[a TO b",
        ] {
            assert!(parse(text).is_err(), "{text}: {:?}", parse(text));
        }
        assert_eq!(parse(&"(".repeat(100)), Err(LuceneError::TooDeep));
        assert_eq!(parse(&"a ".repeat(TERMS_MAX + 1)), Err(LuceneError::TooManyTerms));
        assert_eq!(parse(&"a".repeat(QUERY_BYTES_MAX + 1)), Err(LuceneError::TooLong));
    }
}
