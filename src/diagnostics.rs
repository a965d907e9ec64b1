//! Beacon's own voice.
