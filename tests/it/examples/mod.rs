//! The examples from outside: real servers, real sockets, real clients.

mod flash;
mod login;
mod remember_me;
mod several;
