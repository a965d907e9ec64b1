//! What can go wrong at start and at the end.
