//! Finding a member by what a person types: the beginning of any word of the name without accents
//! and case, the number with or without its prefix, digits of the telephone.
//!
//! The words stand in a table of their own, so that a prefix is a range of an index in every
//! database and 50,000 members are searched in about a millisecond.

use crate::{
    Id,
    sql::{Builder, Conn},
};
use logic::gym::number::{MemberNumber, has_prefix};

/// What was typed, ready to search.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MemberSearch {
    /// The longest first: it leaves the fewest members to look at.
    terms: Vec<String>,
}

impl MemberSearch {
    /// Reads what was typed; `None` when it is too short to match a member.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number =
            !digits.is_empty() && text.chars().all(|c| c.is_ascii_digit() || " +-()./".contains(c));
        let mut terms = if is_number || has_prefix(text) {
            // The zero in front of a national number is not part of the international one.
            vec![digits.trim_start_matches('0').to_owned()]
        } else {
            words(text)
        };
        if terms.iter().map(|term| term.chars().count()).sum::<usize>() < 2 {
            return None;
        }
        terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
        terms.truncate(4);
        Some(Self { terms })
    }

    /// The members found, the best first.
    pub(crate) async fn members(
        &self,
        conn: &mut Conn,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Id>, sqlx::Error> {
        let mut query = Builder::new("SELECT w.member_id");
        self.push_matches(&mut query);
        query.push(" GROUP BY w.member_id, m.sort_name ORDER BY MIN(CASE WHEN w.word = ");
        query.push_bind(self.terms.first().cloned().unwrap_or_default());
        query.push(" THEN 0 ELSE 1 END), MIN(w.rank), m.sort_name, w.member_id LIMIT ");
        query.push_bind(limit).push(" OFFSET ").push_bind(offset);
        query.build_scalar().fetch_all(conn).await
    }

    /// How many members match.
    pub(crate) async fn count(&self, conn: &mut Conn) -> Result<i64, sqlx::Error> {
        let mut query = Builder::new("SELECT COUNT(DISTINCT w.member_id)");
        self.push_matches(&mut query);
        query.build_scalar().fetch_one(conn).await
    }

    fn push_matches(&self, query: &mut Builder) {
        query.push(" FROM member_words w JOIN members m ON m.id = w.member_id WHERE ");
        for (i, term) in self.terms.iter().enumerate() {
            match i {
                0 => query.push("(w.word >= "),
                _ => query.push(
                    " AND EXISTS (SELECT 1 FROM member_words x
                       WHERE x.member_id = w.member_id AND (x.word >= ",
                ),
            };
            query.push_bind(term.clone());
            query.push(if i == 0 { " AND w.word < " } else { " AND x.word < " });
            // No word continues with the last character of Unicode.
            query.push_bind(format!("{term}\u{10ffff}"));
            query.push(if i == 0 { ")" } else { "))" });
        }
    }
}

/// What a member is found by, with its rank.
pub(crate) fn index(name: &str, number: MemberNumber, phone: Option<&str>) -> Vec<(String, i64)> {
    let mut index = vec![(number.digits(), 0)];
    index.extend(
        words(name).into_iter().enumerate().map(|(i, word)| (word, if i == 0 { 1 } else { 2 })),
    );
    let digits: String = phone.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    // Every ending of at least four digits: people give the last four, or leave out the country.
    index.extend(
        (0..digits.len().saturating_sub(3))
            // Without the zeros in front, which a search leaves out too.
            .map(|from| (digits[from..].trim_start_matches('0').to_owned(), 3))
            .filter(|(ending, _)| !ending.is_empty()),
    );
    index.sort();
    index.dedup();
    index
}

/// A name as it sorts and is searched: without accents and case.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => folded.push('a'),
            'æ' => folded.push_str("ae"),
            'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => folded.push('c'),
            'ď' | 'đ' | 'ð' => folded.push('d'),
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => folded.push('e'),
            'ĝ' | 'ğ' | 'ġ' | 'ģ' => folded.push('g'),
            'ĥ' | 'ħ' => folded.push('h'),
            'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ỉ' | 'ị' => folded.push('i'),
            'ĵ' => folded.push('j'),
            'ķ' => folded.push('k'),
            'ĺ' | 'ļ' | 'ľ' | 'ł' => folded.push('l'),
            'ñ' | 'ń' | 'ņ' | 'ň' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ'..='ợ' => folded.push('o'),
            'œ' => folded.push_str("oe"),
            'ŕ' | 'ŗ' | 'ř' => folded.push('r'),
            'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => folded.push('s'),
            'ß' => folded.push_str("ss"),
            'ţ' | 'ť' | 'ŧ' | 'ț' => folded.push('t'),
            'þ' => folded.push_str("th"),
            'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ'..='ự' => {
                folded.push('u')
            }
            'ŵ' => folded.push('w'),
            'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            // Accents that stand beside their letter.
            '\u{300}'..='\u{36f}' => {}
            c => folded.push(c),
        }
    }
    folded
}

fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        MemberSearch::parse(text).map(|search| search.terms).unwrap_or_default()
    }

    #[test]
    fn accents_and_case_do_not_matter() {
        assert_eq!(fold("Zoë Škvorecký-Łęcki"), "zoe skvorecky-lecki");
        assert_eq!(fold("Nguyễn Đức"), "nguyen duc");
        assert_eq!(fold("ZO\u{45}\u{308}"), "zoe");
        assert_eq!(fold("佐藤 さくら"), "佐藤 さくら");
    }

    #[test]
    fn one_letter_means_nobody_and_two_do() {
        assert!(terms("").is_empty());
        assert!(terms(" a ").is_empty());
        assert_eq!(terms("An"), ["an"]);
        assert_eq!(terms("an le"), ["an", "le"]);
        assert_eq!(terms("O'Neill"), ["neill", "o"]);
    }

    #[test]
    fn a_number_is_digits_however_it_is_written() {
        for text in ["M-1020", "m 1020", "1020", "10-20"] {
            assert_eq!(terms(text), ["1020"], "{text}");
        }
        assert_eq!(terms("07700 900"), ["7700900"]);
        assert_eq!(terms("+44 7700"), ["447700"]);
    }

    #[test]
    fn a_member_is_indexed_by_words_number_and_endings_of_the_phone() {
        let number = MemberNumber::new(10_204).expect("in range");
        let index = index("Ana Lía", number, Some("+44 7700 900"));
        let words: Vec<_> = index.iter().map(|(word, rank)| (word.as_str(), *rank)).collect();
        for expected in
            [("102048", 0), ("ana", 1), ("lia", 2), ("447700900", 3), ("7700900", 3), ("900", 3)]
        {
            assert!(words.contains(&expected), "{expected:?} in {words:?}");
        }
    }
}
