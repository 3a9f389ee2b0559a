//! The audit: what everybody who holds these blocks can work out.
//!
//! It takes all that one audience sees of one place and year group, states it
//! as inequalities, and asks for every count of 0 to 7, shown or implied, which
//! values remain possible. A count of nought is asked about exactly like one of
//! four: an audit that passed over noughts would give them away by its silence.
//!
//! The attacker believes every figure that is printed, sums and totals too: that
//! it was rounded by itself and not moved. A reader who allows for sums of
//! rounded numbers and for moves can only know less. Where a year's counts were
//! the same at two dates, the attacker is taken to know that they were. Figures
//! that an attacker who believes them would find contradictory do not pass
//! either: the contradiction would show that something was moved, and so what.
//! Since readers differ in what they believe, the audit is made once for each
//! [`Reading`], and all must pass.

mod bounds;
mod read;
mod system;
mod targets;
#[cfg(test)]
mod tests;
mod unknowns;

pub(crate) use read::{Seen, audit};
