//! Which language a page is rendered in.

use http::{HeaderMap, header, request::Parts};
use texts::{LANGUAGE_COOKIE, Language};

/// The language of a page request: of `?lang=`, of the cookie, of `Accept-Language`, or English.
/// A language that is missing here, and what is none, count as not named.
pub(crate) fn page_language(parts: &Parts) -> Language {
    let accepts = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
    Language::choose(asked_language(parts), language_cookie(&parts.headers), accepts)
}

/// The cookie to set when the address names a language that we have: the person then stays in it
/// on the next pages.
pub(crate) fn asked_language_cookie(parts: &Parts, secure: bool) -> Option<String> {
    let language = asked_language(parts).and_then(Language::of_tag)?;
    let secure = if secure { "; Secure" } else { "" };
    let tag = language.tag();
    Some(format!("{LANGUAGE_COOKIE}={tag}; Path=/; Max-Age=31536000; SameSite=Lax{secure}"))
}

fn asked_language(parts: &Parts) -> Option<&str> {
    let mut pairs = parts.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == "lang").map(|(_, tag)| tag)
}

fn language_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == LANGUAGE_COOKIE).map(|(_, tag)| tag.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn language_of(address: &str, cookie: &str, accepts: &str) -> Language {
        let request = Request::get(address)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT_LANGUAGE, accepts);
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        page_language(&parts)
    }

    #[test]
    fn a_page_speaks_what_address_cookie_or_browser_name_and_else_english() {
        use Language::{English, Japanese};
        assert_eq!(language_of("/", "", "ja-JP,ja;q=0.9,en;q=0.8"), Japanese);
        assert_eq!(language_of("/", "a=b; cadence_language=en", "ja"), English);
        assert_eq!(language_of("/?q=1&lang=ja", "cadence_language=en", "en"), Japanese);
        assert_eq!(language_of("/?lang=xx", "cadence_language=%00;=", "de"), English);
        assert_eq!(language_of("/?lang", "cadence_language", ""), English);
    }
}
