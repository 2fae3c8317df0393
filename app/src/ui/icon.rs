//! One set of line icons, inlined so that they take the colour of the text around them.
//!
//! The shapes are Lucide's (lucide.dev), version 1.62, under the ISC licence:
//! Copyright (c) Lucide Icons and Contributors. Each icon is one path here.

use leptos::prelude::*;

/// An icon: the path of its shape. Icons are constants, so that a client has the shapes that its
/// pages show, and no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IconShape(&'static str);

/// An icon beside a text of the same meaning, so it is hidden from screen readers.
#[component]
pub(crate) fn Icon(
    /// What it shows.
    #[prop(into)]
    shape: Signal<IconShape>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=move || shape.get().0/>
        </svg>
    }
}

impl IconShape {
    /// Four panes.
    pub(crate) const LAYOUT_DASHBOARD: Self = Self(concat!(
        "M4 3h5a1 1 0 0 1 1 1v7a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-7a1 1 0 0 1 1 -1",
        "M15 3h5a1 1 0 0 1 1 1v3a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-3a1 1 0 0 1 1 -1",
        "M15 12h5a1 1 0 0 1 1 1v7a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-7a1 1 0 0 1 1 -1",
        "M4 16h5a1 1 0 0 1 1 1v3a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-3a1 1 0 0 1 1 -1",
    ));
    /// A bar code in a frame.
    pub(crate) const SCAN_BARCODE: Self = Self(concat!(
        "M3 7V5a2 2 0 0 1 2-2h2",
        "M17 3h2a2 2 0 0 1 2 2v2",
        "M21 17v2a2 2 0 0 1-2 2h-2",
        "M7 21H5a2 2 0 0 1-2-2v-2",
        "M8 7v10",
        "M12 7v10",
        "M17 7v10",
    ));
    /// Two people.
    pub(crate) const USERS: Self = Self(concat!(
        "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2",
        "M16 3.128a4 4 0 0 1 0 7.744",
        "M22 21v-2a4 4 0 0 0-3-3.87",
        "M5 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
    ));
    /// A lens.
    pub(crate) const SEARCH: Self = Self("M21 21l-4.34-4.34M3 11a8 8 0 1 0 16 0a8 8 0 1 0 -16 0");
    /// A tick.
    pub(crate) const CHECK: Self = Self("M20 6 9 17l-5-5");
    /// A cross.
    pub(crate) const X: Self = Self("M18 6 6 18M6 6l12 12");
    /// A warning triangle.
    pub(crate) const TRIANGLE_ALERT: Self = Self(concat!(
        "M21.73 18l-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3",
        "M12 9v4",
        "M12 17h.01",
    ));
    /// A circle with an exclamation mark.
    pub(crate) const CIRCLE_ALERT: Self =
        Self("M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0M12 8L12 12M12 16L12.01 16");
    /// An arrow out of a door.
    pub(crate) const LOG_OUT: Self =
        Self("M16 17l5-5-5-5M21 12H9M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4");
    /// The sun.
    pub(crate) const SUN: Self = Self(concat!(
        "M8 12a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
        "M12 2v2",
        "M12 20v2",
        "M4.93 4.93l1.41 1.41",
        "M17.66 17.66l1.41 1.41",
        "M2 12h2",
        "M20 12h2",
        "M6.34 17.66l-1.41 1.41",
        "M19.07 4.93l-1.41 1.41",
    ));
    /// The moon.
    pub(crate) const MOON: Self = Self(concat!(
        "M20.985 12.486a9 9 0 1 1-9.473-9.472c.405-.022.617.46.402.803a6 6 0 0 0 8.268",
        " 8.268c.344-.215.825-.004.803.401",
    ));
    /// A screen.
    pub(crate) const MONITOR: Self = Self(concat!(
        "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-16a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2",
        "M8 21L16 21",
        "M12 17L12 21",
    ));
    /// An eye.
    pub(crate) const EYE: Self = Self(concat!(
        "M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696",
        " 10.75 10.75 0 0 1-19.876 0",
        "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
    ));
    /// An eye, struck through.
    pub(crate) const EYE_OFF: Self = Self(concat!(
        "M10.733 5.076a10.744 10.744 0 0 1 11.205 6.575 1 1 0 0 1 0 .696 10.747 10.747 0",
        " 0 1-1.444 2.49",
        "M14.084 14.158a3 3 0 0 1-4.242-4.242",
        "M17.479 17.499a10.75 10.75 0 0 1-15.417-5.151 1 1 0 0 1 0-.696 10.75 10.75 0 0",
        " 1 4.446-5.143",
        "M2 2l20 20",
    ));
    /// Two sheets.
    pub(crate) const COPY: Self = Self(concat!(
        "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2",
        "M4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2",
    ));
    /// Two arrows in a circle.
    pub(crate) const REFRESH_CW: Self = Self(concat!(
        "M3 12a9 9 0 0 1 9-9 9.75 9.75 0 0 1 6.74 2.74L21 8",
        "M21 3v5h-5",
        "M21 12a9 9 0 0 1-9 9 9.75 9.75 0 0 1-6.74-2.74L3 16",
        "M8 16H3v5",
    ));
    /// A clock.
    pub(crate) const CLOCK: Self = Self("M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0M12 6v6l4 2");
    /// An arrow back.
    pub(crate) const UNDO: Self =
        Self("M9 14 4 9l5-5M4 9h10.5a5.5 5.5 0 0 1 5.5 5.5a5.5 5.5 0 0 1-5.5 5.5H11");
    /// Waves, struck through.
    pub(crate) const WIFI_OFF: Self = Self(concat!(
        "M12 20h.01",
        "M8.5 16.429a5 5 0 0 1 7 0",
        "M5 12.859a10 10 0 0 1 5.17-2.69",
        "M19 12.859a10 10 0 0 0-2.007-1.523",
        "M2 8.82a15 15 0 0 1 4.177-2.643",
        "M22 8.82a15 15 0 0 0-11.288-3.764",
        "M2 2l20 20",
    ));
    /// A printer.
    pub(crate) const PRINTER: Self = Self(concat!(
        "M6 18H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-2",
        "M6 9V3a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v6",
        "M7 14h10a1 1 0 0 1 1 1v6a1 1 0 0 1 -1 1h-10a1 1 0 0 1 -1 -1v-6a1 1 0 0 1 1 -1",
    ));
    /// A person and a plus.
    pub(crate) const USER_PLUS: Self = Self(concat!(
        "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2",
        "M5 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
        "M19 8L19 14",
        "M22 11L16 11",
    ));
    /// A chevron to the left.
    pub(crate) const CHEVRON_LEFT: Self = Self("M15 18l-6-6 6-6");
    /// A chevron to the right.
    pub(crate) const CHEVRON_RIGHT: Self = Self("M9 18l6-6-6-6");
    /// A guitar.
    pub(crate) const GUITAR: Self = Self(concat!(
        "M11.9 12.1l4.514-4.514",
        "M20.1 2.3a1 1 0 0 0-1.4 0l-1.114 1.114A2 2 0 0 0 17 4.828v1.344a2 2 0 0 1-.586",
        " 1.414A2 2 0 0 1 17.828 7h1.344a2 2 0 0 0 1.414-.586L21.7 5.3a1 1 0 0 0 0-1.4z",
        "M6 16l2 2",
        "M8.23 9.85A3 3 0 0 1 11 8a5 5 0 0 1 5 5 3 3 0 0 1-1.85 2.77l-.92.38A2 2 0 0 0",
        " 12 18a4 4 0 0 1-4 4 6 6 0 0 1-6-6 4 4 0 0 1 4-4 2 2 0 0 0 1.85-1.23z",
    ));
    /// A loudspeaker.
    pub(crate) const VOLUME: Self = Self(concat!(
        "M11 4.702a.705.705 0 0 0-1.203-.498L6.413 7.587A1.4 1.4 0 0 1 5.416 8H3a1 1 0 0",
        " 0-1 1v6a1 1 0 0 0 1 1h2.416a1.4 1.4 0 0 1 .997.413l3.383 3.384A.705.705 0 0 0",
        " 11 19.298z",
        "M16 9a5 5 0 0 1 0 6",
        "M19.364 18.364a9 9 0 0 0 0-12.728",
    ));
    /// A silent loudspeaker.
    pub(crate) const VOLUME_X: Self = Self(concat!(
        "M11 4.702a.7.7 0 0 0-1.203-.498L6.413 7.587A1.4 1.4 0 0 1 5.416 8H3a1 1 0 0 0-1",
        " 1v6a1 1 0 0 0 1 1h2.416a1.4 1.4 0 0 1 .997.413l3.383 3.384A.7.7 0 0 0 11",
        " 19.298z",
        "M16.5 14.5l5-5",
        "M16.5 9.5l5 5",
    ));
    /// An open door.
    pub(crate) const DOOR_OPEN: Self = Self(concat!(
        "M10 21H2",
        "M10 3H7a2 2 0 00-2 2v16",
        "M14 12h.01",
        "M19 21V5a2 2 0 00-1.675-1.974l-6.163-1.013A1 1 0 0010 3v18a1 1 0 001.124.992z",
        "M22 21h-3",
    ));
}
