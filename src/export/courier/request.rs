//! From chunks to the body of one request: resource, scopes and items laid end to end.

use std::collections::HashMap;
use std::sync::Arc;

use crate::export::courier::Scope;
use crate::export::courier::chunk::Chunk;

/// Tag of field 1, length-delimited: `resource_spans`, `resource_logs`, `resource_metrics` of the
/// request. Source: opentelemetry-proto, `collector/*/v1/*_service.proto`.
const RESOURCE_ENTRY_TAG: u8 = 0x0a;
/// Tag of field 2, length-delimited: `scope_spans`, `scope_logs`, `scope_metrics` of the above.
/// Source: opentelemetry-proto, `{trace,logs,metrics}/v1/*.proto`.
const SCOPE_ENTRY_TAG: u8 = 0x12;

/// The items of one request.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    chunks: Vec<Chunk>,
    items: u64,
    bytes_len: usize,
    charge: usize,
}

impl Batch {
    pub(crate) fn push(&mut self, chunk: Chunk) {
        self.items = self.items.saturating_add(chunk.items());
        self.bytes_len = self.bytes_len.saturating_add(chunk.bytes_len());
        self.charge = self.charge.saturating_add(chunk.charge());
        self.chunks.push(chunk);
    }

    pub(crate) fn items(&self) -> u64 {
        self.items
    }

    pub(crate) fn bytes_len(&self) -> usize {
        self.bytes_len
    }

    /// Bytes that count against the bound of the queue.
    pub(crate) fn charge(&self) -> usize {
        self.charge
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Halves the batch and returns the rear half; `None` when it holds a single entry.
    pub(crate) fn split_off_half(&mut self) -> Option<Self> {
        let items_half = (self.items / 2).max(1);
        let bytes_half = self.bytes_len / 2;
        let (mut front, mut rear) = (Self::default(), Self::default());
        for mut chunk in std::mem::take(&mut self.chunks) {
            if !rear.is_empty() {
                rear.push(chunk);
                continue;
            }
            let items_left = items_half.saturating_sub(front.items);
            let bytes_left = bytes_half.saturating_sub(front.bytes_len);
            if items_left == 0 || bytes_left == 0 {
                rear.push(chunk);
                continue;
            }
            let rest = chunk.split_off_rest(items_left, bytes_left);
            front.push(chunk);
            if let Some(rest) = rest {
                rear.push(rest);
            }
        }
        *self = front;
        (!rear.is_empty()).then_some(rear)
    }

    /// Gives the buffers of its chunks up, to be used again.
    pub(crate) fn into_buffers(self) -> impl Iterator<Item = Vec<u8>> {
        self.chunks.into_iter().map(Chunk::into_buffer)
    }

    #[cfg(test)]
    pub(crate) fn into_runs(self) -> Vec<(Arc<Scope>, Vec<u8>)> {
        let runs = self.chunks.iter().flat_map(Chunk::runs);
        runs.map(|(run, bytes)| (Arc::clone(&run.scope), bytes.to_vec())).collect()
    }

    /// Lays the request's body end to end. Items of one scope come together; the scopes keep the
    /// order in which they first appear.
    pub(crate) fn assemble(&self, resource_fields: &[u8]) -> Vec<u8> {
        let groups = self.group_by_scope();
        let scopes_len: usize = groups.iter().map(|group| delimited_len(group.message_len())).sum();
        let resource_len = resource_fields.len().saturating_add(scopes_len);
        let mut body = Vec::with_capacity(delimited_len(resource_len));
        put_delimiter(&mut body, RESOURCE_ENTRY_TAG, resource_len);
        body.extend_from_slice(resource_fields);
        for group in &groups {
            put_delimiter(&mut body, SCOPE_ENTRY_TAG, group.message_len());
            body.extend_from_slice(&group.scope.fields);
            for part in &group.parts {
                body.extend_from_slice(part);
            }
        }
        body
    }

    fn group_by_scope(&self) -> Vec<ScopeGroup<'_>> {
        let mut groups: Vec<ScopeGroup<'_>> = Vec::new();
        let mut index_of_scope: HashMap<*const Scope, usize> = HashMap::new();
        for (run, bytes) in self.chunks.iter().flat_map(Chunk::runs) {
            let index = *index_of_scope.entry(Arc::as_ptr(&run.scope)).or_insert_with(|| {
                groups.push(ScopeGroup { scope: &run.scope, parts: Vec::new(), parts_len: 0 });
                groups.len().saturating_sub(1)
            });
            if let Some(group) = groups.get_mut(index) {
                group.parts_len = group.parts_len.saturating_add(bytes.len());
                group.parts.push(bytes);
            }
        }
        groups
    }
}

