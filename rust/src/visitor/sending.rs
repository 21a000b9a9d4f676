//! Whether a datum that is being stored is to be sent, and by which process.
//!
//! After a fork the child has a copy of all that its parent has not sent yet. That is the parent's to send. So what waits
//! is marked with the [`Epoch`] of the process that it was stored in, and what bears another epoch counts as sent: a fork
//! costs the child nothing, however many visitors there are.

/// Which process of a line of forked ones this is: 1, and one more in each child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(u8);

impl Epoch {
    /// That of a process that was not forked.
    pub const FIRST: Self = Self(1);

    /// That of a forked child. After 255 generations it begins anew; 0 stands for "never".
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(1))
    }

    /// As a number, from 1.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The epoch of such a number.
    pub fn of_number(number: u8) -> Self {
        Self(number)
    }
}

/// Since which epoch something waits, if it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingSince(u8);

impl WaitingSince {
    /// It does not wait.
    pub const NEVER: Self = Self(0);

    /// It waits, in this epoch.
    pub fn now(epoch: Epoch) -> Self {
        Self(epoch.0)
    }

    /// Whether it waits, and not only for a parent process.
    pub fn is_current(self, epoch: Epoch) -> bool {
        self.0 == epoch.0
    }

    /// Whether it waited when the process was forked, so that it is the parent's to send.
    pub fn is_of_a_parent(self, epoch: Epoch) -> bool {
        self.0 != 0 && self.0 != epoch.0
    }
}

/// Whether a datum that is being stored is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It is not: it was not meant to be tracked, or it has been sent.
    Never,
    /// It is, by the process of this epoch.
    In(Epoch),
}

impl Sending {
    /// This, but never if `keep` is false.
    #[must_use]
    pub fn only_if(self, keep: bool) -> Self {
        if keep { self } else { Self::Never }
    }
}
