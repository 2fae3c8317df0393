//! Cut, slow and frozen networks, killed and stopped servers, long lives.

mod bad_network;
mod drops;
mod idle_memory;
mod in_order;
mod leftovers;
mod long_life;
mod power_cut;
mod restart;
mod slow_reader;
mod stop;
