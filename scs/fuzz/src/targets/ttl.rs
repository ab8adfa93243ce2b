//! Durations in attributes, `ttl = "10m"`: read by a file of scs-derive, which as a macro can be called by the compiler only.

use proc_macro2::Span;
use syn::{LitStr, Meta, parse_quote};

#[path = "../../../../scs-derive/src/attr/values.rs"]
#[allow(dead_code, reason = "only durations are read here")]
mod values;

/// The bytes are the text between the quotes.
pub fn ttl(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let literal = LitStr::new(text, Span::call_site());
    let attribute: Meta = parse_quote!(ttl = #literal);
    let Ok(duration) = values::duration(&attribute) else { return };
    assert!(duration.as_millis() > 0, "a value that never was there is no field's");
    let written = humantime::format_duration(duration).to_string();
    assert_eq!(humantime::parse_duration(&written), Ok(duration), "{written}");
}
