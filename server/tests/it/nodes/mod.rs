//! Several servers on one database and one Redis, and two releases side by side.

mod leases;
mod node_killed;
mod releases;
mod shared_database;
mod together;
