//! Sign-in, hostile clients, and input that no client of ours would send.

mod accounts;
mod bad_input;
mod codec;
mod decoders;
mod hostile;
mod wrong_claims;
