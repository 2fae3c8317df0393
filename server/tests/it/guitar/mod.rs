//! The guitar: sessions over sockets, pairing and practice over a real database.

pub(crate) mod people;
mod sessions;
