#![no_main]
#![allow(missing_docs, reason = "scs_fuzz::targets::token says what it tries")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scs_fuzz::targets::token(bytes));
