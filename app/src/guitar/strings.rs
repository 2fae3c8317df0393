//! A pointer over the strings, be it a thumb on the phone or the mouse on the PC.

use leptos::{ev::PointerEvent, prelude::*, wasm_bindgen::JsCast, web_sys::Element};
use logic::swipe::Swipe;
use protocol::guitar::{Strum, StrumSource};

/// Where the low E lies on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LowE {
    /// As on the phone, which is held like a guitar.
    Top,
    /// As in a tablature.
    Bottom,
}

/// The pointers on one field of strings; each is a swipe of its own.
#[derive(Clone, Copy)]
pub(crate) struct Pointers {
    low_e: LowE,
    source: StrumSource,
    swipes: StoredValue<Vec<(i32, Swipe)>>,
}

impl Pointers {
    pub(crate) fn new(low_e: LowE, source: StrumSource) -> Self {
        Self { low_e, source, swipes: StoredValue::new(Vec::new()) }
    }

    /// A pointer touches the field, which keeps it until it is lifted.
    pub(crate) fn down(&self, event: &PointerEvent) {
        let Some(field) = field(event).filter(|_| event.button() == 0) else { return };
        event.prevent_default();
        // Refused for a pointer that is gone already; the swipe then ends at the field's edge.
        let _ = field.set_pointer_capture(event.pointer_id());
        let swipe = Swipe::begin(self.source, self.position(event, &field), event.time_stamp());
        self.swipes.update_value(|swipes| {
            swipes.retain(|(id, _)| *id != event.pointer_id());
            swipes.push((event.pointer_id(), swipe));
        });
    }

    /// It moves: the strums to play.
    pub(crate) fn moved(&self, event: &PointerEvent) -> Vec<Strum> {
        let Some(field) = field(event) else { return Vec::new() };
        let position = self.position(event, &field);
        let mut strums = Vec::new();
        self.swipes.update_value(|swipes| {
            if let Some((_, swipe)) = swipes.iter_mut().find(|(id, _)| *id == event.pointer_id()) {
                strums = swipe.moved(position, event.time_stamp());
            }
        });
        strums
    }

    /// It lifts: the rest of its stroke.
    pub(crate) fn up(&self, event: &PointerEvent) -> Option<Strum> {
        self.take(event.pointer_id())?.ended(event.time_stamp())
    }

    /// The system took it away: no stroke was meant.
    pub(crate) fn cancelled(&self, event: &PointerEvent) {
        self.take(event.pointer_id());
    }

    fn take(&self, pointer: i32) -> Option<Swipe> {
        self.swipes.try_update_value(|swipes| {
            let place = swipes.iter().position(|(id, _)| *id == pointer)?;
            Some(swipes.swap_remove(place).1)
        })?
    }

    /// The pointer's place in strings; see [`Swipe`].
    fn position(&self, event: &PointerEvent, field: &Element) -> f32 {
        let part = event.offset_y() as f32 / field.client_height().max(1) as f32;
        match self.low_e {
            LowE::Top => part * 6.0 - 0.5,
            LowE::Bottom => 5.5 - part * 6.0,
        }
    }
}

fn field(event: &PointerEvent) -> Option<Element> {
    event.current_target()?.dyn_into().ok()
}