#[derive(Debug)]
struct ScopeGroup<'a> {
    scope: &'a Scope,
    parts: Vec<&'a [u8]>,
    parts_len: usize,
}

impl ScopeGroup<'_> {
    fn message_len(&self) -> usize {
        self.scope.fields.len().saturating_add(self.parts_len)
    }
}

fn delimited_len(message_len: usize) -> usize {
    let varint_len = prost::length_delimiter_len(message_len);
    message_len.saturating_add(varint_len).saturating_add(1)
}

fn put_delimiter(body: &mut Vec<u8>, tag: u8, message_len: usize) {
    body.push(tag);
    let len = u64::try_from(message_len).unwrap_or(u64::MAX);
    prost::encoding::encode_varint(len, body);
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
    use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
    use prost::Message as _;

    use super::*;

    fn scope(name: &str) -> Arc<Scope> {
        let scope = InstrumentationScope { name: name.to_owned(), ..Default::default() };
        let fields = ScopeSpans { scope: Some(scope), ..Default::default() }.encode_to_vec();
        Arc::new(Scope { fields: fields.into() })
    }

    fn entry(name: &str) -> Vec<u8> {
        let span = Span { name: name.to_owned(), ..Default::default() };
        ScopeSpans { spans: vec![span], ..Default::default() }.encode_to_vec()
    }

    fn names(body: &[u8]) -> Vec<(String, Vec<String>)> {
        let request = ExportTraceServiceRequest::decode(body).expect("the body is a request");
        assert_eq!(request.resource_spans.len(), 1);
        let scopes = request.resource_spans.into_iter().flat_map(|spans| spans.scope_spans);
        scopes
            .map(|spans| {
                let scope = spans.scope.map(|scope| scope.name).unwrap_or_default();
                (scope, spans.spans.into_iter().map(|span| span.name).collect())
            })
            .collect()
    }

    #[test]
    fn items_of_one_scope_come_together() {
        let (a, b) = (scope("a"), scope("b"));
        let mut batch = Batch::default();
        for items in [[(&a, "1"), (&b, "2")], [(&a, "3"), (&b, "4")]] {
            let mut chunk = Chunk::default();
            for (scope, name) in items {
                chunk.append(scope, &entry(name), 1);
            }
            batch.push(chunk);
        }
        let expected = [
            ("a".to_owned(), vec!["1".to_owned(), "3".to_owned()]),
            ("b".to_owned(), vec!["2".to_owned(), "4".to_owned()]),
        ];
        assert_eq!(names(&batch.assemble(&[])), expected);
    }

    #[test]
    fn halving_ends_at_single_entries_and_loses_nothing() {
        let scope = scope("a");
        let mut batch = Batch::default();
        for name in ["1", "22", "333", "4444", "55555"] {
            let mut chunk = Chunk::default();
            chunk.append(&scope, &entry(name), 1);
            batch.push(chunk);
        }
        let (mut waiting, mut seen) = (vec![batch], Vec::new());
        while let Some(mut batch) = waiting.pop() {
            if let Some(rear) = batch.split_off_half() {
                waiting.push(rear);
                waiting.push(batch);
            } else {
                seen.push((batch.items(), names(&batch.assemble(&[]))[0].1[0].clone()));
            }
        }
        let expected = ["1", "22", "333", "4444", "55555"].map(|name| (1, name.to_owned()));
        assert_eq!(seen, expected);
    }
}
