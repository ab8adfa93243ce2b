//! Functions that take any bytes at all and panic when a promise is broken.
//!
//! They go through public interfaces wherever there is one: a store that hands out the bytes as a record, a layer that
//! finds them in a header. What is private is taken in as a file.

mod allocation;
mod authorization_header;
mod cookie_header;
mod csrf_token;
mod edit;
mod one_record;
mod record;
mod schema_file;
mod sealed;
mod set_cookie;
mod store_url;
mod stored_bytes;
mod term;
mod token;
mod ttl;
mod web;

pub use self::{
    authorization_header::authorization_header,
    cookie_header::cookie_header,
    csrf_token::csrf_token,
    record::{record_json, record_message_pack},
    schema_file::schema_file,
    sealed::sealed,
    set_cookie::set_cookie,
    store_url::store_url,
    stored_bytes::stored_bytes,
    term::term,
    token::token,
    ttl::ttl,
};

/// What a store that answers at once makes of a future.
fn now<T>(future: impl Future<Output = T>) -> T {
    futures_util::FutureExt::now_or_never(future).expect("nothing here waits for anything")
}
