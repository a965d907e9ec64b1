use crate::export::encode::buffer::{close, open, varint, varint_len};
use crate::export::encode::fields::Fields;

#[test]
fn a_length_is_in_its_shortest_form_whatever_was_expected() {
    for len in [0, 1, 127, 128, 16_383, 16_384, 70_000] {
        for expected in [0, 127, 128, 16_384, usize::MAX] {
            let content: Vec<u8> = (0..=250).cycle().take(len).collect();
            let mut out = b"before".to_vec();
            let message = open(&mut out, 2, expected);
            out.extend_from_slice(&content);
            close(&mut out, &message);

            let mut wanted = b"before\x12".to_vec();
            prost::encoding::encode_varint(len as u64, &mut wanted);
            wanted.extend_from_slice(&content);
            assert_eq!(out, wanted, "{len} bytes, {expected} expected");
        }
    }
}

#[test]
fn varints_are_those_of_prost() {
    let edges = (0..64).flat_map(|shift| [(1_u64 << shift) - 1, 1 << shift]).chain([u64::MAX]);
    for value in edges {
        let mut ours = Vec::new();
        varint(&mut ours, value);
        let mut theirs = Vec::new();
        prost::encoding::encode_varint(value, &mut theirs);
        assert_eq!(ours, theirs, "{value}");
        assert_eq!(varint_len(value), theirs.len(), "{value}");
    }
}

#[test]
fn fields_end_at_the_first_byte_that_is_not_protobuf() {
    let good = [0x08, 0x96, 0x01, 0x12, 0x01, 0xff];
    for (bad, reason) in [
        (&[0x12, 0x05, 0x00][..], "a length beyond the end"),
        (&[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "a huge length"),
        (&[0x0b], "a group"),
        (&[0x09, 0, 0], "half a fixed64"),
        (&[0x0d, 0, 0], "half a fixed32"),
        (&[0x08], "no value"),
        (&[0x80; 12], "an endless varint"),
    ] {
        let message = [&good[..], bad].concat();
        let fields: Vec<_> = Fields::new(&message).map(|field| field.raw).collect();
        assert_eq!(fields, [&good[..3], &good[3..]], "{reason}");
    }
}
