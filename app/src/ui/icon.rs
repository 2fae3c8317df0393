//! One set of line icons, inlined so that they take the colour of the text around them.
//!
//! The shapes are Lucide's (lucide.dev), version 1.62, under the ISC licence:
//! Copyright (c) Lucide Icons and Contributors. Each icon is one path here.

use leptos::prelude::*;

/// The icons there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IconName {
    /// Four panes.
    LayoutDashboard,
    /// A bar code in a frame.
    ScanBarcode,
    /// Two people.
    Users,
    /// A lens.
    Search,
    /// A tick.
    Check,
    /// A cross.
    X,
    /// A warning triangle.
    TriangleAlert,
    /// A circle with an exclamation mark.
    CircleAlert,
    /// An arrow out of a door.
    LogOut,
    /// An arrow into a door.
    LogIn,
    /// The sun.
    Sun,
    /// The moon.
    Moon,
    /// A screen.
    Monitor,
    /// An eye.
    Eye,
    /// An eye, struck through.
    EyeOff,
    /// A plus.
    Plus,
    /// Two sheets.
    Copy,
    /// Two arrows in a circle.
    RefreshCw,
    /// An arrow to the right.
    ArrowRight,
    /// A clock.
    Clock,
    /// An arrow back.
    Undo,
    /// Waves, struck through.
    WifiOff,
    /// A printer.
    Printer,
    /// A person and a plus.
    UserPlus,
    /// A chevron to the left.
    ChevronLeft,
    /// A chevron to the right.
    ChevronRight,
    /// An i in a circle.
    Info,
    /// A guitar.
    Guitar,
    /// A phone.
    Smartphone,
    /// A loudspeaker.
    Volume,
    /// A silent loudspeaker.
    VolumeX,
    /// A triangle.
    Play,
    /// Two bars.
    Pause,
    /// A square.
    Square,
    /// A stop watch.
    Timer,
    /// A hand.
    Hand,
    /// Notes.
    Music,
    /// A bin.
    Trash,
    /// An open door.
    DoorOpen,
    /// A clock turned back.
    History,
    /// Two links of a chain.
    Link,
}

/// An icon beside a text of the same meaning, so it is hidden from screen readers.
#[component]
pub fn Icon(
    /// Which one.
    #[prop(into)]
    name: Signal<IconName>,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=move || name.get().path()/>
        </svg>
    }
}

