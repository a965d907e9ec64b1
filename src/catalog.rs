//! Every metric, attribute and event name that beacon emits.
