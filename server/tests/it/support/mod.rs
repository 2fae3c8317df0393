//! What the tests stand on: servers, databases, clients and networks of a test's own.

pub(crate) mod backend;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod linked;
pub(crate) mod ports;
pub(crate) mod proxy;
pub(crate) mod record;
pub(crate) mod redis;
pub(crate) mod site;
pub(crate) mod test_gym;
pub(crate) mod traffic;
pub(crate) mod world;
