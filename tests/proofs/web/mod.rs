//! A server over real sockets, and clients that speak to it as fast as two cores allow.

mod app;
mod client;

pub(crate) use self::{
    app::{Sessions, app, serve},
    client::{Answer, Client},
};
