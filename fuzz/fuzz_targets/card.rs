//! Fuzzes what [`dela_protocol::fuzz::card`] says must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    dela_fuzz::bounded(dela_protocol::fuzz::card, data);
});
