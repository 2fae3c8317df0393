//! The outbox: commands in IndexedDB until they are answered, one record per command, so that two
//! tabs cannot overwrite each other's. A browser without IndexedDB (private windows of old
//! versions) keeps commands for as long as the page lives.

use futures_channel::oneshot;
use logic::link::OutboxRecord;
use protocol::MessageId;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{
    IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransactionMode, window,
};

const DATABASE_NAME: &str = "cadence";
const STORE_NAME: &str = "outbox";

/// The database, and the commands that were made before it was open.
#[derive(Default)]
pub(crate) struct Outbox {
    database: RefCell<Option<OutboxDatabase>>,
    unsaved: RefCell<Vec<OutboxRecord>>,
}

impl Outbox {
    /// Keeps a command.
    pub(crate) fn save(&self, record: OutboxRecord) {
        match &*self.database.borrow() {
            Some(database) => database.save(&record),
            None => self.unsaved.borrow_mut().push(record),
        }
    }

    /// Forgets an answered command.
    pub(crate) fn forget(&self, id: MessageId) {
        self.unsaved.borrow_mut().retain(|record| record.id != id);
        if let Some(database) = &*self.database.borrow() {
            database.forget(id);
        }
    }

    /// Opens the database, reads the commands of an earlier page, and saves those of this one.
    /// Without a database, commands last as long as the page.
    pub(crate) async fn open(&self) -> Vec<OutboxRecord> {
        let Some(database) = OutboxDatabase::open().await else { return Vec::new() };
        let records = database.all().await;
        self.unsaved.borrow_mut().drain(..).for_each(|record| database.save(&record));
        *self.database.borrow_mut() = Some(database);
        records
    }
}

/// The open database.
struct OutboxDatabase {
    database: IdbDatabase,
}

impl OutboxDatabase {
    /// Opens or creates the database; `None` where the browser has none.
    async fn open() -> Option<Self> {
        let request =
            window()?.indexed_db().ok().flatten()?.open_with_u32(DATABASE_NAME, 1).ok()?;
        let upgrade = Closure::<dyn Fn()>::new({
            let request = request.clone();
            move || {
                make_store(&request);
            }
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database = finished(&request).await?.dyn_into::<IdbDatabase>().ok()?;
        Some(Self { database })
    }

    /// Keeps a command.
    fn save(&self, record: &OutboxRecord) {
        if let Some(store) = self.store(IdbTransactionMode::Readwrite) {
            let key = JsValue::from_str(&record.id.to_string());
            // A full disk loses durability, not the command: the link still sends it.
            let _ = store.put_with_key(&JsValue::from_str(&record.to_text()), &key);
        }
    }

    /// Forgets an answered command.
    fn forget(&self, id: MessageId) {
        if let Some(store) = self.store(IdbTransactionMode::Readwrite) {
            let _ = store.delete(&JsValue::from_str(&id.to_string()));
        }
    }

    /// All stored commands. A record that cannot be read was written by another version and stays.
    async fn all(&self) -> Vec<OutboxRecord> {
        let request = self.store(IdbTransactionMode::Readonly).and_then(|s| s.get_all().ok());
        let Some(request) = request else { return Vec::new() };
        let Some(values) = finished(&request).await else { return Vec::new() };
        js_sys::Array::from(&values)
            .iter()
            .filter_map(|value| OutboxRecord::from_text(&value.as_string()?))
            .collect()
    }

    fn store(&self, mode: IdbTransactionMode) -> Option<IdbObjectStore> {
        let transaction = self.database.transaction_with_str_and_mode(STORE_NAME, mode).ok()?;
        transaction.object_store(STORE_NAME).ok()
    }
}

fn make_store(request: &IdbOpenDbRequest) -> Option<()> {
    let database = request.result().ok()?.dyn_into::<IdbDatabase>().ok()?;
    // Version 1 has one store; the event is sent only for a new database.
    database.create_object_store(STORE_NAME).ok().map(drop)
}

/// Waits for a request; `None` when it failed.
async fn finished(request: &IdbRequest) -> Option<JsValue> {
    let (sender, receiver) = oneshot::channel::<()>();
    let done = Closure::once(move || {
        // The receiver waits below; a second event cannot come.
        let _ = sender.send(());
    });
    let function = done.as_ref().unchecked_ref();
    request.set_onsuccess(Some(function));
    request.set_onerror(Some(function));
    let settled = receiver.await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    settled.ok()?;
    request.result().ok().filter(|_| request.error().ok().flatten().is_none())
}
