//! A progress bar. It appears once a step takes longer than a second.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// How long a step may take without a bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// The progress of a step, shown on standard error while the step lasts. Nothing is shown if standard error is not a
/// terminal.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Makes the bar of a step that begins now. The bar shows the rate and the remaining time.
    pub(crate) fn new(what: &str) -> Self {
        let bar = ProgressBar::hidden();
        let template = "{msg} {wide_bar} {pos}/{len} {rate} {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.with_key("rate", |state: &ProgressState, text: &mut dyn fmt::Write| {
                _ = write!(text, "{:.0}/s", state.per_sec());
            }));
        }
        bar.set_message(what.to_owned());
        Self(bar)
    }

    /// Shows the progress of a step while it runs.
    pub(crate) fn during<T>(what: &str, step: impl FnOnce(&mut dyn FnMut(usize, usize)) -> T) -> T {
        let bar = Self::new(what);
        step(&mut |done, total| bar.step(done, total))
    }

    /// Sets how far the step is, and shows the bar if the step has lasted longer than [`PATIENCE`].
    pub(crate) fn step(&self, done: usize, total: usize) {
        self.0.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        self.0.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        if self.0.is_hidden() && self.0.elapsed() > PATIENCE && io::stderr().is_terminal() {
            self.0.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
