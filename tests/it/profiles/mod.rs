//! What a profile says of a target is acted on: by what accounts are looked for, how much one request holds, and what becomes
//! of an account that is turned off.

mod leavers;
mod look_ups;
mod names;
mod rates;
mod sizes;
mod tokens;
