//! The examples from outside: real servers, real sockets, real clients.

mod cart;
mod csrf;
mod custom_store;
mod flash;
mod frameworks;
mod login;
mod migration;
mod oauth_state;
mod remember_me;
mod sealed;
mod several;
mod streams;
mod tested;
mod without_http;
