use aftermatch_model::UserId;

/// Verification of the signatures of attachments.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Signatures: Send + Sync {
    /// Whether the platform has signed the attachment `id` for `user`. Takes as long for a
    /// signature that is nearly right as for any other.
    fn is_valid(&self, user: UserId, id: &str, signature: &str) -> bool;
}
