use super::*;

const STATUS: PeerStatus = PeerStatus::Http(200);
const GARBAGE: &str =
    "the peer reported success with an answer that does not decode; taken as delivered";

#[track_caller]
fn check(outcome: &Outcome, rejected_expected: u64, advice_expected: Option<&str>) {
    let Outcome::Delivered { rejected, advice, status } = outcome else {
        panic!("not delivered: {outcome:?}");
    };
    assert_eq!((*rejected, advice.as_deref()), (rejected_expected, advice_expected));
    assert_eq!(*status, Some(STATUS));
}

#[test]
fn protobuf_answers_of_each_kind_are_read() {
    let cases: [(&[u8], u64, Option<&str>); 8] = [
        (b"", 0, None),
        (b"\x0a\x00", 0, None),
        (b"\x0a\x02\x08\x03", 3, None),
        (b"\x0a\x07\x08\x03\x12\x03bad", 3, Some("bad")),
        (b"\x0a\x06\x12\x04a\nbc", 0, Some("a\\nbc")),
        // -1 as a varint.
        (b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, None),
        // Unknown fields are skipped.
        (b"\x38\x01\x0a\x04\x30\x01\x08\x02", 2, None),
        (b"<html>", 0, Some(GARBAGE)),
    ];
    for (body, rejected, advice) in cases {
        let reader = SuccessReader::new(Signal::Traces);
        check(&reader.read_protobuf(body, STATUS), rejected, advice);
    }
}

#[test]
fn json_answers_of_each_kind_are_read() {
    let cases = [
        ("", 0, None),
        (" \n", 0, None),
        ("{}", 0, None),
        (r#"{"partialSuccess":null}"#, 0, None),
        (r#"{"partialSuccess":{}}"#, 0, None),
        (r#"{"partialSuccess":{"rejectedLogRecords":3,"new":[1]}}"#, 3, None),
        (r#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"bad"}}"#, 3, Some("bad")),
        (r#"{"partialSuccess":{"rejectedLogRecords":-3}}"#, 0, None),
        (r#"{"partialSuccess":{"rejectedSpans":3}}"#, 0, None),
        (r#"{"partialSuccess":{"rejectedLogRecords":null,"errorMessage":null}}"#, 0, None),
        (r#"{"partialSuccess":{"rejectedLogRecords":"many"}}"#, 0, Some(GARBAGE)),
        (r#"{"partialSuccess":7}"#, 0, Some(GARBAGE)),
        ("[]", 0, Some(GARBAGE)),
        ("<html>", 0, Some(GARBAGE)),
    ];
    for (body, rejected, advice) in cases {
        let reader = SuccessReader::new(Signal::Logs);
        check(&reader.read_json(body.as_bytes(), STATUS), rejected, advice);
    }
}

#[test]
fn each_signal_has_its_own_name_for_rejected_items() {
    let names = [
        (Signal::Traces, "rejectedSpans"),
        (Signal::Logs, "rejectedLogRecords"),
        (Signal::Metrics, "rejectedDataPoints"),
    ];
    for (signal, name) in names {
        let body = format!(r#"{{"partialSuccess":{{"{name}":"2"}}}}"#);
        check(&SuccessReader::new(signal).read_json(body.as_bytes(), STATUS), 2, None);
    }
}

#[test]
fn garbage_is_reported_once() {
    let reader = SuccessReader::new(Signal::Traces);
    check(&reader.read_protobuf(b"<html>", STATUS), 0, Some(GARBAGE));
    check(&reader.read_json(b"<html>", STATUS), 0, None);
    check(&reader.read_protobuf(b"<html>", STATUS), 0, None);
}
