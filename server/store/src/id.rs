//! Ids as the database holds them: UUIDs in their hyphenated text form.
//!
//! Text is readable in every tool, sorts like the UUIDv7 that it is, and is the same column type
//! in SQLite and PostgreSQL.

use protocol::Millis;
use sqlx::{Database, Decode, Encode, Type, encode::IsNull, error::BoxDynError};
use uuid::{NoContext, Timestamp, Uuid};

/// A UUID on its way into or out of a TEXT column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub Uuid);

impl Id {
    /// A new id whose order is the order of `now`.
    pub fn new(now: Millis) -> Self {
        let now = u64::try_from(now).unwrap_or_default();
        let seconds = now / 1_000;
        let nanos = u32::try_from(now % 1_000).unwrap_or_default() * 1_000_000;
        Self(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos)))
    }
}

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl<DB: Database> Type<DB> for Id
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <String as Type<DB>>::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        <String as Type<DB>>::compatible(ty)
    }
}

impl<'q, DB: Database> Encode<'q, DB> for Id
where
    String: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.to_string().encode(buffer)
    }
}

impl<'r, DB: Database> Decode<'r, DB> for Id
where
    &'r str: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(Uuid::parse_str(<&str>::decode(value)?)?))
    }
}
