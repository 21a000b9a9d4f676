//! What a visitor has to send: one ordered list of its deliverables, walked by one function in bounded pieces.
//!
//! A piece is taken out under the visitor's lock, which copies no more than a few words an event; [`crate::delivery`]
//! writes the lines later, without any lock. What was taken is no longer the visitor's matter: whether it arrives, is
//! tried again or is dropped is known to the delivery alone.

use std::sync::Arc;

use super::data::{Details, Extras, Stored, VisitorData};
use super::datum::{Browser, Conversion, CustomData, Geolocation, PageView, Values};
use super::keyed::Keyed;
use super::sending::{Epoch, WaitingSince};
use crate::datafile::model::RuleKind;

/// Events of one piece at the most.
const PIECE_EVENTS: usize = 1000;
/// Bytes of texts in one piece at the most, unless one event alone has more.
const PIECE_BYTES: usize = 65_536;

/// One event to be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The device, a number of [`crate::kinds::DEVICES`].
    Device(u8),
    /// The browser.
    Browser(Browser),
    /// The operating system, a number of [`crate::kinds::OPERATING_SYSTEMS`].
    OperatingSystem(u8),
    /// Where the visitor is.
    Geolocation(Arc<Geolocation>),
    /// The number of the current visit.
    Visits {
        /// The number.
        visit_number: i64,
        /// Milliseconds since the previous visit.
        time_since_previous: i64,
    },
    /// A custom datum.
    CustomData {
        /// Its index.
        index: i64,
        /// Its values.
        values: Values,
        /// Whether the service replaces the values that it has.
        overwrite: bool,
        /// Whether it links visitors.
        is_mapping_identifier: bool,
    },
    /// The latest view of a page.
    PageView(Arc<PageView>),
    /// A variation that an experiment gave.
    AssignedVariation {
        /// The experiment.
        experiment_id: i64,
        /// The variation.
        variation_id: i64,
    },
    /// A segment that targets the visitor.
    TargetedSegment(i64),
    /// A conversion, with the indices of its metadata resolved.
    Conversion {
        /// The conversion.
        conversion: Arc<Conversion>,
        /// Its metadata by index.
        metadata: Box<[(i64, CustomData)]>,
    },
    /// Nothing but that the visitor was there.
    Activity,
}

impl Event {
    /// About how many bytes of text it has.
    fn text_bytes(&self) -> usize {
        match self {
            Self::CustomData { values: all, .. } => all.text_bytes(),
            Self::PageView(view) => {
                let referrers = view.referrers.as_ref().map_or(0, |referrers| referrers.len() * 8);
                view.url.len() + view.title.as_ref().map_or(0, compact_str::CompactString::len) + referrers
            }
            Self::Conversion { metadata, .. } => metadata.iter().map(|(_, datum)| datum.values.text_bytes()).sum(),
            _ => 0,
        }
    }
}

/// A piece of what a visitor has to send.
#[derive(Debug, Default)]
pub struct Piece {
    /// The events, in the order in which they are sent.
    pub events: Vec<Event>,
    /// Whether the visitor has more that could be sent now.
    pub has_more: bool,
    bytes: usize,
}

impl Piece {
    fn is_full(&self) -> bool {
        self.events.len() >= PIECE_EVENTS || self.bytes >= PIECE_BYTES
    }

    /// Takes an event if it waits and there is room.
    fn take(&mut self, unsent: &mut bool, event: impl FnOnce() -> Event) {
        if !*unsent {
            return;
        }
        if self.is_full() {
            self.has_more = true;
            return;
        }
        *unsent = false;
        self.push(event());
    }

    fn push(&mut self, event: Event) {
        self.bytes += event.text_bytes();
        self.events.push(event);
    }

    fn take_single<T>(&mut self, stored: &mut Option<Stored<T>>, event: impl FnOnce(&T) -> Event) {
        if let Some(Stored { datum, unsent }) = stored {
            self.take(unsent, || event(datum));
        }
    }

    /// Takes what waits in a list, in order. `part` gives an item's mark and the event, or no event if the item has to
    /// wait for consent.
    fn take_list<T>(&mut self, list: &mut Keyed<T>, part: impl Fn(&mut T) -> (&mut bool, Option<Event>)) {
        let mut first_left = None;
        let from = list.unsent_from();
        for (position, item) in list.as_mut_slice().iter_mut().enumerate().skip(from) {
            if self.is_full() {
                self.has_more = true;
                first_left = first_left.or(Some(position));
                break;
            }
            let (unsent, event) = part(item);
            if let Some(event) = event {
                *unsent = false;
                self.push(event);
            }
            if *unsent {
                first_left = first_left.or(Some(position));
            }
        }
        list.set_unsent_from(first_left.unwrap_or(list.len()));
    }
}

