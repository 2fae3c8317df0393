//! An invented gym, so that a first start shows something alive: 200 members in every standing, a
//! month of visits, a day under way. Made once; a database that has members is left alone.

mod dice;
mod history;
mod names;
mod people;

use crate::{Store, StoreError, Tx, events, sql};
use dice::Dice;
use people::{person, plans};
use protocol::{ErrorBody, Millis, Topic};

const MEMBERS: usize = 200;

/// Fills an empty database; `false` when it has members already. `now` is where "today" is.
pub async fn seed_demo(store: &Store, now: Millis) -> Result<bool, ErrorBody> {
    let seeded = store
        .write(move |tx| {
            Box::pin(async move {
                // Of two nodes that start at once one makes it.
                events::lock_log(tx, Topic::CheckIns).await?;
                let members: i64 =
                    sql::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&mut **tx).await?;
                if members > 0 {
                    return Ok(false);
                }
                fill(tx, now).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(seeded)
}

async fn fill(tx: &mut Tx, now: Millis) -> Result<(), StoreError> {
    let day = tx.clock().day(now);
    let mut dice = Dice::new(0x0cad_e7ce);
    for (name, value) in [("gym", "Harbour Gym"), ("capacity", "60")] {
        sql::query("INSERT INTO settings (name, value) VALUES ($1, $2)")
            .bind(name)
            .bind(value)
            .execute(&mut **tx)
            .await?;
    }
    let plans = plans(tx, now).await?;
    let mut people = Vec::with_capacity(MEMBERS);
    for i in 0..MEMBERS {
        people.push(person(tx, i, &plans, day, &mut dice).await?);
    }
    history::past_month(tx, &people, day, &mut dice).await?;
    history::today(tx, &people, day, &mut dice).await
}
