/// When administrators may write in a room. Brands do not need it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pen {
    /// While a participant has the business tariff.
    #[default]
    Tariff,
    /// At any time.
    Always,
    /// Never.
    Never,
}

impl Pen {
    /// The pen of this word: `tariff`, `always` or `never`. `None`: there is no such pen.
    #[must_use]
    pub fn new(word: &str) -> Option<Self> {
        let all = [Self::Tariff, Self::Always, Self::Never];
        all.into_iter().find(|pen| pen.as_str() == word)
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tariff => "tariff",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}
