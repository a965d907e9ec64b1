//! A service asserts on its own telemetry. In a test of yours, `main` is the test.

use beacon::testing::{TestError, TestTelemetry};
use opentelemetry::metrics::{Counter, Meter};
use tracing::{error, info, info_span};

struct Shop {
    orders: Counter<u64>,
}

impl Shop {
    fn new(meter: &Meter) -> Self {
        Self { orders: meter.u64_counter("shop.orders").build() }
    }

    fn order(&self, id: i64, is_card_good: bool) {
        let _order = info_span!("order", id).entered();
        info!(items = 3, "cart loaded");
        let _pay = info_span!("pay", otel.kind = "client").entered();
        if is_card_good {
            self.orders.add(1, &[]);
        } else {
            error!("card refused");
        }
    }
}

fn main() -> Result<(), TestError> {
    let test = TestTelemetry::start()?;
    let shop = Shop::new(&test.meter("shop"));
    let _entered = test.enter();

    shop.order(7, true);
    shop.order(8, false);

    // One thing at a time …
    assert_eq!(test.metric("shop.orders")?.value(&[])?.as_i64(), Some(1));
    assert!(test.traces()?.spans("pay").iter().any(beacon::testing::SpanTree::has_error));

    // … or everything at once.
    test.check(
        "
        trace-1
          order {id=7}
            - INFO cart loaded {items=3}
            pay (client)
        trace-2
          order {id=8}
            - INFO cart loaded {items=3}
            pay (client) error
              - ERROR card refused
        ",
    )
}
