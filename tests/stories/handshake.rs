//! Connecting: who gets in, by which words, and what the others are told.

mod origin;
mod strict;
mod token;
mod upgrade;
