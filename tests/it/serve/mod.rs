//! `rollcall serve`, the program itself: how it starts, what it bounds, how it stops, and that no death of it loses anything.

mod bounds;
mod killed;
mod start;
mod stop;
