//! Connecting: which handshakes are accepted, and how the others are refused.

mod origin;
mod strict;
mod token;
mod upgrade;