impl IconName {
    fn path(self) -> &'static str {
        match self {
            Self::LayoutDashboard => concat!(
                "M4 3h5a1 1 0 0 1 1 1v7a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-7a1 1 0 0 1 1 -1",
                "M15 3h5a1 1 0 0 1 1 1v3a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-3a1 1 0 0 1 1 -1",
                "M15 12h5a1 1 0 0 1 1 1v7a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-7a1 1 0 0 1 1 -1",
                "M4 16h5a1 1 0 0 1 1 1v3a1 1 0 0 1 -1 1h-5a1 1 0 0 1 -1 -1v-3a1 1 0 0 1 1 -1",
            ),
            Self::ScanBarcode => concat!(
                "M3 7V5a2 2 0 0 1 2-2h2",
                "M17 3h2a2 2 0 0 1 2 2v2",
                "M21 17v2a2 2 0 0 1-2 2h-2",
                "M7 21H5a2 2 0 0 1-2-2v-2",
                "M8 7v10",
                "M12 7v10",
                "M17 7v10",
            ),
            Self::Users => concat!(
                "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2",
                "M16 3.128a4 4 0 0 1 0 7.744",
                "M22 21v-2a4 4 0 0 0-3-3.87",
                "M5 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
            ),
            Self::Search => "M21 21l-4.34-4.34M3 11a8 8 0 1 0 16 0a8 8 0 1 0 -16 0",
            Self::Check => "M20 6 9 17l-5-5",
            Self::X => "M18 6 6 18M6 6l12 12",
            Self::TriangleAlert => concat!(
                "M21.73 18l-8-14a2 2 0 0 0-3.48 0l-8 14A2 2 0 0 0 4 21h16a2 2 0 0 0 1.73-3",
                "M12 9v4",
                "M12 17h.01",
            ),
            Self::CircleAlert => {
                "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0M12 8L12 12M12 16L12.01 16"
            }
            Self::LogOut => "M16 17l5-5-5-5M21 12H9M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4",
            Self::LogIn => "M10 17l5-5-5-5M15 12H3M15 3h4a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-4",
            Self::Sun => concat!(
                "M8 12a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
                "M12 2v2",
                "M12 20v2",
                "M4.93 4.93l1.41 1.41",
                "M17.66 17.66l1.41 1.41",
                "M2 12h2",
                "M20 12h2",
                "M6.34 17.66l-1.41 1.41",
                "M19.07 4.93l-1.41 1.41",
            ),
            Self::Moon => concat!(
                "M20.985 12.486a9 9 0 1 1-9.473-9.472c.405-.022.617.46.402.803a6 6 0 0 0 8.268",
                " 8.268c.344-.215.825-.004.803.401",
            ),
            Self::Monitor => concat!(
                "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-16a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2",
                "M8 21L16 21",
                "M12 17L12 21",
            ),
            Self::Eye => concat!(
                "M2.062 12.348a1 1 0 0 1 0-.696 10.75 10.75 0 0 1 19.876 0 1 1 0 0 1 0 .696",
                " 10.75 10.75 0 0 1-19.876 0",
                "M9 12a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
            ),
            Self::EyeOff => concat!(
                "M10.733 5.076a10.744 10.744 0 0 1 11.205 6.575 1 1 0 0 1 0 .696 10.747 10.747 0",
                " 0 1-1.444 2.49",
                "M14.084 14.158a3 3 0 0 1-4.242-4.242",
                "M17.479 17.499a10.75 10.75 0 0 1-15.417-5.151 1 1 0 0 1 0-.696 10.75 10.75 0 0",
                " 1 4.446-5.143",
                "M2 2l20 20",
            ),
            Self::Plus => "M5 12h14M12 5v14",
            Self::Copy => concat!(
                "M10 8h10a2 2 0 0 1 2 2v10a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2v-10a2 2 0 0 1 2 -2",
                "M4 16c-1.1 0-2-.9-2-2V4c0-1.1.9-2 2-2h10c1.1 0 2 .9 2 2",
            ),
            Self::RefreshCw => concat!(
                "M3 12a9 9 0 0 1 9-9 9.75 9.75 0 0 1 6.74 2.74L21 8",
                "M21 3v5h-5",
                "M21 12a9 9 0 0 1-9 9 9.75 9.75 0 0 1-6.74-2.74L3 16",
                "M8 16H3v5",
            ),
            Self::ArrowRight => "M5 12h14M12 5l7 7-7 7",
            Self::Clock => "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0M12 6v6l4 2",
            Self::Undo => "M9 14 4 9l5-5M4 9h10.5a5.5 5.5 0 0 1 5.5 5.5a5.5 5.5 0 0 1-5.5 5.5H11",
            Self::WifiOff => concat!(
                "M12 20h.01",
                "M8.5 16.429a5 5 0 0 1 7 0",
                "M5 12.859a10 10 0 0 1 5.17-2.69",
                "M19 12.859a10 10 0 0 0-2.007-1.523",
                "M2 8.82a15 15 0 0 1 4.177-2.643",
                "M22 8.82a15 15 0 0 0-11.288-3.764",
                "M2 2l20 20",
            ),
            Self::Printer => concat!(
                "M6 18H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-2",
                "M6 9V3a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v6",
                "M7 14h10a1 1 0 0 1 1 1v6a1 1 0 0 1 -1 1h-10a1 1 0 0 1 -1 -1v-6a1 1 0 0 1 1 -1",
            ),
            Self::UserPlus => concat!(
                "M16 21v-2a4 4 0 0 0-4-4H6a4 4 0 0 0-4 4v2",
                "M5 7a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
                "M19 8L19 14",
                "M22 11L16 11",
            ),
            Self::ChevronLeft => "M15 18l-6-6 6-6",
            Self::ChevronRight => "M9 18l6-6-6-6",
            Self::Info => "M2 12a10 10 0 1 0 20 0a10 10 0 1 0 -20 0M12 16v-4M12 8h.01",
            Self::Guitar => concat!(
                "M11.9 12.1l4.514-4.514",
                "M20.1 2.3a1 1 0 0 0-1.4 0l-1.114 1.114A2 2 0 0 0 17 4.828v1.344a2 2 0 0 1-.586",
                " 1.414A2 2 0 0 1 17.828 7h1.344a2 2 0 0 0 1.414-.586L21.7 5.3a1 1 0 0 0 0-1.4z",
                "M6 16l2 2",
                "M8.23 9.85A3 3 0 0 1 11 8a5 5 0 0 1 5 5 3 3 0 0 1-1.85 2.77l-.92.38A2 2 0 0 0",
                " 12 18a4 4 0 0 1-4 4 6 6 0 0 1-6-6 4 4 0 0 1 4-4 2 2 0 0 0 1.85-1.23z",
            ),
            Self::Smartphone => concat!(
                "M7 2h10a2 2 0 0 1 2 2v16a2 2 0 0 1 -2 2h-10a2 2 0 0 1 -2 -2v-16a2 2 0 0 1 2 -2",
                "M12 18h.01",
            ),
            Self::Volume => concat!(
                "M11 4.702a.705.705 0 0 0-1.203-.498L6.413 7.587A1.4 1.4 0 0 1 5.416 8H3a1 1 0 0",
                " 0-1 1v6a1 1 0 0 0 1 1h2.416a1.4 1.4 0 0 1 .997.413l3.383 3.384A.705.705 0 0 0",
                " 11 19.298z",
                "M16 9a5 5 0 0 1 0 6",
                "M19.364 18.364a9 9 0 0 0 0-12.728",
            ),
            Self::VolumeX => concat!(
                "M11 4.702a.7.7 0 0 0-1.203-.498L6.413 7.587A1.4 1.4 0 0 1 5.416 8H3a1 1 0 0 0-1",
                " 1v6a1 1 0 0 0 1 1h2.416a1.4 1.4 0 0 1 .997.413l3.383 3.384A.7.7 0 0 0 11",
                " 19.298z",
                "M16.5 14.5l5-5",
                "M16.5 9.5l5 5",
            ),
            Self::Play => concat!(
                "M5 5a2 2 0 0 1 3.008-1.728l11.997 6.998a2 2 0 0 1 .003 3.458l-12 7A2 2 0 0 1 5",
                " 19z",
            ),
            Self::Pause => concat!(
                "M15 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1 -1 1h-3a1 1 0 0 1 -1 -1v-16a1 1 0 0 1 1 -1",
                "M6 3h3a1 1 0 0 1 1 1v16a1 1 0 0 1 -1 1h-3a1 1 0 0 1 -1 -1v-16a1 1 0 0 1 1 -1",
            ),
            Self::Square => {
                "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1 -2 2h-14a2 2 0 0 1 -2 -2v-14a2 2 0 0 1 2 -2"
            }
            Self::Timer => "M10 2L14 2M12 14L15 11M4 14a8 8 0 1 0 16 0a8 8 0 1 0 -16 0",
            Self::Hand => concat!(
                "M18 11V6a2 2 0 0 0-2-2a2 2 0 0 0-2 2",
                "M14 10V4a2 2 0 0 0-2-2a2 2 0 0 0-2 2v2",
                "M10 10.5V6a2 2 0 0 0-2-2a2 2 0 0 0-2 2v8",
                "M18 8a2 2 0 1 1 4 0v6a8 8 0 0 1-8 8h-2c-2.8 0-4.5-.86-5.99-2.34l-3.6-3.6a2 2 0",
                " 0 1 2.83-2.82L7 15",
            ),
            Self::Music => concat!(
                "M21 16V3a1 1 0 0 0-1.28-.96l-10 2.917a1 1 0 0 0-.72.96V19",
                "M15 16a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
                "M3 19a3 3 0 1 0 6 0a3 3 0 1 0 -6 0",
            ),
            Self::Trash => concat!(
                "M10 11v6",
                "M14 11v6",
                "M19 6v14a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V6",
                "M3 6h18",
                "M8 6V4a2 2 0 0 1 2-2h4a2 2 0 0 1 2 2v2",
            ),
            Self::DoorOpen => concat!(
                "M10 21H2",
                "M10 3H7a2 2 0 00-2 2v16",
                "M14 12h.01",
                "M19 21V5a2 2 0 00-1.675-1.974l-6.163-1.013A1 1 0 0010 3v18a1 1 0 001.124.992z",
                "M22 21h-3",
            ),
            Self::History => "M3 12a9 9 0 1 0 9-9 9.75 9.75 0 0 0-6.74 2.74L3 8M3 3v5h5M12 7v5l4 2",
            Self::Link => concat!(
                "M10 13a5 5 0 0 0 7.54.54l3-3a5 5 0 0 0-7.07-7.07l-1.72 1.71",
                "M14 11a5 5 0 0 0-7.54-.54l-3 3a5 5 0 0 0 7.07 7.07l1.71-1.71",
            ),
        }
    }
}
