//! What an inspection says about a database.

/// Something about the database that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it means for the service.
    pub severity: Severity,
    /// What is wrong, and what would be right.
    pub sentence: String,
}

/// What a finding means for the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The service works.
    Warning,
    /// The service cannot work now. It may later, without anybody doing something to
    /// the service or its settings.
    Transient,
    /// The service cannot work until somebody changes a setting or the database.
    Permanent,
}

impl Finding {
    pub(super) fn warning(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Warning, sentence)
    }

    pub(super) fn transient(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Transient, sentence)
    }

    pub(super) fn permanent(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Permanent, sentence)
    }

    fn new(severity: Severity, sentence: impl Into<String>) -> Self {
        Self {
            severity,
            sentence: sentence.into(),
        }
    }
}
