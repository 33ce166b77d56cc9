//! Styles of words in text output.

use anstyle::{AnsiColor, Style as Ansi};

/// The meaning of a word. A terminal shows it by colour; the text can be understood without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// No style.
    Plain,
    /// Good.
    Good,
    /// Bad.
    Bad,
    /// A warning.
    Warn,
    /// Less important.
    Dim,
    /// Important.
    Strong,
}

impl Style {
    fn ansi(self) -> Ansi {
        match self {
            Self::Plain => Ansi::new(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Warn => AnsiColor::Yellow.on_default(),
            Self::Dim => Ansi::new().dimmed(),
            Self::Strong => Ansi::new().bold(),
        }
    }

    /// The styles that have escape codes.
    const CODED: &'static [Self] = &[Self::Good, Self::Bad, Self::Warn, Self::Dim, Self::Strong];

    /// Returns the escape code at the beginning of a text, if that code begins or ends one of these styles.
    pub(super) fn code_at(text: &str) -> Option<&str> {
        if !text.starts_with('\u{1b}') {
            return None;
        }
        let codes = Self::CODED
            .iter()
            .flat_map(|style| [style.ansi().render().to_string(), style.ansi().render_reset().to_string()]);
        let length = codes.filter(|code| text.starts_with(code.as_str())).map(|code| code.len()).max()?;
        text.get(..length)
    }

    /// Wraps a text in the escape codes of this style. The output stream removes them if it shows no
    /// colour.
    pub fn paint(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Good | Self::Warn | Self::Bad | Self::Dim | Self::Strong => {
                format!("{}{text}{}", self.ansi().render(), self.ansi().render_reset())
            }
        }
    }
}
