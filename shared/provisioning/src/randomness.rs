//! Randomness as a parameter.

/// Makes tokens that never repeat.
pub trait Randomness: Send + Sync {
    /// A new unique token.
    fn token(&self) -> String;
}

/// Tokens in a fixed sequence, for tests.
#[derive(Debug, Default)]
pub struct Numbered(std::sync::atomic::AtomicU64);

impl Randomness for Numbered {
    fn token(&self) -> String {
        format!("token-{}", self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }
}
