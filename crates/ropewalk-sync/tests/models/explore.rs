//! A model run twice. Promise: what depends on the clock is explored both ways.

/// Explores `body` with a hand-over due whenever somebody was overtaken, and with none.
pub(crate) fn explore(body: impl Fn() + Clone + Send + Sync + 'static) {
    for due in [false, true] {
        ropewalk_facade::pace::models::set_due(due);
        loom::model(body.clone());
    }
}
