//! Fuzzes what [`dela_node::fuzz::ckan`] says must hold.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    dela_fuzz::bounded(dela_node::fuzz::ckan, data);
});
