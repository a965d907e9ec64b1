//! What the public types can be used for: losing one of these would break a user's build.

use std::error::Error;
use std::fmt::Debug;
use std::panic::UnwindSafe;

use beacon::collector::{self, Collector};
use beacon::config::{self, EffectiveConfig, Environment};
use beacon::propagation;
use beacon::testing::{self, ManualClock};
use beacon::{
    Diagnostic, DiagnosticLevel, DropReason, FlushError, Health, HealthState, InitError,
    ShutdownError, Signal, SignalReport, Telemetry, TelemetryBuilder, TelemetryReport,
};

#[test]
fn public_types_cross_threads_and_can_be_printed() {
    const fn check<T: Send + Sync + Unpin + Debug + 'static>() {}
    check::<Collector>();
    check::<Diagnostic>();
    check::<DiagnosticLevel>();
    check::<DropReason>();
    check::<EffectiveConfig>();
    check::<Environment>();
    check::<FlushError>();
    check::<Health>();
    check::<HealthState>();
    check::<InitError>();
    check::<ManualClock>();
    check::<ShutdownError>();
    check::<Signal>();
    check::<SignalReport>();
    check::<Telemetry>();
    check::<TelemetryBuilder>();
    check::<TelemetryReport>();

    check::<config::Compression>();
    check::<config::Exporter>();
    check::<config::Origin>();
    check::<config::Propagator>();
    check::<config::Protocol>();
    check::<config::Sampler>();
    check::<config::SettingReport>();
    check::<config::SettingWarning>();
    check::<config::Temporality>();

    check::<propagation::CompositePropagator>();
    check::<propagation::CarrierExtractor<'static, http::HeaderMap>>();
    check::<propagation::CarrierInjector<'static, http::HeaderMap>>();
}

#[test]
fn types_for_tests_cross_threads_and_can_be_printed() {
    const fn check<T: Send + Sync + Unpin + Debug + 'static>() {}
    check::<collector::AttributeValue>();
    check::<collector::CollectorBuilder>();
    check::<collector::CollectorStore>();
    check::<collector::Fault>();
    check::<collector::ReceivedAttempt>();
    check::<collector::ReceivedLog>();
    check::<collector::ReceivedMetricPoint>();
    check::<collector::ReceivedSpan>();
    check::<collector::Times>();
    check::<collector::Totals>();
    check::<collector::WaitTimeout>();
    check::<testing::CapturedMetric>();
    check::<testing::CapturedTraces>();
    check::<testing::SpanTree>();
    check::<testing::TestError>();
    check::<testing::TestTelemetry>();
}

#[test]
fn what_is_entered_stays_on_its_thread() {
    // Where both fit, the inherent constant hides that of the trait.
    trait Fallback {
        const IS_SEND: bool = false;
    }
    struct Asked<T>(std::marker::PhantomData<T>);
    impl<T> Fallback for Asked<T> {}
    impl<T: Send> Asked<T> {
        const IS_SEND: bool = true;
    }
    assert_eq!(
        [Asked::<testing::EnteredTest<'_>>::IS_SEND, Asked::<testing::TestTelemetry>::IS_SEND],
        [false, true]
    );
}

#[test]
fn providers_can_be_handed_to_other_threads() {
    fn check(_: &(impl Clone + Send + Sync)) {}
    let telemetry = Telemetry::builder().disabled(true).diagnostics_off_stderr().build();
    let telemetry = telemetry.expect("the settings are right");
    check(&telemetry.logger_provider());
    check(&telemetry.tracer_provider());
}

#[test]
fn what_is_reported_can_be_copied_compared_and_serialized() {
    const fn check<T: Clone + PartialEq + serde::Serialize>() {}
    check::<EffectiveConfig>();
    check::<Health>();
    check::<TelemetryReport>();
}

#[test]
fn errors_can_be_handed_up() {
    const fn check<T: Error + Send + Sync + 'static>() {}
    check::<FlushError>();
    check::<InitError>();
    check::<ShutdownError>();
}

#[test]
fn errors_survive_a_caught_panic() {
    const fn check<T: UnwindSafe>() {}
    check::<FlushError>();
    check::<ShutdownError>();
}

#[test]
fn futures_can_move_to_other_threads() {
    fn check(_: impl Send) {}
    let disabled = Environment::from_iter([("OTEL_SDK_DISABLED", "true")]);
    let telemetry = Telemetry::builder().environment(disabled).diagnostics_off_stderr().build();
    let telemetry = telemetry.expect("the settings are right");
    check(telemetry.flush());
    check(telemetry.shutdown());
    check(beacon::shutdown_signal());
}
