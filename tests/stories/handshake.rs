//! Connecting: who gets in, by which words, and what the others are told.

mod origin;
mod token;
mod upgrade;
