//! The protocol of the chat: what goes over the wire, and the published contract that
//! describes it. Nothing here waits, and nothing reads a socket.
//!
//! Each shape of the wire is one type, from which both the bytes and the published
//! schema come.
//!
//! # To add an action
//! 1. a row in the table of [`action`]: its name, its description for the published
//!    contract, who may use it, and how it can be refused;
//! 2. a variant of [`request::Parameters`], with a type whose fields are the
//!    parameters;
//! 3. a type in [`response`] whose fields are the response, and its entry in the list
//!    of published frames there.
//!
//! The compiler reports what is missing.

pub mod action;
pub mod api;
mod asyncapi;
pub mod close;
pub mod endpoint;
pub mod error;
pub mod event;
mod json;
pub mod limits;
mod published;
pub mod request;
pub mod response;
mod sample;
pub mod webhook;

pub use asyncapi::asyncapi;