impl VisitorData {
    /// Whether something waits to be sent by this process.
    pub fn has_unsent(&self, epoch: Epoch) -> bool {
        self.unsent_since.is_current(epoch)
    }

    /// Takes a piece of what waits, in the order in which it is sent. Without `may_send_all` only what needs no consent:
    /// the variations of targeted deliveries, and conversions. Mapping identifiers go along with every first piece.
    pub fn take_unsent(&mut self, epoch: Epoch, may_send_all: bool, is_first: bool) -> Piece {
        let mut piece = Piece::default();
        let waits = self.unsent_since.is_current(epoch);
        let with_mapping = is_first && self.details().has_mapping_identifier;
        if self.unsent_since.is_of_a_parent(epoch) {
            self.disown();
        }
        if !waits && !with_mapping {
            return piece;
        }
        if may_send_all && let Some(details) = self.existing_details_mut() {
            take_details(&mut piece, details, with_mapping);
        }
        if !waits {
            return piece;
        }
        take_assigned(&mut piece, self, may_send_all);
        if let Some(extras) = self.existing_details_mut().and_then(Details::existing_extras_mut) {
            take_extras(&mut piece, extras, may_send_all);
        }
        // Without consent what was not looked at may wait, too.
        if may_send_all && !piece.has_more {
            self.unsent_since = WaitingSince::NEVER;
        }
        piece
    }
}

fn take_details(piece: &mut Piece, details: &mut Details, with_mapping: bool) {
    piece.take_single(&mut details.device, |device| Event::Device(*device));
    piece.take_single(&mut details.browser, |browser| Event::Browser(*browser));
    piece.take_single(&mut details.operating_system, |system| Event::OperatingSystem(*system));
    piece.take_single(&mut details.geolocation, |geolocation| Event::Geolocation(Arc::clone(geolocation)));
    if let Some(extras) = details.existing_extras_mut() {
        piece.take_single(&mut extras.visits, |visits| Event::Visits {
            visit_number: visits.visit_number,
            time_since_previous: visits.time_since_previous,
        });
    }
    if with_mapping {
        details.custom_data.set_unsent_from(0);
    }
    piece.take_list(&mut details.custom_data, |stored| {
        let event = || Event::CustomData {
            index: stored.index,
            values: stored.values.clone(),
            overwrite: stored.overwrite,
            is_mapping_identifier: stored.is_mapping_identifier,
        };
        let event = (stored.unsent || with_mapping && stored.is_mapping_identifier).then(event);
        (&mut stored.unsent, event)
    });
    piece.take_list(details.pages.visits_mut(), |page| {
        let event = page.unsent.then(|| Event::PageView(Arc::clone(&page.view)));
        (&mut page.unsent, event)
    });
}

fn take_assigned(piece: &mut Piece, data: &mut VisitorData, may_send_all: bool) {
    use super::assigned::{AssignedVariation, AssignedVariations};
    let may_send = |assigned: &AssignedVariation| may_send_all || assigned.rule_kind() == RuleKind::TargetedDelivery;
    let event = |assigned: &AssignedVariation| Event::AssignedVariation {
        experiment_id: assigned.experiment_id,
        variation_id: assigned.variation_id,
    };
    match &mut data.assigned_variations {
        AssignedVariations::One(only) if may_send(only) => {
            let event = event(only);
            piece.take(&mut only.unsent, || event);
        }
        AssignedVariations::None | AssignedVariations::One(_) => {}
        AssignedVariations::Several(all) => piece.take_list(all, |assigned| {
            let event = (assigned.unsent && may_send(assigned)).then(|| event(assigned));
            (&mut assigned.unsent, event)
        }),
    }
}

fn take_extras(piece: &mut Piece, extras: &mut Extras, may_send_all: bool) {
    if may_send_all {
        piece.take_list(&mut extras.targeted_segments, |segment| {
            let event = segment.unsent.then_some(Event::TargetedSegment(segment.id));
            (&mut segment.unsent, event)
        });
    }
    let conversions = &mut extras.conversions;
    while !conversions.unsent.is_empty() {
        if piece.is_full() {
            piece.has_more = true;
            return;
        }
        if let Some(event) = conversions.unsent.pop_front() {
            piece.push(event);
        }
    }
    conversions.unsent = std::collections::VecDeque::new(); // what many conversions took is given back
}
