//! The outbox of this page, also while the browser's database is being opened.

use crate::outbox::Outbox;
use logic::link::OutboxRecord;
use protocol::MessageId;
use std::cell::RefCell;

/// The database, and the commands that were made before it was open.
#[derive(Default)]
pub(super) struct CommandStore {
    outbox: RefCell<Option<Outbox>>,
    unsaved: RefCell<Vec<OutboxRecord>>,
}

impl CommandStore {
    pub(super) fn save(&self, record: OutboxRecord) {
        match &*self.outbox.borrow() {
            Some(outbox) => outbox.save(&record),
            None => self.unsaved.borrow_mut().push(record),
        }
    }

    pub(super) fn forget(&self, id: MessageId) {
        self.unsaved.borrow_mut().retain(|record| record.id != id);
        if let Some(outbox) = &*self.outbox.borrow() {
            outbox.forget(id);
        }
    }

    /// Opens the database, reads the commands of an earlier page, and saves those of this one.
    /// Without a database, commands last as long as the page.
    pub(super) async fn open(&self) -> Vec<OutboxRecord> {
        let Some(outbox) = Outbox::open().await else { return Vec::new() };
        let records = outbox.all().await;
        self.unsaved.borrow_mut().drain(..).for_each(|record| outbox.save(&record));
        *self.outbox.borrow_mut() = Some(outbox);
        records
    }
}
