//! The state of an event on its way to the service (spec 2 §3).

/// Whether a stored datum has been sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent with the next request.
    Unsent,
    /// Taken into a request that is not confirmed yet.
    InFlight,
    /// Confirmed, or never to be sent.
    Sent,
}

/// A datum's delivery: its state, and the nonce under which it is sent.
///
/// The nonce is drawn when the datum is first taken into a request and kept until it has been sent: a retry sends the
/// same one, and a datum that replaces another starts without, so that a confirmation of the older one passes it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    state: DeliveryState,
    /// 0 while there is none. As bytes, which need no alignment: visitors hold many of these.
    nonce: [u8; 8],
}

impl Delivery {
    /// A datum to be sent.
    pub const UNSENT: Self = Self { state: DeliveryState::Unsent, nonce: [0; 8] };
    /// A datum that is not to be sent.
    pub const SENT: Self = Self { state: DeliveryState::Sent, nonce: [0; 8] };

    /// [`Self::UNSENT`] if `track`, else [`Self::SENT`].
    pub fn tracked(track: bool) -> Self {
        if track { Self::UNSENT } else { Self::SENT }
    }

    /// The state.
    pub fn state(self) -> DeliveryState {
        self.state
    }

    /// The nonce; 0 while there is none.
    pub fn nonce(self) -> u64 {
        u64::from_ne_bytes(self.nonce)
    }

    /// Whether it waits to be sent.
    pub fn is_unsent(self) -> bool {
        self.state == DeliveryState::Unsent
    }

    /// Takes the datum into a request; `draw` gives a fresh nonce, never 0. Returns the nonce to send.
    pub fn take(&mut self, draw: impl FnOnce() -> u64) -> u64 {
        if self.nonce() == 0 {
            self.nonce = draw().to_ne_bytes();
        }
        self.state = DeliveryState::InFlight;
        self.nonce()
    }

    /// The request that held `nonce` has arrived. Nothing happens if this is another datum by now.
    pub fn confirm(&mut self, nonce: u64) {
        if self.state == DeliveryState::InFlight && self.nonce() == nonce {
            self.state = DeliveryState::Sent;
        }
    }

    /// The request that held `nonce` has failed. Nothing happens if this is another datum by now.
    pub fn give_back(&mut self, nonce: u64) {
        if self.state == DeliveryState::InFlight && self.nonce() == nonce {
            self.state = DeliveryState::Unsent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_keeps_the_nonce_and_a_newer_datum_is_not_confirmed_by_an_older_request() {
        let mut delivery = Delivery::UNSENT;
        assert_eq!(delivery.take(|| 7), 7);
        delivery.give_back(7);
        assert!(delivery.is_unsent());
        assert_eq!(delivery.take(|| 8), 7);
        let mut newer = Delivery::UNSENT;
        newer.confirm(7);
        assert!(newer.is_unsent());
        assert_eq!(newer.take(|| 9), 9);
        newer.confirm(7);
        assert_eq!(newer.state(), DeliveryState::InFlight);
        newer.confirm(9);
        assert_eq!(newer.state(), DeliveryState::Sent);
    }
}
