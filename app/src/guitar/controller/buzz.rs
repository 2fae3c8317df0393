//! The vibration that answers a touch.

use crate::browser::use_browser;

/// Vibrates a little, where the phone can.
pub(super) fn use_buzz() -> impl Fn(u32) + Clone {
    let browser = use_browser();
    move |ms| {
        browser.with(|browser| browser.vibrate(ms));
    }
}
