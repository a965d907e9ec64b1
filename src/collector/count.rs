//! Counts the items of a request without decoding them.

use crate::Signal;
use crate::export::encode::json::{FieldReader, MalformedOtlp, WireValue};

/// Returns how many spans, log records or data points a request holds.
pub(super) fn count_items(signal: Signal, request: &[u8]) -> Result<u64, MalformedOtlp> {
    let mut count = 0_u64;
    // Every `Export…ServiceRequest` is groups (1) by resource of groups (2) by scope of items (2).
    each(request, &[1], &mut |resource| {
        each(resource, &[2], &mut |scope| {
            each(scope, &[2], &mut |item| match signal {
                Signal::Logs | Signal::Traces => {
                    count = count.saturating_add(1);
                    Ok(())
                }
                Signal::Metrics => each(item, &METRIC_DATA, &mut |data| {
                    each(data, &[1], &mut |_point| {
                        count = count.saturating_add(1);
                        Ok(())
                    })
                }),
            })
        })
    })?;
    Ok(count)
}

fn each<'a>(
    message: &'a [u8],
    numbers: &[u32],
    visit: &mut dyn FnMut(&'a [u8]) -> Result<(), MalformedOtlp>,
) -> Result<(), MalformedOtlp> {
    for field in FieldReader::new(message) {
        if let (number, WireValue::Bytes(bytes)) = field?
            && numbers.contains(&number)
        {
            visit(bytes)?;
        }
    }
    Ok(())
}

/// The fields of a metric that hold data points: gauge, sum, histogram, exponential histogram,
/// summary.
const METRIC_DATA: [u32; 5] = [5, 7, 9, 10, 11];
