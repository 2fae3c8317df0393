//! `[retention]`

use crate::table::settings;

settings! {
    /// How long the database keeps what is no longer in use; more days need more disk.
    [retention] RetentionSettings {
        /// Days for which the answers of commands are kept, so that a repeated one is recognised
        /// and does not run twice.
        commands_days: u32 = 30, 7..=3_650;
        /// Days for which ended and expired sign-ins are kept.
        sign_ins_days: u32 = 30, 1..=3_650;
        /// Days for which a guitar session lives without being opened. Practices stay.
        guitar_sessions_days: u32 = 30, 1..=3_650;
    }
}
