//! Where to go after signing in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

const DASHBOARD: &str = "/gym";

/// The page that `?next=` names, or the dashboard.
pub(crate) fn use_return_path() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| return_path(query.get_str("next"))))
}

/// A path of this site, never another one, and never sign-in itself.
fn return_path(wanted: Option<&str>) -> String {
    let is_local = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/gym/sign-in")
            && !path.contains(|c: char| c == '\\' || c.is_control())
    };
    wanted.filter(is_local).unwrap_or(DASHBOARD).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_one_comes_back_to_a_page_of_this_site_only() {
        assert_eq!(return_path(Some("/gym/desk?q=ta")), "/gym/desk?q=ta");
        for foreign in ["//evil.example", "https://evil.example", "/\\evil.example", "gym", ""] {
            assert_eq!(return_path(Some(foreign)), DASHBOARD, "{foreign}");
        }
        assert_eq!(return_path(Some("/\t/evil.example")), DASHBOARD);
        assert_eq!(return_path(Some("/gym/sign-in?next=/gym")), DASHBOARD, "no circles");
        assert_eq!(return_path(None), DASHBOARD);
    }
}
