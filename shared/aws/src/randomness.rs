//! Tokens and ids that never repeat.

use provisioning::randomness::Randomness;

/// Time-ordered UUIDs (version 7): unique across machines, and close in time is close in a table.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidTokens;

impl Randomness for UuidTokens {
    #[expect(clippy::disallowed_methods, reason = "this is the port's adapter")]
    fn token(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }
}
