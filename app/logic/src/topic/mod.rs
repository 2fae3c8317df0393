//! The server's side of a topic, without a socket, a clock or a database.
//!
//! - [`ring`]: the recent events, numbered without holes
//! - [`reader`]: one connection's way through a topic, and the answers that stand in for events
//! - [`lane`]: the order of one connection's messages, when one has to come again
//! - [`intake`]: how a node keeps its ring true to a log that other nodes write, too
//!
//! The server puts locks, sockets and databases around these; the simulation in `app/sim` puts a
//! bad network around the same code.

pub mod intake;
pub mod lane;
pub mod reader;
pub mod ring;

pub use intake::{Intake, Taken, Wanted};
pub use lane::Lane;
pub use reader::{Line, Pulled, Reader};
pub use ring::{CatchUp, Read, Ring};
