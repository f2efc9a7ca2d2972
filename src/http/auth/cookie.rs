//! The cookie of a login.

use crate::config::HttpConfig;
use crate::crm::session::LASTS;
use crate::crm::token::OneTimeSecret;
use axum::http::{HeaderMap, HeaderValue, header};

/// The cookie of a login.
pub(crate) struct SessionCookie;

impl SessionCookie {
    /// Its value in a request.
    pub(crate) fn find(headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value)
    }

    /// The header that gives it to the browser.
    pub(crate) fn set(secret: &OneTimeSecret, config: &HttpConfig) -> HeaderValue {
        line(secret.expose(), LASTS.as_secs(), config)
    }

    /// The header that takes it back.
    pub(crate) fn clear(config: &HttpConfig) -> HeaderValue {
        line("", 0, config)
    }
}

fn line(value: &str, max_age: u64, config: &HttpConfig) -> HeaderValue {
    let secure = if is_page_secure(config) { "; Secure" } else { "" };
    let line = format!("{NAME}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&line).unwrap_or(HeaderValue::from_static(""))
}

/// Whether browsers reach the page by https: a page on a door of its own has another address than the public one.
fn is_page_secure(config: &HttpConfig) -> bool {
    config.crm_listen.is_none() && config.base_url().starts_with("https://")
}

const NAME: &str = "agentlocator_session";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BaseUrl;

    #[test]
    fn it_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", HeaderValue::from_static("a=b; xagentlocator_session=no"));
        headers.append("cookie", HeaderValue::from_static("c=d;  agentlocator_session=yes; e=f"));
        assert_eq!(SessionCookie::find(&headers), Some("yes"));
        assert_eq!(SessionCookie::find(&HeaderMap::new()), None);
    }

    #[test]
    fn it_is_secure_where_the_page_is() {
        let mut config = HttpConfig::default();
        config.public_base_url = BaseUrl::parse("https://shop.example").ok();
        let secure = |config: &HttpConfig| SessionCookie::clear(config).to_str().unwrap().ends_with("; Secure");
        assert!(secure(&config));
        config.crm_listen = Some(([192, 168, 1, 5], 8081).into());
        assert!(!secure(&config));
    }
}
