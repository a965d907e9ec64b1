//! Resource and scope.

use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope as ScopeMessage;
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::resource::v1::Resource as ResourceMessage;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use opentelemetry_proto::transform::common::tonic::Attributes;
use opentelemetry_sdk::Resource;
use proptest::prelude::*;
use prost::Message as _;

use crate::export::encode::tests::model;
use crate::export::encode::tests::strategies::{text, unique_attributes};
use crate::export::encode::{encode_resource, encode_scope};

proptest! {
    #[test]
    fn a_scope_is_what_the_official_transform_makes_of_it(
        name in text(),
        version in text(),
        schema_url in text(),
        attributes in unique_attributes(),
    ) {
        let scope = InstrumentationScope::builder(name)
            .with_version(version)
            .with_schema_url(schema_url.clone())
            .with_attributes(attributes)
            .build();

        let fields = encode_scope(&scope).fields;

        let expected = ScopeSpans {
            scope: Some(ScopeMessage::from((&scope, None))),
            schema_url,
            ..ScopeSpans::default()
        };
        let decoded = ScopeSpans::decode(&*fields).unwrap();
        prop_assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
        prop_assert_eq!(fields.len(), expected.encoded_len());
    }

    #[test]
    fn a_resource_is_what_the_official_transform_makes_of_it(
        schema_url in text(),
        attributes in unique_attributes(),
    ) {
        let resource = Resource::builder_empty()
            .with_schema_url(attributes.clone(), schema_url.clone())
            .build();

        let bytes = encode_resource(&resource);

        let mut attributes = Attributes::from(attributes).0;
        model::sort(&mut attributes);
        let expected = ResourceSpans {
            resource: Some(ResourceMessage { attributes, ..ResourceMessage::default() }),
            schema_url,
            ..ResourceSpans::default()
        };
        let decoded = ResourceSpans::decode(&*bytes).unwrap();
        prop_assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
        prop_assert_eq!(bytes.len(), expected.encoded_len());
    }
}

#[test]
fn the_same_bytes_serve_all_three_signals() {
    let attribute = KeyValue::new("service.name", "shop");
    let resource = Resource::builder_empty().with_schema_url([attribute.clone()], "url").build();
    let bytes = encode_resource(&resource);
    let spans = ResourceSpans::decode(&*bytes).unwrap();
    let logs = ResourceLogs::decode(&*bytes).unwrap();
    let metrics = ResourceMetrics::decode(&*bytes).unwrap();
    assert_eq!((&spans.resource, &spans.schema_url), (&logs.resource, &logs.schema_url));
    assert_eq!((&spans.resource, &spans.schema_url), (&metrics.resource, &metrics.schema_url));

    let scope = InstrumentationScope::builder("scope").with_attributes([attribute]).build();
    let metrics = ScopeMetrics::decode(&*encode_scope(&scope).fields).unwrap();
    assert_eq!(metrics.scope.unwrap(), ScopeMessage::from((&scope, None)));
}

#[test]
fn a_key_that_a_scope_has_twice_is_written_once() {
    let attributes = [KeyValue::new("k", 1), KeyValue::new("k", 2)];
    let scope = InstrumentationScope::builder("scope").with_attributes(attributes).build();
    let decoded = ScopeSpans::decode(&*encode_scope(&scope).fields).unwrap();
    assert_eq!(decoded.scope.unwrap().attributes, Attributes::from([KeyValue::new("k", 2)]).0);
}
