//! What works as in SCS.

mod cookie;
mod data;
mod icza;
mod lifecycle;
mod listing;
mod loading;
mod merging;
mod middleware;
mod status;
mod store;
