//! `[desk]`

use crate::table::settings;

settings! {
    /// The check-in desk. Its pages show these times and get them from the server.
    [desk] DeskSettings {
        /// Seconds in which a second scan of the same code repeats the first answer. With more, a
        /// member who comes back soon is not recorded again; with 0 every scan is decided anew. A
        /// second click on "Renew" within the same time sells no second plan.
        repeat_seconds: u32 = 10, 0..=600;
        /// Seconds in which a check-in can be taken back; with 0 it cannot.
        undo_seconds: u32 = 60, 0..=3_600;
        /// Hours for which a command that waits offline is still recorded when it arrives; an
        /// older one is refused. Not more than the hours of retention.commands_days.
        command_max_age_hours: u32 = 24, 1..=87_600;
    }
}
