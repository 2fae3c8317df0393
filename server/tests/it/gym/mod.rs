//! The gym: its rules over a real database, its desks and dashboards over sockets.

mod desks;
mod gym_store;
